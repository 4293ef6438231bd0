#!/usr/bin/env python3
"""What an ordinary user sees, and whether the command that we name grants the rest.

Live where this machine can be made to refuse (other users, capabilities, hidepid,
seccomp); where not (Yama), from a made-up /proc.
"""
import ctypes
import json
import os
import shutil
import struct
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TESTS = os.path.dirname(HERE)
sys.path[:0] = [os.path.join(TESTS, "lib"), os.path.join(TESTS, "bench")]
from live import WORKLOAD  # noqa: E402
from namespaces import OTHER, USER, Bench, Target, as_uid, only_root, permitted  # noqa: E402
from tap import Plan, Skip, finish  # noqa: E402

SETCAP = "sudo setcap cap_sys_ptrace+ep $(command -v residue)"
SYS_PROCESS_VM_READV = {"x86_64": 310, "aarch64": 270}


def run(command, preexec=None):
    return subprocess.run(list(map(str, command)), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, preexec_fn=preexec,
                          stderr=subprocess.PIPE, text=True, timeout=60)


def listed(command, pid, preexec=None):
    """(the row of a process, what stderr says) of a list."""
    r = run([*command, "list", "--json"], preexec)
    assert r.returncode == 0, r.stderr
    rows = [json.loads(line) for line in r.stdout.splitlines()]
    row = [x for x in rows if x["pid"] == pid]
    assert row, "%d is not listed: %s %s" % (pid, r.stdout, r.stderr)
    return row[0], r.stderr


def refused(command, pid, says, preexec=None):
    """One row with RES and how it is read, and a sentence with the command."""
    row, stderr = listed(command, pid, preexec)
    assert row["rss"] > 1 << 20, row
    assert row["read"] == "none" and row["comm"] and row["user"] and row["go"], row
    assert "is not read" in stderr or "are not read" in stderr, stderr
    # The list gives the reason of one for all; asked for, each has its own.
    stderr = run([*command, "-b", "-n", "1", pid], preexec).stderr
    for text in says:
        assert text in stderr, "%r is not in: %s" % (text, stderr)


def steady(prefix=(), name="r"):
    return Target(prefix, "unix:@rights-%s-%d" % (name, os.getpid()))


def of_root(_):
    only_root()
    with steady() as t:
        refused([*as_uid(USER), Bench.residue], t.pid, ["belongs to another user (uid 0)", SETCAP])


def of_another(_):
    only_root()
    with steady(as_uid(OTHER)) as t:
        refused([*as_uid(USER), Bench.residue], t.pid, ["belongs to another user (uid %d)" % OTHER, SETCAP])


def by_its_name(_):
    """A service that was started as "steadyd", found in /usr/local/bin."""
    only_root()
    script = ("mount -t tmpfs none /usr/local/bin && cp \"$0\" /usr/local/bin/steadyd && chmod 755 /usr/local/bin && "
              "(exec steadyd -scenario steady -listen unix:@n%d >/dev/null) & sleep 1; \"$@\"; kill $!" % os.getpid())
    permitted("unshare", "--mount", "mount", "-t", "tmpfs", "none", "/usr/local/bin")
    r = run(["unshare", "--mount", "sh", "-c", script, Bench.workload, *as_uid(USER), Bench.residue, "list", "--json"])
    rows = [x for x in map(json.loads, r.stdout.splitlines()) if x["comm"] == "steadyd"]
    assert len(rows) == 1 and rows[0]["rss"] > 0 and rows[0]["go"], (r.stdout, r.stderr)


def granted(_):
    """The command that we name, run: then everything is read."""
    only_root()
    program = os.path.join(Bench.folder, "granted")
    shutil.copy(Bench.residue, program)
    permitted("setcap", "cap_sys_ptrace+ep", program)
    with steady() as t, steady(as_uid(OTHER), "o") as other:
        for pid in (t.pid, other.pid):
            row, stderr = listed([*as_uid(USER), program], pid)
            assert row["read"] == "agentless" and row["heap_sys"] > 0, (row, stderr)


def granted_hidepid(_):
    only_root()
    program = os.path.join(Bench.folder, "granted-hidepid")
    shutil.copy(Bench.residue, program)
    permitted("setcap", "cap_sys_ptrace+ep", program)
    mount = ["unshare", "--mount", "sh", "-c", "mount -t proc -o hidepid=2 proc /proc && exec \"$@\"", "sh"]
    permitted(*mount, "true")
    with steady() as t:
        row, stderr = listed([*mount, *as_uid(USER), program], t.pid)
        assert row["read"] == "agentless", (row, stderr)


def hidden(_, mode, seen):
    """Whose processes /proc hides: the list and one by its PID say so, and whom the mount exempts."""
    only_root()
    mount = ["unshare", "--mount", "sh", "-c", "mount -t proc -o hidepid=%d,gid=%d proc /proc && exec \"$@\""
             % (mode, USER + 7), "sh"]
    permitted(*mount, "true")
    with steady() as t:
        for command, code in ((["list"], 0), (["-b", "-n", "1", t.pid], 1)):
            r = run([*mount, *as_uid(USER), Bench.residue, *command])
            assert r.returncode == code and SETCAP in r.stderr, r
            if code or not seen:
                assert "mounted with hidepid" in r.stderr and "usermod -aG %d" % (USER + 7) in r.stderr, r.stderr
        group = ["setpriv", "--reuid", USER, "--regid", USER, "--groups", USER + 7]
        row, stderr = listed([*mount, *group, Bench.residue], t.pid)
        assert row["rss"] > 0 and "hidden" not in stderr, (row, stderr)


