#!/usr/bin/env python3
"""Out of memory and failing system calls: a bounded part of torture.py and inject.py.

Each command of the table meets a failure at up to POINTS of its allocations,
once alone and once with all later ones failing too, and each kind of system
call of CALLS fails at its first CASES occurrences after start-up. With --all
(`make check-faults`) every allocation and up to 40 of each call.
"""
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "lib"), os.path.join(os.path.dirname(HERE), "bench")]
from inject import FAULTS, inject  # noqa: E402
from live import WORKLOAD, Workload  # noqa: E402
from tap import Plan, Skip, finish  # noqa: E402
from torture import Torture  # noqa: E402

RESIDUE = os.environ.get("RESIDUE", "build/residue")
ALL = sys.argv[1:] == ["--all"]
POINTS = 0 if ALL else 25
CASES = 40 if ALL else 2

# (name, arguments, how). SAME: what ends well printed what it always prints.
# In a terminal only our own allocations fail: ncurses 6.4 does not survive it in
# _nc_tiparm. PID and DIR stand for a live Go process and a folder.
PLAIN, SAME, SCREEN = range(3)
DATA = os.path.join(os.path.dirname(HERE), "data")
SCRIPT = os.path.join(DATA, "scripts", "gogc-off.jsonl")
PROFILE = os.path.join(DATA, "profiles", "leak.rate524288.1.pb.gz")
COMMANDS = (
    ("help", ["--help"], SAME),
    ("top of a file", ["top", PROFILE], SAME),
    ("top of a file as JSON", ["top", "--json", "--cum", "--focus", "main|x", PROFILE], SAME),
    ("list", ["list", "--json", "--script", SCRIPT], SAME),
    ("batch", ["-b", "--json", "--script", SCRIPT], SAME),
    ("screens", ["--script", SCRIPT], SCREEN),
)
LIVE = (
    ("one sample", ["-b", "--json", "-n", "1", "PID"], PLAIN),
    ("top from memory", ["top", "PID"], PLAIN),
    ("a snapshot", ["snapshot", "-o", "DIR", "PID"], PLAIN),
    ("one sample by endpoint", ["-b", "--json", "-n", "1", "--read", "expvar", "PID@URL"], PLAIN),
    ("top by endpoint", ["top", "--json", "--read", "expvar", "PID@URL"], PLAIN),
    ("a snapshot by endpoint", ["snapshot", "-o", "DIR", "--read", "expvar", "PID@URL"], PLAIN),
)
# (arguments, the calls that fail)
CALLS = (
    (["top", PROFILE], "openat read mmap"),
    (["-b", "--csv", "--script", SCRIPT], "write poll"),
    (["-b", "--json", "-n", "1", "PID@URL"], "socket connect sendto recvfrom clone3 process_vm_readv pread64"),
    (["list"], "openat ioctl"),
    (["snapshot", "-o", "DIR", "PID"], "write fsync rename"),
)
# What a command does with standard streams that are closed or full, from a shell.
STREAMS = (
    (">&-", 1, "cannot write the output: Bad file descriptor"),
    (">/dev/full", 1, "cannot write the output: No space left on device"),
    ("2>&-", 0, ""),
    ("<&-", 0, ""),
    (">&- 2>&- <&-", 1, ""),
    ("| head -c 1", 0, ""),
)

# What the tools must tell apart, proved on programs of known manners.
CAREFUL = 'int main(void) { for (int i = 0; i < 5; i++) if (!malloc(8)) return 1; return 0; }'
CRASHING = 'int main(void) { char *p = malloc(8); *(volatile char *)p = 1; return 0; }'
HEADERS = "#include <fcntl.h>\n#include <stdlib.h>\n#include <unistd.h>\n"
NO_CHECK = 'int main(int c, char **v) { char b; if (c > 1 && v[1][0] == \'-\') return 0;' \
           ' if (read(open("/dev/zero", O_RDONLY), &b, 1) != 1) abort(); return 0; }'


def compiled(source, folder):
    path = os.path.join(folder, "probe")
    subprocess.run([*os.environ.get("CC", "cc").split(), "-O0", "-x", "c", "-", "-o", path], check=True,
                   input=HEADERS + source, text=True)
    return path


def careful_passes(folder):
    t = Torture([compiled(CAREFUL, folder)])
    total, end = t.count()
    assert (total, end) == (5, "exit 0"), (total, end)
    for n in t.points(total, 0):
        t.at(n)
    assert t.ends == {"exit 1": 5} and not t.bad, t.ends


