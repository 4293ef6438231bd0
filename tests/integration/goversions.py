#!/usr/bin/env python3
"""The article's experiment on every Go version at hand, watched from outside.

For each version: every collection is found at its exact time, FreeOSMemory is
told from the scavenger, the samples agree with the journal's own, and the
target's end is no failure. A version of MINORS that is not at hand is a skip; tests/truth/
toolchains.py says how to have it.
"""
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TESTS = os.path.dirname(HERE)
sys.path[:0] = [os.path.join(TESTS, d) for d in ("lib", "truth", "bench")]
import toolchains  # noqa: E402
from events import run_cell  # noqa: E402
from live import together  # noqa: E402
from tap import Plan, finish  # noqa: E402

MINORS = [(1, minor) for minor in range(19, 28)]
DWELL = 2.0  # seconds; a phase must hold a sample at 1 Hz and the fetch behind it
MIB = 1 << 20


def watch(toolchain, folder):
    """A Cell, or the exception that kept us from one."""
    try:
        binary = toolchains.build(toolchain, folder)
        return run_cell(binary, toolchains.name_of(toolchain[0]), "article", DWELL, folder)
    except (OSError, RuntimeError, subprocess.SubprocessError) as error:
        return error


def collections_are_exact(cell):
    true, found, right, _, precision, recall, error = cell.ours["gc"]
    assert true > 0 and precision == 1, "found %d, of which right %d" % (found, right)
    assert recall >= 0.99, "found %d of %d" % (right, true)
    assert error < 0.05, "off by %.3f s on average" % error


def free_os_memory_is_told(cell):
    """Read from memory it is exact; from an endpoint it is inferred, and may be taken for the scavenger.

    Before Go 1.21 there are no counters, and the GC before it mostly leaves it nothing to return: it is
    inferred there too."""
    true, found, right = cell.ours["free_os_memory"][:3]
    assert found == right, "found %d, right %d" % (found, right)
    if cell.read == "agentless" and int(cell.version.split(".")[1]) >= 21:
        assert right == true, "true %d, right %d" % (true, right)


def samples_agree(cell):
    """Our RSS is one that the process itself read in the seconds around."""
    assert len(cell.samples) >= 5, "%d samples" % len(cell.samples)
    own = [(s["t_ns"] / 1e9, s["rss"]) for s in cell.journal.samples]
    for s in cell.samples:
        near = [rss for t, rss in own if abs(t - s["t"]) < 1.0]
        # It may not have come to read its own while that moved: those on either side count too.
        near += [rss for t, rss in own if t <= s["t"]][-1:] + [rss for t, rss in own if t > s["t"]][:1]
        if near:
            assert min(near) - 8 * MIB <= s["rss"] <= max(near) + 8 * MIB, "%r: the process had %r" % (s, near)
    times = [s["t"] for s in cell.samples]
    assert times == sorted(times), "a sample's time fell"


CHECKS = (collections_are_exact, free_os_memory_is_told, samples_agree)


def main():
    with Plan() as plan:
        if not os.environ.get("GO"):
            plan.skip("real Go processes", "no Go tool chain")
            return
        have = {t[0][:2]: t for t in toolchains.at_hand()}
        with tempfile.TemporaryDirectory() as folder:
            cells = together([lambda t=t: watch(t, folder) for t in have.values()], 3)
            for (minor, _), cell in zip(have.items(), cells):
                name = "go %d.%d: " % minor
                if isinstance(cell, Exception):
                    plan.ok(False, name + "is watched", cell)
                    continue
                for check in CHECKS:
                    plan.run(name + check.__name__.replace("_", " "), check, cell)
        for minor in MINORS:
            if minor not in have:
                plan.skip("go %d.%d" % minor, "not at hand")
    finish(plan)


if __name__ == "__main__":
    main()