def hidden_from_all(_):
    """hidepid=4 exempts no group, whatever gid= says: none is named."""
    only_root()
    mount = ["unshare", "--mount", "sh", "-c", "mount -t proc -o hidepid=4,gid=%d proc /proc && exec \"$@\"" % (USER + 7),
             "sh"]
    permitted(*mount, "true")
    with steady() as t:
        for who in (as_uid(USER), ["setpriv", "--reuid", USER, "--regid", USER, "--groups", USER + 7]):
            for command, code in ((["list"], 0), (["-b", "-n", "1", t.pid], 1)):
                r = run([*mount, *who, Bench.residue, *command])
                assert r.returncode == code and SETCAP in r.stderr, r
                assert "mounted with hidepid=ptraceable" in r.stderr and "usermod" not in r.stderr, r.stderr


def not_dumpable_hidden(_):
    """The same one under hidepid=2: its user may signal it, and not see it."""
    only_root()
    mount = ["unshare", "--mount", "sh", "-c", "mount -t proc -o hidepid=2 proc /proc && exec \"$@\"", "sh"]
    permitted(*mount, "true")
    r = not_dumpable(_, mount)
    assert "is hidden from us" in r.stderr and r.returncode == 1, r


def not_dumpable(_, prefix=()):
    """A program that its user may run but not read."""
    only_root()
    program = os.path.join(Bench.folder, "unreadable")
    shutil.copy(Bench.workload, program)
    os.chmod(program, 0o711)
    old, Bench.workload = Bench.workload, program
    try:
        with steady(as_uid(USER)) as t:
            r = run([*prefix, *as_uid(USER), Bench.residue, "-b", "-n", "1", t.pid])
    finally:
        Bench.workload = old
    assert SETCAP in r.stderr, r.stderr
    return r


def no_process_vm_readv():
    """seccomp(2): this one call fails with EPERM, as in a container."""
    code = [(0x20, 0, 0, 0),  # load the number of the call
            (0x15, 0, 1, SYS_PROCESS_VM_READV[os.uname().machine]),
            (0x06, 0, 0, 0x00050001),  # EPERM
            (0x06, 0, 0, 0x7fff0000)]
    text = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *c) for c in code))
    program = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(code), ctypes.addressof(text)))
    libc = ctypes.CDLL(None)
    assert libc.prctl(38, 1, 0, 0, 0) == 0  # PR_SET_NO_NEW_PRIVS
    assert libc.prctl(22, 2, program, 0, 0) == 0  # PR_SET_SECCOMP, SECCOMP_MODE_FILTER


def seccomp(_):
    if os.uname().machine not in SYS_PROCESS_VM_READV:
        raise Skip("the number of process_vm_readv is not known here")
    with steady() as t:
        refused([Bench.residue], t.pid, ["a seccomp filter", "--cap-add SYS_PTRACE"], no_process_vm_readv)


def fixture(target, uid, files):
    """A /proc that has only this process, whose memory may not be read."""
    root = tempfile.mkdtemp(dir=Bench.folder)
    os.chmod(root, 0o755)
    folder = os.path.join(root, str(target.pid))
    os.mkdir(folder)
    for name in ("stat", "statm", "status", "cmdline", "auxv", "maps"):
        with open("/proc/%d/%s" % (target.pid, name), "rb") as f:
            text = f.read()
        if name == "status":
            own = "\t".join(["Uid:"] + [str(uid)] * 4).encode()
            text = b"\n".join(own if line.startswith(b"Uid:") else
                              b"CapPrm:\t0000000000000000" if line.startswith(b"CapPrm:") else line
                              for line in text.splitlines()) + b"\n"
        with open(os.path.join(folder, name), "wb") as f:
            f.write(text)
    os.symlink(Bench.workload, os.path.join(folder, "exe"))
    with open(os.path.join(folder, "mem"), "wb"):
        pass
    os.chmod(os.path.join(folder, "mem"), 0)
    for name, text in files.items():
        os.makedirs(os.path.dirname(os.path.join(root, name)), exist_ok=True)
        with open(os.path.join(root, name), "w") as f:
            f.write(text)
    return root


def yama(scope, says):
    only_root()
    with steady() as t:
        root = fixture(t, USER, {"sys/kernel/yama/ptrace_scope": "%d\n" % scope})
        refused([*as_uid(USER), Bench.residue, "--proc", root], t.pid, ["ptrace_scope is %d" % scope, *says])


def main():
    plan = Plan()
    if not WORKLOAD or not os.path.exists(WORKLOAD):
        with plan:
            plan.skip("rights", "there is no workload: no Go tool chain")
        finish(plan)
    with plan, tempfile.TemporaryDirectory() as folder:
        Bench.prepare(folder)
        for name, test in (
                ("root's processes, listed by an ordinary user", of_root),
                ("another user's, listed by an ordinary user", of_another),
                ("a service that was started by its name", by_its_name),
                ("what setcap grants", granted), ("what setcap grants under hidepid", granted_hidepid),
                ("a program that may not be read", not_dumpable), ("seccomp", seccomp)):
            plan.run(name, test, None)
        plan.run("hidepid=1", hidden, None, 1, True)
        plan.run("hidepid=2", hidden, None, 2, False)
        plan.run("hidepid=4", hidden_from_all, None)
        plan.run("a program that may not be read, and hidepid=2", not_dumpable_hidden, None)
        for scope, says in ((1, [SETCAP, "residue run"]), (2, [SETCAP]), (3, ["until the next boot"])):
            plan.run("Yama's ptrace_scope %d" % scope, yama, scope, says)
    finish(plan)


if __name__ == "__main__":
    main()
