#!/usr/bin/env python3
"""What reading a Go process from outside costs, and what it costs that process.

  agentless_cost.py [--pairs 10] [--secs 4] [--stall-mib 4096] [--stall-secs 30]
                    [--stall-rounds 3] [--only-stalls]

In one run: us a read and a locate, against the wall time of a request of
heap?debug=1, /debug/vars and the heap profile of the same process; how much
slower it allocates while it is read 50 times a second, over pairs of stretches
with and without; and its slowest allocation at 4 GiB while `residue -b` watches
it at default settings, against stretches without. Needs `make
tests/bench/read_cost` and a go command.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
TESTS = os.path.dirname(HERE)
sys.path[:0] = [HERE, os.path.join(TESTS, "truth")]
import toolchains  # noqa: E402
from live import RESIDUE  # noqa: E402

READ_COST = os.environ.get("READ_COST", os.path.join(os.path.dirname(RESIDUE), "tests", "bench", "read_cost"))
PATHS = ("/debug/pprof/heap?debug=1", "/debug/vars", "/debug/pprof/heap")


class Allocs:
    """A running tests/bench/allocs: pid, url, and its lines as they come."""

    def __init__(self, *command):
        self.process = subprocess.Popen([*command], stdout=subprocess.PIPE, text=True)
        self.pid, self.url = self.process.pid, self.process.stdout.readline().strip()
        self.lines = []
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.append(tuple(map(int, line.split())))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def stretch(self, seconds):
        """(pieces a second, slowest pieces of each 100 ms in ms) of the next so many seconds."""
        time.sleep(0.2)
        first = len(self.lines)
        time.sleep(seconds)
        seen = self.lines[first:]
        (t0, n0, _), (t1, n1, _) = seen[0], seen[-1]
        return (n1 - n0) * 1e9 / (t1 - t0), [worst / 1e6 for _, _, worst in seen[1:]]


def read_cost(pid, hz, seconds):
    done = subprocess.run([READ_COST, str(pid), str(hz), str(seconds)], stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout)


def request_us(url):
    taken = []
    for _ in range(15):
        begin = time.monotonic()
        with urllib.request.urlopen(url, timeout=60) as answer:
            answer.read()
        taken.append(1e6 * (time.monotonic() - begin))
    return statistics.median(taken)


def costs(target):
    ours, paused = read_cost(target.pid, 0, 2), read_cost(target.pid, 10, 5)
    print("| what | median, us | of a read |\n|---|--:|--:|")
    print("| a read of the runtime's figures, repeated (as the requests are) | %.1f | 1 |" % ours["read_us"])
    print("| the same ten times a second | %.1f | %.0f |" % (paused["read_us"], paused["read_us"] / ours["read_us"]))
    for name, key in (("locating, the first process of a file, by symbols", "first_us"),
                      ("locating, another process of a known file", "locate_us"), ("the caches of the Ps", "caches_us"),
                      ("what the scavenger will return", "due_us")):
        print("| %s | %.1f | %.0f |" % (name, ours[key], ours[key] / ours["read_us"]))
    for path in PATHS:
        us = request_us(target.url + path)
        print("| GET %s | %.0f | %.0f |" % (path, us, us / ours["read_us"]))


def throughput(target, pairs, seconds):
    ratios = []
    for i in range(pairs):
        def watched():
            reader = subprocess.Popen([READ_COST, str(target.pid), "50", str(seconds + 1)],
                                      stdout=subprocess.DEVNULL)
            rate = target.stretch(seconds)[0]
            reader.wait()
            return rate
        # Which goes first changes, so that a drift of the machine cancels out.
        if i % 2:
            with_, without = watched(), target.stretch(seconds)[0]
        else:
            without, with_ = target.stretch(seconds)[0], watched()
        ratios.append(with_ / without)
    mean, spread = statistics.mean(ratios), statistics.stdev(ratios) if len(ratios) > 1 else 0
    half = 2.26 * spread / len(ratios) ** 0.5
    print("\nThroughput while read at 50 Hz, of that without: %.4f (95%%: %.4f to %.4f; %d pairs of %g s, %.4f to %.4f)"
          % (mean, mean - half, mean + half, pairs, seconds, min(ratios), max(ratios)))


def stalls(target, seconds, rounds):
    """The slowest allocation, without and with residue at default settings, in turn."""
    out = {"without": [], "watched, 1 Hz": [], "watched, 10 Hz": []}
    for _ in range(rounds):
        out["without"].append(target.stretch(seconds)[1])
        for name, interval in (("watched, 1 Hz", "1"), ("watched, 10 Hz", "0.1")):
            watcher = subprocess.Popen([RESIDUE, "-b", "--json", "-d", interval, str(target.pid)],
                                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            out[name].append(target.stretch(seconds)[1])
            watcher.terminate()
            watcher.wait()
    print("\n| slowest allocation of each 100 ms, %d x %g s, ms | median | 99%% | worst of each round |" % (rounds, seconds))
    print("|---|--:|--:|--:|")
    for name, stretches in out.items():
        every = sorted(w for stretch in stretches for w in stretch)
        print("| %s | %.2f | %.2f | %s |" % (name, statistics.median(every), every[int(0.99 * len(every))],
                                             ", ".join("%.1f" % max(s) for s in stretches)))


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    ap.add_argument("--pairs", type=int, default=10)
    ap.add_argument("--secs", type=float, default=4)
    ap.add_argument("--stall-mib", type=int, default=4096)
    ap.add_argument("--only-stalls", action="store_true")
    ap.add_argument("--stall-secs", type=float, default=30)
    ap.add_argument("--stall-rounds", type=int, default=3)
    a = ap.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        binary = toolchains.build(toolchains.newest(toolchains.at_hand()), folder, "bench/allocs")
        if not a.only_stalls:
            with Allocs(binary, "200") as target:
                costs(target)
                throughput(target, a.pairs, a.secs)
        if a.stall_mib:
            # Above the machine's other work, with room for it: its own stalls are to be small.
            with Allocs("nice", "-n", "-10", binary, str(a.stall_mib), "200us") as target:
                stalls(target, a.stall_secs, a.stall_rounds)


if __name__ == "__main__":
    main()
