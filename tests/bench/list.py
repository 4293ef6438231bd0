#!/usr/bin/env python3
"""What listing many processes costs, beside htop, in one run.

  list.py [--seconds 60] [--threads] [GO:OTHER[:THREADED] ...]     default: 500:0 20:980 20:0:980

For each so many idle Go processes and so many others are started: sleep, and C
programs of several threads, a GiB of address space and some thirty libraries:
any of them may have loaded a Go library.
Printed: how long a scan for Go processes takes and `residue list --json` as a
whole (medians, the first run is not counted), then, with both at 1 Hz in
terminals of 200x50 at the same time, the CPU of residue's list and htop's by
the scheduler's account, the descriptors that are open and RES at the end.
residue runs under the usual limit of 1,024 descriptors. The exit status is 1
when a bar is missed.
"""
import argparse
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time

from live import RESIDUE, Pty, cpu_seconds, memory_kib, percentile

SCAN = os.environ.get("SCAN", os.path.join(os.path.dirname(RESIDUE), "tests", "bench", "scan"))
DESCRIPTORS = 1024
SETTLE = 6  # seconds until everything has been read once
IDLE = """package main

import (
	"runtime"
	"time"
)

func main() {
	runtime.GC() // before anything was allocated its books do not add up
	println("ready")
	time.Sleep(24 * time.Hour)
}
"""
THREADED = """#include <pthread.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

static void *rest(void *arg)
{
	for (;;)
		pause();
	return arg;
}

int main(void)
{
	pthread_t t;

	for (int i = 0; i < 3; i++)
		pthread_create(&t, NULL, rest, NULL);
	mmap(NULL, 1UL << 30, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	fputs("ready\\n", stderr);
	rest(NULL);
}
"""
# Go processes at least: (share of a core at 1 Hz, scan in milliseconds)
BARS = {500: (0.01, 50), 20: (0.005, 50)}


def build_go(folder, name, text):
    """A Go program of one file, without cgo: its path."""
    source, out = os.path.join(folder, name + ".go"), os.path.join(folder, name)
    with open(source, "w") as f:
        f.write(text)
    subprocess.run([os.environ.get("GO", "go"), "build", "-o", out, source], check=True, cwd=folder,
                   env={**os.environ, "GO111MODULE": "off", "CGO_ENABLED": "0"})
    return out


def build_idle(folder):
    """A Go program that does nothing, built once."""
    return build_go(folder, "idle", IDLE)


def build_threaded(folder):
    """What may have a Go library by all that is cheap to see."""
    source = os.path.join(folder, "threaded.c")
    with open(source, "w") as f:
        f.write(THREADED)
    out = os.path.join(folder, "threaded")
    subprocess.run([*os.environ.get("CC", "cc").split(), "-pthread", "-o", out, source, "-Wl,--no-as-needed", "-lcurl"],
                   check=True)
    return out


class Crowd:
    """So many idle Go processes and so many others."""

    def __init__(self, folder, go, other, threaded):
        idle = build_idle(folder)
        env = {**os.environ, "GOMAXPROCS": "1"}
        quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL}
        self.all = [subprocess.Popen(["sleep", "86400"], **quiet) for _ in range(other)]
        programs = [idle] * go + ([build_threaded(folder)] * threaded if threaded else [])
        for program in programs:
            self.all.append(subprocess.Popen([program], stderr=subprocess.PIPE, env=env, **quiet))
        for p in self.all[other:]:
            p.stderr.readline()
            p.stderr.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for p in self.all:
            p.kill()
        for p in self.all:
            p.wait()


def usual_limit():
    resource.setrlimit(resource.RLIMIT_NOFILE, (DESCRIPTORS, DESCRIPTORS))


def time_list(runs=7):
    """(seconds of a whole `list --json`, rows): a median; the first run is not counted."""
    wholes = []
    for _ in range(runs + 1):
        began = time.monotonic()
        out = subprocess.run([RESIDUE, "list", "--json"], preexec_fn=usual_limit, check=True,
                             stdout=subprocess.PIPE, text=True)
        wholes.append(time.monotonic() - began)
    rows = [json.loads(line) for line in out.stdout.splitlines()]
    for what in ("rss", "heap_inuse"):
        lacking = [r["pid"] for r in rows if what not in r]
        if lacking:
            print("  %d of %d rows lack %s" % (len(lacking), len(rows), what))
    return percentile(wholes[1:], 0.5), len(rows)