def crash_is_found(folder):
    t = Torture([compiled(CRASHING, folder)])
    t.at(1)
    assert t.bad == ["allocation 1: signal 11"], t.bad


def points_are_spread():
    assert list(Torture([]).points(100, 4)) == [1, 34, 67, 100]
    assert list(Torture([]).points(3, 4)) == [1, 2, 3]


def injected_abort_is_found(folder):
    if not shutil.which("strace"):
        raise Skip("strace is not installed")
    probe = compiled(NO_CHECK, folder)
    _, ends, bad = inject([probe], [probe, "--version"], 5, (("read", "EIO"),))
    assert len(bad) == 1 and bad[0].startswith("read EIO") and bad[0].endswith("signal 6"), (ends, bad)


def endures(arguments, how, sticky):
    t = Torture([RESIDUE, *arguments], sticky=sticky, own=how == SCREEN, tui=how == SCREEN, same=how == SAME)
    total, end = t.count()
    assert end == "exit 0", "undisturbed: " + end
    assert total > 0, "no allocation was counted: is $OOMFAIL there?"
    for n in t.points(total, POINTS):
        t.at(n)
    assert not t.bad, "\n".join(t.bad)


def nothing_half(folder):
    left = [name for name in os.listdir(folder) if name.startswith(".")]
    assert not left, "unfinished snapshots stay: %s" % left
    for name in os.listdir(folder):
        files = set(os.listdir(os.path.join(folder, name)))
        assert {"summary.txt", "meta.json", "samples.jsonl"} <= files, (name, files)


def calls_fail(arguments, calls):
    if not shutil.which("strace"):
        raise Skip("strace is not installed")
    _, ends, bad = inject([RESIDUE, *arguments], [RESIDUE, "--version"], CASES,
                          [f for f in FAULTS if f[0] in calls.split()])
    assert ends, "no call was failed"
    assert not bad, "\n".join(bad)


def streams(arguments):
    for redirection, code, words in STREAMS:
        line = "set -o pipefail; %s %s" % (shlex.join([RESIDUE, *arguments]), redirection)
        done = subprocess.run(["bash", "-c", line], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, timeout=60)
        # 141: ended by SIGPIPE, as quietly as can be.
        code = (code, 141) if "head" in redirection else (code,)
        assert done.returncode in code, (redirection, done.returncode, done.stderr)
        # How old a profile is, is a line of its own.
        said = [x for x in done.stderr.splitlines() if not re.match(r"residue: (read|served) .* ago", x)]
        assert len(said) == bool(words) and all(words in x for x in said), (redirection, done.stderr)


def live(plan):
    """The commands that need a Go process, on one of ours."""
    if not os.path.exists(WORKLOAD):
        plan.skip("failures beside a live process", "no Go tool chain, so no workload")
        return
    with tempfile.TemporaryDirectory() as folder, Workload(WORKLOAD, "steady", dwell=3600) as w:
        def real(arguments):
            words = {"PID": str(w.pid), "PID@URL": "%d@%s" % (w.pid, w.url), "DIR": folder}
            return [words.get(a, a) for a in arguments]
        for name, arguments, how in LIVE:
            for sticky in (False, True):
                plan.run("%s without memory%s" % (name, " from then on" if sticky else ""),
                         endures, real(arguments), how, sticky)
            plan.run(name + " with closed and full streams", streams, real(arguments))
        plan.run("no snapshot is left half done", nothing_half, folder)
        for arguments, calls in CALLS:
            plan.run("failing calls: %s: %s" % (arguments[0], calls), calls_fail, real(arguments), calls)


def sanitized():
    with open(RESIDUE, "rb") as f:
        program = f.read()
    return b"__asan_init" in program or b"__tsan_init" in program


def main():
    with Plan() as plan:
        if sanitized():
            plan.skip("allocations that fail", "a sanitizer has an allocator of its own")
        else:
            with tempfile.TemporaryDirectory() as folder:
                for test in (careful_passes, crash_is_found, injected_abort_is_found):
                    plan.run(test.__name__.replace("_", " "), test, folder)
            plan.run("points are spread", points_are_spread)
            for name, arguments, how in COMMANDS:
                for sticky in (False, True):
                    plan.run("%s without memory%s" % (name, " from then on" if sticky else ""),
                             endures, arguments, how, sticky)
                if how != SCREEN:
                    plan.run(name + " with closed and full streams", streams, arguments)
            live(plan)
    finish(plan)


if __name__ == "__main__":
    main()
