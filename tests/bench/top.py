#!/usr/bin/env python3
"""`residue top FILE` against `go tool pprof -top FILE`: CPU of the whole program, and peak RSS.

  top.py FILE.pb.gz...

Runs take turns; CPU is user and system time of all that was started (wait4),
median and least of 15. Of pprof both ways: by `go tool`, and its program alone.
Peak RSS is that of /usr/bin/time, which starts small, unlike this one.
"""
import os
import re
import shutil
import statistics
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from live import RESIDUE  # noqa: E402

ROUNDS = 15
GO = os.environ.get("GO", "go")


def cpu_ms(command):
    with open(os.devnull, "w") as null:
        process = subprocess.Popen(command, stdout=null, stderr=null, stdin=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit("top.py: %s: exit %d" % (" ".join(command), process.returncode))
    return (usage.ru_utime + usage.ru_stime) * 1e3


def peak_mib(command):
    said = subprocess.run(["/usr/bin/time", "-v", *command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    return int(re.search(r"Maximum resident set size \(kbytes\): (\d+)", said.stderr).group(1)) / 1024


def main():
    pprof = subprocess.run([GO, "tool", "-n", "pprof"], stdout=subprocess.PIPE, text=True).stdout.split()
    ways = {"residue top": [RESIDUE, "top"]}
    if shutil.which(GO):
        ways["go tool pprof -top"] = [GO, "tool", "pprof", "-top"]
    if pprof:
        ways["pprof -top, alone"] = [pprof[0], "-top"]
    print("| file | program | CPU ms, median | least | times | peak RSS MiB |\n|---|---|---|---|---|---|")
    for path in sys.argv[1:]:
        runs = {name: [] for name in ways}
        for _ in range(ROUNDS):
            for name, command in ways.items():
                runs[name].append(cpu_ms([*command, path]))
        ours = statistics.median(runs["residue top"])
        for name, command in ways.items():
            print("| %s | %s | %.1f | %.1f | %.1f | %.1f |" % (
                os.path.basename(path), name, statistics.median(runs[name]), min(runs[name]),
                statistics.median(runs[name]) / ours, peak_mib([*command, path])), flush=True)


if __name__ == "__main__":
    main()
