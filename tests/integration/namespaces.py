#!/usr/bin/env python3
"""Targets that live elsewhere: in other namespaces, and of another user.

Each combination is asked for RES, the runtime's figures read from memory, HTTP
in the target's own namespace, and its sockets by a probe. What this machine
does not permit is skipped by name.
"""
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TESTS = os.path.dirname(HERE)
sys.path[:0] = [os.path.join(TESTS, "lib"), os.path.join(TESTS, "bench")]
from live import RESIDUE, WORKLOAD  # noqa: E402
from tap import Plan, Skip, finish  # noqa: E402

MIB = 1 << 20
USER, OTHER = 64998, 64999  # uids that nobody has
LO_UP = 'ip link set lo up && exec "$@"'
PRIVATE_TMP = 'ip link set lo up && mount -t tmpfs none "$0" && exec "$@"'


def as_uid(uid):
    return ["setpriv", "--reuid=%d" % uid, "--regid=%d" % uid, "--clear-groups"]


def permitted(*command):
    """Skip unless this command works here."""
    name = " ".join(command[:-1])
    if not shutil.which(command[0]):
        raise Skip(command[0] + " is not here")
    r = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    if r.returncode:
        raise Skip("%s is not permitted: %s" % (name, r.stderr.strip().splitlines()[-1:]))


def only_root():
    if os.getuid():
        raise Skip("only root may change its user")


class Target:
    """A workload under a prefix of commands; its pid as we see it."""

    def __init__(self, prefix, listen):
        command = [*prefix, Bench.workload, "-scenario", "steady", "-dwell", "120s", "-listen", listen]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                        start_new_session=True)
        for line in self.process.stdout:
            if line.startswith("ready "):
                break
        else:
            raise RuntimeError("%s: %s" % (command, self.process.stderr.read()))
        self.pid = self.process.pid
        while os.readlink("/proc/%d/exe" % self.pid) != Bench.workload:  # unshare --fork waits for its child
            with open("/proc/%d/task/%d/children" % (self.pid, self.pid)) as f:
                self.pid = int(f.read().split()[0])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.kill(self.pid, signal.SIGKILL)
        self.process.wait(10)
        self.process.stdout.close()
        self.process.stderr.close()


class Bench:
    """Programs where every user may run them."""
    residue = workload = folder = None

    @classmethod
    def prepare(cls, folder):
        os.chmod(folder, 0o755)
        cls.folder = folder
        for name, source in (("residue", RESIDUE), ("workload", WORKLOAD)):
            path = os.path.join(folder, name)
            shutil.copy(source, path)
            os.chmod(path, 0o755)
            setattr(cls, name, path)


def watch(prefix, *args, says=""):
    r = subprocess.run([*prefix, Bench.residue, "-b", "--json", "-n", "4", "-d", "0.25", *map(str, args)],
                       stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60)
    assert r.returncode == 0 and says in r.stderr, r.stderr
    return [json.loads(line) for line in r.stdout.splitlines()]


def of_kind(lines, kind):
    return [x for x in lines if x["type"] == kind]


