#!/usr/bin/env python3
"""Fail every system call that a command makes after start-up, in turn (strace).

  inject.py [--max N] [--base 'COMMAND'] -- COMMAND...

For each kind of call and each error that it may meet, each occurrence fails
once, at most N of them. Those that the dynamic loader makes are left out: they
are as many as the base command (default: the program with --version) makes of
the kind. A program may fail; it may not crash or hang.
"""
import argparse
import collections
import re
import shlex
import subprocess
import sys
import tempfile

from torture import GOOD_ENDS, PATIENCE, end_of

FAULTS = (
    ("openat", "EMFILE EACCES EINTR ENOENT"),
    ("read", "EINTR EIO ESRCH EAGAIN"),
    ("pread64", "EINTR EIO ESRCH"),
    ("write", "ENOSPC EPIPE EINTR"),
    ("close", "EINTR"),
    ("socket", "EMFILE EACCES"),
    ("connect", "ECONNREFUSED EINTR ETIMEDOUT"),
    ("recvfrom", "ECONNRESET EINTR EAGAIN"),
    ("sendto", "EPIPE EINTR"),
    ("poll", "EINTR ENOMEM"),
    ("mmap", "ENOMEM"),
    ("clone3", "EAGAIN"),
    ("eventfd2", "EMFILE"),
    ("process_vm_readv", "EPERM EFAULT ESRCH"),
    ("newfstatat", "EACCES"),
    ("ioctl", "ENOTTY"),
    ("fsync", "EIO"),
    ("rename", "ENOSPC"),
)


def strace(options, command):
    try:
        return subprocess.run(["strace", "-f", "-qq", *options, *command], stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=PATIENCE).returncode
    except subprocess.TimeoutExpired:
        return None


def count(call, command):
    with tempfile.NamedTemporaryFile("r") as log:
        strace(["-e", "trace=" + call, "-o", log.name], command)
        return len(re.findall(r"\b%s\(" % call, log.read()))


def inject(command, base, most, faults=FAULTS):
    """[(call, cases)], {end: times}, [bad ends] of failing each call in turn."""
    made, ends, bad = [], collections.Counter(), []
    for call, errors in faults:
        first, last, cases = count(call, base), count(call, command), 0
        for error in errors.split():
            for n in range(first + 1, min(last, first + most) + 1):
                rc = strace(["-o", "/dev/null", "-e", "trace=" + call,
                             "-e", "inject=%s:error=%s:when=%d" % (call, error, n)], command)
                end = "hang" if rc is None else end_of(rc)
                ends[end] += 1
                cases += 1
                if end not in GOOD_ENDS:
                    bad.append("%s %s, occurrence %d: %s" % (call, error, n, end))
        made.append((call, cases))
    return made, ends, bad


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    ap.add_argument("--max", type=int, default=40)
    ap.add_argument("--base")
    ap.add_argument("command", nargs="+")
    a = ap.parse_args()
    base = shlex.split(a.base) if a.base else [a.command[0], "--version"]
    made, ends, bad = inject(a.command, base, a.max)
    print("; ".join("%s %d" % m for m in made))
    print(", ".join("%s: %d" % e for e in sorted(ends.items())))
    print("\n".join(bad), end="\n" if bad else "")
    sys.exit(1 if bad or not ends else 0)


if __name__ == "__main__":
    main()
