#!/usr/bin/env python3
"""Figures that no process has: whatever they are, every screen is drawn and every key answered.

  extremes.py [FIGURES...]    all that the table has, or those named

What the program shows is a target's word: a profile, a MemStats or a limit may say
anything from -2^63 to 2^63 - 1. Scripts of such figures are shown in every view and
at every size; after each key the help comes, which a screen that hangs does not bring,
and at the end the program goes by its own will: under the sanitizers, without a report.
"""
import json
import multiprocessing
import os
import random
import re
import sys
import tempfile
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "lib")]
from run import PATIENCE, SIZES, program  # noqa: E402
from tap import Plan, finish  # noqa: E402
from tui import TUI  # noqa: E402

MOST, LEAST, END, TICKS, WORKERS = (1 << 63) - 1, -(1 << 63), 1763900000.0, 24, 4
EDGES = (0, 1, -1, 4095, 4096, 1 << 20, 1 << 32, 1 << 52, 1 << 56, (1 << 56) + 1, 1 << 62, -(1 << 62), 10 ** 18,
         MOST - 1, MOST, LEAST, LEAST + 1)
# One figure at tick i; None where it is absent.
FIGURES = {
    "nothing": lambda rng, i: 0,
    "the largest": lambda rng, i: MOST,
    "swinging from end to end": lambda rng, i: MOST if i % 2 else LEAST,
    "growing to the largest": lambda rng, i: min(MOST, 1 << 3 * i),
    "mixed": lambda rng, i: rng.choice(EDGES),
    "mixed, with gaps": lambda rng, i: rng.choice(EDGES + (None,) * 9),
}


def origins():
    """{origin: [names of its figures]}, of those that a reading may bring."""
    with open(os.path.join(ROOT, "include/residue/model/fields.h"), encoding="utf-8") as f:
        table = re.findall(r'^X\(\w+,\s*"(\w+)",\s*\w+,\s*(\w+),', f.read(), re.M)
    found = {}
    for name, origin in table:
        if origin != "DERIVED":
            found.setdefault(origin.lower(), []).append(name)
    return found


def sites(rng, figure, i):
    stacks = (["main.a /a.go:1", "main.main /m.go:2"], ["main.b /b.go:3", "main.a /a.go:7", "main.main /m.go:2"],
              ["main.c"], ["main.a /a.go:9"])
    return [[stack] + [figure(rng, i) or 0 for _ in range(4)] for stack in stacks]


def stream(name):
    """The lines of a script: two targets with such figures."""
    figure, rng, fields = FIGURES[name], random.Random(name), origins()
    yield {"type": "machine", "processes": 40, "mem_total": figure(rng, 0) or 0,
           "mem_available": figure(rng, 0) or 0, "interval": 1.0}
    for target in ("a1", "a2"):
        yield {"type": "target", "target": target, "t": END - TICKS, "pid": 7000 + int(target[1]), "comm": "odd",
               "cmdline": "odd", "go": "go1.26.8", "endpoint": "http://127.0.0.1:6060", "read": "expvar"}
    for i in range(TICKS):
        t = END - TICKS + 1 + i
        for target in ("a1", "a2"):
            for origin, names in fields.items():
                values = {field: figure(rng, i) for field in names}
                reading = {"type": "reading", "target": target, "t": t, "origin": origin,
                           "values": {f: v for f, v in values.items() if v is not None}}
                if origin == "pprof" and i % 3 == 0:
                    reading["profile"] = {"rate": 524288, "sites": sites(rng, figure, i)}
                yield reading
            if i % 5 == 2:
                yield {"type": "event", "target": target, "t": t, "kind": "gc", "source": "runtime", "text": "odd",
                       "num_gc": figure(rng, i) or 0, "bytes": figure(rng, i) or 0}
        yield {"type": "tick", "t": t}


# Keys from screen to screen: the list and its orders, one process, two, the sites.
AXIS = ["<F5>", "<Left*3>", "<Left*20>", "<Up>", "++", "-" * 9, "u", "<Home>", "<End>", "<Space>", "<Esc>"]
KEYS = [*["<F6><Down*%d><Enter>" % n for n in (1, 4, 6)], "I", "<Down>",
        "<Enter>", *AXIS, "gn", "<Esc>",
        "<Home><Space><Down>", "c", *AXIS, "<Tab>", "<Esc>",
        "a", "<Enter>", "<Tab>", "<Tab>", "<Tab>", "<Enter>", "\\main<Enter>", "<F6><Down*5><Enter>", "I"]
HELP = "residue: where a Go"


def answered(tui, keys):
    """The keys, then the help and back: what was on the screen was drawn."""
    tui.keys(keys)
    tui.settle(0.05)
    tui.keys("<F1>")
    tui.wait(HELP, PATIENCE)
    tui.keys("<Esc>")
    tui.until(lambda: HELP not in tui.text(), PATIENCE)


def outcome(job):
    """Of one kind of figures at one size: "", or what is wrong."""
    name, size = job
    try:
        with tempfile.TemporaryDirectory() as home:
            script = os.path.join(home, "odd.jsonl")
            with open(script, "w", encoding="ascii") as f:
                f.writelines(json.dumps(line) + "\n" for line in stream(name))
            env = {"HOME": home, "XDG_CONFIG_HOME": home, "TZ": "UTC"}
            with TUI([program(), "--script", script], *size, env=env, cwd=home) as tui:
                tui.wait("COMMAND", PATIENCE)
                for keys in KEYS:
                    answered(tui, keys)
                tui.keys("q")
                status = tui.wait_exit(PATIENCE)
                assert status == 0, "it ended with status %s:\n%s" % (status, tui.text())
    except AssertionError as error:
        return str(error) or "not as expected"
    except Exception:  # whatever else goes wrong is this screen's failure too
        return traceback.format_exc()
    return ""


def main():
    jobs = [(name, size) for name in sys.argv[1:] or FIGURES for size in SIZES]
    with Plan() as plan, multiprocessing.Pool(WORKERS) as pool:
        for (name, size), why in zip(jobs, pool.imap(outcome, jobs)):
            plan.ok(not why, "figures: %s, at %dx%d" % (name, *size), why)
    finish(plan)


if __name__ == "__main__":
    main()
