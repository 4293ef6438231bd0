#!/usr/bin/env python3
"""Does a bad endpoint delay sampling or keys? 10 Hz ticks and keys beside it.

  lateness.py [--seconds 20] [MODE...]

For each MODE (none, hang, drip, big, endless) `residue -b --json -d 0.1` and the
TUI watch the same process with an endpoint of that manner: one that never
answers, one that sends a byte every 50 ms, one whose reply has 100 MB, one
whose reply never ends. Printed: ticks lost, how late the others were against
their own grid, and the time from a key to the first byte drawn. The exit status
is 1 when a tick is lost, p99 lateness grows by more than a tenth of the
interval over `none`, or key p99 reaches 16 ms.
"""
import argparse
import json
import math
import multiprocessing
import os
import socket
import subprocess
import sys
import tempfile
import time

from live import RESIDUE, WORKLOAD, Pty, Workload, percentile

INTERVAL = 0.1
KEY_LIMIT = 16.0  # ms
MODES = ("none", "hang", "drip", "big", "endless")
BIG = 100 << 20


def serve_big(listener):
    """Answer every request with 100 MB that begin like a reply."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % BIG
    chunk = b'{"pad": "' + b"x" * ((1 << 20) - 9)
    while True:
        connection, _ = listener.accept()
        with connection:
            try:
                connection.recv(1 << 16)
                connection.sendall(head)
                for _ in range(BIG >> 20):
                    connection.sendall(chunk)
            except OSError:
                pass  # the reader had enough


def options_of(mode, url, big_port):
    if mode == "none":
        return ["--no-probe"]
    # From memory nothing but the profile would be fetched: have the endpoint polled.
    base = "http://127.0.0.1:%d" % big_port if mode == "big" else "%s/fault/%s" % (url, mode)
    return ["--read", "expvar", "-H", base]


def lateness(times):
    """(ticks lost, [ms late]) of sample times against the grid that fits them best.

    The grid's phase is the earliest seen; a tick may be late by up to a whole
    interval and still be that tick."""
    first = times[0]
    phase = min((t - first) - round((t - first) / INTERVAL) * INTERVAL for t in times)
    since = [t - first - phase + 1e-9 for t in times]
    slots = [math.floor(s / INTERVAL) for s in since]
    return slots[-1] - slots[0] + 1 - len(set(slots)), [(s - k * INTERVAL) * 1e3 for s, k in zip(since, slots)]


def sampled(pid, options, seconds, out):
    return subprocess.Popen([RESIDUE, "-b", "--json", "-d", str(INTERVAL), "-n", str(int(seconds / INTERVAL)),
                             *options, str(pid)], stdin=subprocess.DEVNULL, stdout=out)


def press_keys(pid, options, seconds, home):
    """[ms] from writing a key to the first byte of the screen's change."""
    out = []
    with Pty([RESIDUE, "-d", "10", *options, str(pid)], env={"HOME": home, "XDG_CONFIG_HOME": home}) as p:
        p.drain_until(time.monotonic() + 1.5)
        end, keys = time.monotonic() + seconds - 1.5, (b"+", b"-")
        while time.monotonic() < end:
            while p.read(0):
                pass
            began = time.monotonic()
            os.write(p.fd, keys[len(out) % 2])
            if not p.read(1.0):
                out.append(1e3)
                continue
            out.append((time.monotonic() - began) * 1e3)
            p.drain_until(time.monotonic() + 0.05)
    return out


def run_mode(mode, target, big_port, seconds, folder):
    options = options_of(mode, target.url, big_port)
    with open(os.path.join(folder, mode + ".jsonl"), "w+") as f:
        batch = sampled(target.pid, options, seconds, f)
        keys = press_keys(target.pid, options, seconds, folder)
        batch.wait(seconds + 30)
        f.seek(0)
        times = [line["t"] for line in map(json.loads, f) if line["type"] == "sample"]
    lost, late = lateness(times)
    print("%-8s %5d ticks, %d lost, late p50 %.2f p99 %.2f worst %.2f ms; %d keys, p50 %.2f p99 %.2f worst %.2f ms" % (
        mode, len(times), lost, percentile(late, 0.5), percentile(late, 0.99), max(late),
        len(keys), percentile(keys, 0.5), percentile(keys, 0.99), max(keys)), flush=True)
    return lost, percentile(late, 0.99), percentile(keys, 0.99)


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    ap.add_argument("--seconds", type=float, default=20)
    ap.add_argument("modes", nargs="*", default=MODES)
    a = ap.parse_args()
    listener = socket.create_server(("127.0.0.1", 0))
    server = multiprocessing.Process(target=serve_big, args=(listener,), daemon=True)
    server.start()
    missed, base = [], None
    with tempfile.TemporaryDirectory() as folder, \
            Workload(WORKLOAD, "steady", dwell=(a.seconds + 40) * len(a.modes) / 4) as target:
        for mode in a.modes:
            lost, late, key = run_mode(mode, target, listener.getsockname()[1], a.seconds, folder)
            base = late if base is None else base
            if lost:
                missed.append("%s: %d ticks lost" % (mode, lost))
            if late > base + INTERVAL * 100:
                missed.append("%s: p99 lateness %.2f ms, without %.2f" % (mode, late, base))
            if key >= KEY_LIMIT:
                missed.append("%s: key p99 %.2f ms" % (mode, key))
    server.terminate()
    for what in missed:
        print("MISSED: " + what)
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
