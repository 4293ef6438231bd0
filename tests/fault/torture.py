#!/usr/bin/env python3
"""Fail every allocation of a command in turn, and see how it ends.

  torture.py [--sticky] [--own] [--points N] [--same] [--tui] -- COMMAND...

Without memory a program may fail (exit 1); it may not crash, hang, or leave a
terminal in the alternate screen. What ends well did the whole of its work: with
--same its output is the one of the undisturbed run. --sticky: all later allocations fail too;
--own: only those that the program makes itself; --points: at most N of them,
evenly spread; --tui: in a pseudo terminal of 80x24, where q ends it. $OOMFAIL is oomfail.so.
"""
import argparse
import collections
import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "golden"))
GOOD_ENDS = ("exit 0", "exit 1", "exit 2", "exit 3")
PATIENCE = 20


def end_of(status):
    """How a process ended, from its return code (subprocess's convention)."""
    return "signal %d" % -status if status < 0 else "exit %d" % status


def run_plain(command, env):
    """(how it ended, its output)"""
    try:
        done = subprocess.run(command, env={**os.environ, **env}, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        return "hang", b""
    return end_of(done.returncode), done.stdout


def run_tui(command, env):
    from tui import TUI
    with TUI(command, 80, 24, env=env) as tui:
        tui.settle(0.2, PATIENCE)
        tui.keys("q")
        status = tui.wait_exit(PATIENCE)
        if status is None:
            return "hang", b""
        end = end_of(os.waitstatus_to_exitcode(status))
        return end + (", alternate screen left on" if tui.screen.alternate else ""), b""


class Torture:
    """One command's runs: how often each end was seen, and where bad ones came from."""

    def __init__(self, command, sticky=False, own=False, tui=False, same=False):
        self.command, self.run, self.same = command, run_tui if tui else run_plain, same
        self.undisturbed = None
        self.env = {"LD_PRELOAD": os.environ.get("OOMFAIL", os.path.abspath("tests/fault/oomfail.so"))}
        if sticky:
            self.env["OOM_STICKY"] = "1"
        if own:
            self.env["OOM_OWN"] = "1"
        self.ends, self.bad = collections.Counter(), []

    def count(self):
        """Allocations of an undisturbed run, and how that one ends."""
        with tempfile.NamedTemporaryFile("r") as f:
            end, self.undisturbed = self.run(self.command, {**self.env, "OOM_COUNT": f.name})
            return int(f.read() or 0), end

    def at(self, n):
        end, output = self.run(self.command, {**self.env, "OOM_AT": str(n)})
        if self.same and end == "exit 0" and output != self.undisturbed:
            end = "exit 0, but something is missing"
        if "--json" in self.command:
            try:
                [json.loads(line) for line in output.splitlines(True) if line.endswith(b"\n")]
            except ValueError:
                end += ", with a line that is no JSON"
        self.ends[end] += 1
        if end not in GOOD_ENDS:
            self.bad.append("allocation %d: %s" % (n, end))

    def points(self, total, most):
        """The allocations to fail: all, or `most` of them spread evenly."""
        if not most or total <= most:
            return range(1, total + 1)
        return sorted({1 + i * (total - 1) // max(most - 1, 1) for i in range(most)})


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    for option in ("sticky", "own", "tui", "same"):
        ap.add_argument("--" + option, action="store_true")
    ap.add_argument("--points", type=int, default=0)
    ap.add_argument("command", nargs="+")
    a = ap.parse_args()
    t = Torture(a.command, a.sticky, a.own, a.tui, a.same)
    total, end = t.count()
    for n in t.points(total, a.points):
        t.at(n)
    print("allocations %d, undisturbed: %s; %s" % (total, end, ", ".join("%s: %d" % e for e in sorted(t.ends.items()))))
    print("\n".join(t.bad), end="\n" if t.bad else "")
    sys.exit(1 if t.bad else 0)


if __name__ == "__main__":
    main()