def rss_is_right(target, samples):
    with open("/proc/%d/statm" % target.pid) as f:
        rss = int(f.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    assert len(samples) == 4 and abs(samples[-1]["rss"] - rss) < 32 * MIB, (rss, samples[-1]["rss"])


def by_http(target, url, prefix):
    lines = watch(prefix, "--read", "expvar", "%d@%s" % (target.pid, url))
    last = of_kind(lines, "sample")[-1]
    assert of_kind(lines, "target")[-1]["read"] == "expvar", of_kind(lines, "target")[-1]
    assert "pprof_inuse" in last, "no profile came"
    return last


def by_probe(target, url, prefix):
    lines = watch(prefix, "--probe", target.pid)
    marks = [e["text"] for e in of_kind(lines, "event") if e["kind"] == "mark"]
    assert marks == ["probed %s: Go's pprof" % url], marks
    assert of_kind(lines, "target")[-1]["endpoint"] == url, of_kind(lines, "target")


def all_ways(target, url, prefix=()):
    lines = watch(prefix, target.pid)
    samples = of_kind(lines, "sample")
    rss_is_right(target, samples)
    assert of_kind(lines, "target")[-1]["read"] == "agentless", of_kind(lines, "target")[-1]
    http = by_http(target, url, prefix)
    # The heap only grows, but for what stacks take and give back of it.
    assert http["heap_sys"] + MIB >= samples[-1]["heap_sys"] > 0, (http["heap_sys"], samples[-1]["heap_sys"])
    assert http["num_gc"] >= samples[-1]["num_gc"], (http["num_gc"], samples[-1]["num_gc"])
    by_probe(target, url, prefix)


def in_net(unshare, prefix=(), wrap=(), script=LO_UP):
    """A TCP endpoint in there, on a port on which we have a server of our own: that one must not be asked."""
    permitted(*prefix, *wrap, *unshare, "sh", "-c", LO_UP, "sh", "true")
    with socket.create_server(("127.0.0.1", 0)) as ours:
        ours.setblocking(False)
        address = "127.0.0.1:%d" % ours.getsockname()[1]
        with Target([*prefix, *wrap, *unshare, "sh", "-c", script, "sh"], address) as t:
            all_ways(t, "http://" + address, prefix)
        try:
            ours.accept()[0].close()
        except BlockingIOError:
            return
        raise AssertionError("our own namespace was asked")


def net(_):
    in_net(["unshare", "--net"])


def net_pid_mnt(_):
    in_net(["unshare", "--net", "--pid", "--fork", "--kill-child", "--mount", "--mount-proc"])


def user_net_rootless(_):
    prefix = as_uid(USER) if os.getuid() == 0 else []
    in_net(["unshare", "--user", "--map-root-user", "--net"], prefix)


def unix_path(_):
    """On a tmpfs that only the target's mount namespace has."""
    permitted("unshare", "--mount", "true")
    folder = os.path.join(Bench.folder, "private")
    os.mkdir(folder)
    url = "unix:" + os.path.join(folder, "s")
    with Target(["unshare", "--mount", "--net", "sh", "-c", PRIVATE_TMP, folder], url) as t:
        assert not os.path.exists(os.path.join(folder, "s"))
        all_ways(t, url)


def abstract_unix(_):
    permitted("unshare", "--net", "true")
    url = "unix:@residue-test-%d" % os.getpid()
    with Target(["unshare", "--net"], url) as t:
        all_ways(t, url)


def other_uid(_):
    only_root()
    permitted(*as_uid(OTHER), "true")
    with socket.create_server(("127.0.0.1", 0)) as s:
        address = "127.0.0.1:%d" % s.getsockname()[1]
    with Target(as_uid(OTHER), address) as t:
        all_ways(t, "http://" + address)


def other_uid_unprivileged(_):
    """RES and HTTP without any right; for memory, a sentence with the command that grants it."""
    only_root()
    permitted(*as_uid(USER), "true")
    with socket.create_server(("127.0.0.1", 0)) as s:
        address = "127.0.0.1:%d" % s.getsockname()[1]
    with Target(as_uid(OTHER), address) as t:
        lines = watch(as_uid(USER), t.pid, says="sudo setcap cap_sys_ptrace+ep")
        samples = of_kind(lines, "sample")
        rss_is_right(t, samples)
        assert "heap_sys" not in samples[-1] and of_kind(lines, "target")[-1]["read"] == "none"
        by_http(t, "http://" + address, as_uid(USER))


def file_capabilities(_):
    """Its own user may not read it either, since its file has capabilities."""
    only_root()
    permitted(*as_uid(USER), "true")
    program = os.path.join(Bench.folder, "capable")
    shutil.copy(Bench.workload, program)
    permitted("setcap", "cap_net_bind_service+ep", program)
    with tempfile.NamedTemporaryFile() as log, subprocess.Popen(
            [*as_uid(USER), program, "-scenario", "steady", "-dwell", "60s", "-listen", "unix:@cap%d" % os.getpid()],
            stdout=subprocess.PIPE, stderr=log) as p:
        while not p.stdout.readline().startswith(b"ready "):
            assert p.poll() is None
        try:
            watch(as_uid(USER), p.pid, says="sudo setcap cap_sys_ptrace+ep")
        finally:
            p.kill()


def hidepid(_):
    only_root()
    script = "mount -t proc -o hidepid=2 proc /proc && exec \"$@\""
    permitted("unshare", "--mount", "sh", "-c", script, "sh", "true")
    r = subprocess.run(["unshare", "--mount", "sh", "-c", script, "sh", *as_uid(USER), Bench.residue, "-b", "-n", "1",
                        str(os.getpid())], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60)
    assert r.returncode == 1 and "mounted with hidepid" in r.stderr, r.stderr


def list_unprivileged(_):
    """In a pid namespace of root's processes: RES of none that is not known to be Go, and what would tell."""
    only_root()
    inner = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"]
    permitted(*inner, "true")
    script = '"$0" -scenario steady -listen unix:@l%d >/dev/null & sleep 1; exec "$@" --json' % os.getpid()
    r = subprocess.run([*inner, "sh", "-c", script, Bench.workload, *as_uid(USER), Bench.residue, "list"],
                       stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60)
    assert r.returncode == 0, r.stderr
    assert "setcap cap_sys_ptrace+ep" in r.stderr, r.stderr


def main():
    plan = Plan()
    if not WORKLOAD or not os.path.exists(WORKLOAD):
        with plan:
            plan.skip("targets in other namespaces", "there is no workload: no Go tool chain")
        finish(plan)
    with plan, tempfile.TemporaryDirectory() as folder:
        Bench.prepare(folder)
        began = time.monotonic()
        for name, test in (
                ("net", net), ("net, pid and mnt", net_pid_mnt), ("user and net, rootless", user_net_rootless),
                ("unix path of another mount namespace", unix_path), ("abstract unix socket", abstract_unix),
                ("another user's, as root", other_uid),
                ("another user's, without privileges", other_uid_unprivileged),
                ("with file capabilities", file_capabilities), ("hidden by hidepid", hidepid),
                ("list without privileges", list_unprivileged)):
            plan.run(name, test, None)
        print("# %.0f s" % (time.monotonic() - began))
    finish(plan)


if __name__ == "__main__":
    main()
