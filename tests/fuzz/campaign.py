#!/usr/bin/env python3
"""Run fuzzers until each has used its share of CPU time, in as many sittings as it takes.

  campaign.py --build DIR [--cpu-seconds N] [--jobs N] [--until HH:MM] FUZZER...
  campaign.py --build DIR --report
  campaign.py --build DIR --merge FUZZER...

DIR is a build directory of `configure --enable-fuzzers --enable-sanitizers
CC=clang`; FUZZER is a name such as "profile". What has been used is the CPU
time that the kernel counted for each process (wait4), so a sitting on a busy
machine takes longer and counts the same. State, new inputs and findings stay
in --state, and a new sitting goes on from there. --merge takes into the corpus of the tree
what reaches code that the corpus does not, the smallest first, up to 1 MB in all.
"""
import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time

CORPUS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "corpus")
SLICE = 300  # seconds of one process: how much a kill -9 can lose
CORPUS_MAX = 1 << 20
# A single block above 300 MiB would break the memory cap; an input of 10 s is a hang.
OPTIONS = ["-print_final_stats=1", "-timeout=10", "-malloc_limit_mb=300", "-rss_limit_mb=2048", "-max_len=8192"]


class State:
    """What was done, by fuzzer: {cpu, execs, findings}, kept in a file."""

    def __init__(self, folder):
        self.folder = folder
        self.lock = threading.Lock()
        self.path = os.path.join(folder, "state.json")
        self.all = {}
        if os.path.exists(self.path):
            with open(self.path) as f:
                self.all = json.load(f)

    def of(self, name):
        return self.all.setdefault(name, {"cpu": 0.0, "execs": 0, "findings": []})

    def inputs(self, name):
        path = os.path.join(self.folder, name, "inputs")
        os.makedirs(path, exist_ok=True)
        return path

    def add(self, name, cpu, execs, findings):
        with self.lock:
            s = self.of(name)
            s["cpu"] += cpu
            s["execs"] += execs
            s["findings"] += findings
            with open(self.path + ".new", "w") as f:
                json.dump(self.all, f, indent=1)
            os.rename(self.path + ".new", self.path)


def program(build, name):
    return os.path.join(os.path.abspath(build), "tests", "fuzz", "fuzz_" + name)


def sitting(state, build, name, seconds):
    """One process of at most so many seconds. True: there is nothing wrong."""
    found = os.path.join(state.folder, name, "findings", "")
    inputs = state.inputs(name)
    os.makedirs(found, exist_ok=True)
    before = set(os.listdir(found))
    log = os.path.join(state.folder, name, "log")
    with open(log, "wb") as f:
        p = subprocess.Popen([program(build, name), *OPTIONS, "-max_total_time=%d" % seconds,
                              "-artifact_prefix=" + found, inputs, os.path.join(CORPUS, name)],
                             stdin=subprocess.DEVNULL, stdout=f, stderr=f)
        _, status, used = os.wait4(p.pid, 0)
        p.returncode = os.waitstatus_to_exitcode(status)
    with open(log, errors="replace") as f:
        execs = re.findall(r"stat::number_of_executed_units:\s*(\d+)", f.read())
    findings = sorted(set(os.listdir(found)) - before)
    if p.returncode != 0 and not findings:
        findings = ["exit %d, see %s" % (p.returncode, log)]
    state.add(name, used.ru_utime + used.ru_stime, int(execs[-1]) if execs else 0, findings)
    return not findings


def row(state, name):
    s = state.of(name)
    inputs = os.listdir(state.inputs(name))
    return "%-12s %8.0f CPU s %14d execs %8.0f exec/CPU s %6d new inputs %3d findings" % (
        name, s["cpu"], s["execs"], s["execs"] / s["cpu"] if s["cpu"] else 0, len(inputs), len(s["findings"]))


def run(state, build, names, cpu_seconds, jobs, until):
    waiting, lock = list(names), threading.Lock()

    def worker():
        while True:
            with lock:
                if not waiting:
                    return
                name = waiting.pop(0)
            while state.of(name)["cpu"] < cpu_seconds:
                left = min(SLICE, cpu_seconds - state.of(name)["cpu"] + 1, until - time.time())
                if left < 1 or not sitting(state, build, name, int(left) or 1):
                    break
                print(time.strftime("%H:%M:%S"), row(state, name), flush=True)

    threads = [threading.Thread(target=worker) for _ in range(jobs)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()


def size_of(folder):
    return sum(e.stat().st_size for e in os.scandir(folder))


def merge(state, build, name):
    """The new inputs that reach code which the tree's corpus does not, while there is room."""
    kept = os.path.join(CORPUS, name)
    with tempfile.TemporaryDirectory() as folder:
        both = os.path.join(folder, "both")
        shutil.copytree(kept, both)
        # By the code reached alone: how often would keep thousands.
        subprocess.run([program(build, name), *OPTIONS, "-merge=1", "-use_counters=0", both, state.inputs(name)], check=True,
                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        new = sorted((e for e in os.scandir(both) if not os.path.exists(os.path.join(kept, e.name))),
                     key=lambda e: (e.stat().st_size, e.name))
        room, taken = CORPUS_MAX - size_of(kept), 0
        for e in new:
            room -= e.stat().st_size
            if room < 0:
                break
            shutil.copy(e.path, kept)
            taken += 1
    print("%s: %d of %d inputs taken, the corpus has %d bytes" % (name, taken, len(new), size_of(kept)))


def parse():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    ap.add_argument("--build", required=True)
    ap.add_argument("--state", default=os.path.expanduser("~/.cache/residue-fuzz"))
    ap.add_argument("--cpu-seconds", type=float, default=3600)
    ap.add_argument("--jobs", type=int, default=2)
    ap.add_argument("--until", help="stop at this time of day")
    ap.add_argument("--merge", action="store_true")
    ap.add_argument("--report", action="store_true")
    ap.add_argument("fuzzer", nargs="*")
    return ap.parse_args()


def end_time(clock):
    if not clock:
        return time.time() + 7 * 86400
    return time.mktime((*time.localtime()[:3], *map(int, clock.split(":")), 0, 0, 0, -1))


def main():
    a = parse()
    os.makedirs(a.state, exist_ok=True)
    state = State(a.state)
    if a.merge:
        for name in a.fuzzer:
            merge(state, a.build, name)
    elif not a.report:
        run(state, a.build, a.fuzzer, a.cpu_seconds, a.jobs, end_time(a.until))
    for name in a.fuzzer or sorted(state.all):
        print(row(state, name))
        for finding in state.of(name)["findings"]:
            print("  finding:", finding)
    sys.exit(1 if any(state.of(n)["findings"] for n in a.fuzzer) else 0)


if __name__ == "__main__":
    main()