def time_scan():
    """Microseconds of tests/bench/scan.c: {"scan": first, "again": nothing new, "discovery": with all facts}."""
    out = subprocess.run([SCAN], preexec_fn=usual_limit, check=True, stdout=subprocess.PIPE, text=True).stdout
    return {k: int(v) for k, v in re.findall(r"(\w+) (\d+)", out)}


def descriptors(pid):
    return len(os.listdir("/proc/%d/fd" % pid))


def thread_times(pid):
    """{thread: CPU seconds}: one of our threads may be the one that costs."""
    out = {}
    for task in os.listdir("/proc/%d/task" % pid):
        with open("/proc/%d/task/%s/schedstat" % (pid, task)) as f:
            out[int(task) - pid] = int(f.read().split()[0]) / 1e9
    return out


def watch(seconds, home):
    """{name: (share of a core, descriptors, RES KiB)} and residue's threads, both at once."""
    env = {"HOME": home, "XDG_CONFIG_HOME": home}
    commands = {"residue": [RESIDUE, "-d", "1"]}
    if shutil.which("htop"):
        commands["htop"] = ["htop", "-d", "10"]
    old = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (DESCRIPTORS, old[1]))
    running = {name: Pty(["/bin/sh", "-c", "ulimit -Hn %d; exec \"$@\"" % DESCRIPTORS, "sh", *command], env=env)
               for name, command in commands.items()}
    resource.setrlimit(resource.RLIMIT_NOFILE, old)

    def read_all(until):
        while time.monotonic() < until:
            for p in running.values():
                while p.read(0):
                    pass
            time.sleep(0.05)

    read_all(time.monotonic() + SETTLE)
    began = time.monotonic()
    before = {name: cpu_seconds(p.pid) for name, p in running.items()}
    threads = thread_times(running["residue"].pid)
    read_all(began + seconds)
    took = time.monotonic() - began
    costs = {name: ((cpu_seconds(p.pid) - before[name]) / took, descriptors(p.pid), memory_kib(p.pid)[0])
             for name, p in running.items()}
    after = thread_times(running["residue"].pid)
    for p in running.values():
        p.__exit__()
    return costs, {t: (v - threads.get(t, 0)) / took for t, v in after.items()}


def measure(crowd, seconds, home, show_threads):
    """One crowd, printed; [bars missed]."""
    go, other, threaded = (crowd + [0])[:3]
    with Crowd(home, go, other, threaded):
        scan = time_scan()
        whole, rows = time_list()
        costs, threads = watch(seconds, home)
    print("%d Go processes, %d others and %d with threads (%d rows)" % (go, other, threaded, rows))
    print("  scan %.1f ms, again %.1f ms, discovery with all facts %.1f ms, list --json %.1f ms" % (
        scan["scan"] / 1e3, scan["again"] / 1e3, scan["discovery"] / 1e3, whole * 1e3))
    for name, (share, fds, rss) in costs.items():
        print("  %-8s %6.2f %% of a core, %4d descriptors, RES %.1f MiB" % (name, share * 100, fds, rss / 1024))
    if show_threads:
        print("  threads: " + "  ".join("%d: %.2f %%" % (t, v * 100) for t, v in sorted(threads.items())))
    share, fds, _ = costs["residue"]
    most, scan_ms = BARS.get(go, (0.01, 50))
    scan_ms += threaded // 5  # the maps of each, once
    bars = [(rows >= go, "every Go process is listed"),
            (share <= most, "the list at %.1f %% of a core at most" % (most * 100)),
            (scan["discovery"] / 1e3 <= scan_ms, "discovery within %d ms" % scan_ms),
            (fds <= DESCRIPTORS, "the usual limit of descriptors")]
    return ["%d:%d:%d %s" % (go, other, threaded, what) for good, what in bars if not good]


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    ap.add_argument("crowd", nargs="*", default=["500:0", "20:980", "20:0:980"])
    ap.add_argument("--seconds", type=float, default=60)
    ap.add_argument("--threads", action="store_true")
    a = ap.parse_args()
    missed = []
    with tempfile.TemporaryDirectory() as folder:
        for crowd in a.crowd:
            missed += measure([int(n) for n in crowd.split(":")], a.seconds, folder, a.threads)
    for what in missed:
        print("MISSED: " + what)
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
