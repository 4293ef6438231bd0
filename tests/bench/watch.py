#!/usr/bin/env python3
"""What watching one process costs, beside other monitors, all in one run.

  watch.py [--seconds 60] [--starts 20]

residue, top, htop and btop watch the same process at 1 Hz in terminals of
200x50 at the same time. Printed: CPU time from start to end, RES and its
anonymous part at the end, bytes written to the terminal, and each as a ratio
to htop's. Then how long residue takes from exec to its first real number.
The exit status is 1 when a bar is missed.
"""
import argparse
import os
import shutil
import sys
import tempfile
import time

from live import RESIDUE, WORKLOAD, Pty, Workload, cpu_seconds, memory_kib, percentile

BTOP_CONFIG = "update_ms = 1000\nproc_filter_kernel = True\nproc_sorting = \"memory\"\n"
# A size as we print it: the first one on the screen is the target's RES.
NUMBER = rb"\d(?:\.\d+)? ?[KMGT](?:i?B)?\b"


def peers(pid, home):
    """[(name, command, environment)] of the monitors that are installed."""
    config = os.path.join(home, "btop")
    os.makedirs(config, exist_ok=True)
    with open(os.path.join(config, "btop.conf"), "w") as f:
        f.write(BTOP_CONFIG)
    all_of_them = (
        ("residue", [RESIDUE, "-d", "1", str(pid)]),
        ("top", ["top", "-d", "1", "-p", str(pid)]),
        ("htop", ["htop", "-d", "10", "-p", str(pid)]),
        ("btop", ["btop"]),
    )
    env = {"HOME": home, "XDG_CONFIG_HOME": home}
    return [(name, command, env) for name, command in all_of_them if shutil.which(command[0])]


def measure(pid, seconds, home):
    """{name: (CPU seconds, RES KiB, anonymous KiB, bytes)} of all peers at once."""
    running = [(name, Pty(command, env=env)) for name, command, env in peers(pid, home)]
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for _, p in running:
            while p.read(0):
                pass
        time.sleep(0.05)
    out = {name: (cpu_seconds(p.pid), *memory_kib(p.pid), p.bytes) for name, p in running}
    for _, p in running:
        p.__exit__()
    return out


def first_numbers(pid, starts, home):
    """Milliseconds from exec to the first number, for each start."""
    out = []
    for _ in range(starts):
        with Pty([RESIDUE, str(pid)], env={"HOME": home, "XDG_CONFIG_HOME": home}) as p:
            seen = p.seen_after(NUMBER, 10)
            out.append(seen * 1e3 if seen is not None else float("inf"))
    return out


def report(costs, latencies):
    """Print the table; [bars missed]."""
    base = costs.get("htop")
    print("%-8s %8s %8s %9s %9s %12s %12s" % ("", "CPU s", "/ htop", "RES MiB", "anon MiB", "RES / htop", "bytes"))
    for name, (cpu, rss, anon, written) in costs.items():
        print("%-8s %8.2f %8s %9.1f %9.1f %12s %12d" % (
            name, cpu, "%.2f" % (cpu / base[0]) if base and base[0] else "-", rss / 1024, anon / 1024,
            "%.2f" % (rss / base[1]) if base else "-", written))
    print("first number after start: median %.1f ms, p90 %.1f ms, worst %.1f ms (%d starts)" % (
        percentile(latencies, 0.5), percentile(latencies, 0.9), max(latencies), len(latencies)))
    cpu, rss, anon, _ = costs["residue"]
    bars = [
        (not base or cpu <= base[0] / 2, "CPU at most half of htop's"),
        (rss <= 14 * 1024, "RES at most 14 MiB"),
        (anon <= 4 * 1024, "anonymous RES at most 4 MiB"),
        (percentile(latencies, 0.5) <= 50, "first number within 50 ms"),
    ]
    return [what for good, what in bars if not good]


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    ap.add_argument("--seconds", type=float, default=60)
    ap.add_argument("--starts", type=int, default=20)
    a = ap.parse_args()
    with tempfile.TemporaryDirectory() as home, \
            Workload(WORKLOAD, "steady", dwell=(a.seconds + a.starts + 30) / 4) as target:
        costs = measure(target.pid, a.seconds, home)
        latencies = first_numbers(target.pid, a.starts, home)
    missed = report(costs, latencies)
    for what in missed:
        print("MISSED: " + what)
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
