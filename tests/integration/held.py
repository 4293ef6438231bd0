#!/usr/bin/env python3
"""Many processes whose memory the kernel does not give: those that can be read are read at once, and at every tick."""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack

HERE = os.path.dirname(os.path.abspath(__file__))
TESTS = os.path.dirname(HERE)
sys.path[:0] = [os.path.join(TESTS, d) for d in ("lib", "golden", "bench")]
from blocked import Blocked, Watch  # noqa: E402
from live import RESIDUE, WORKLOAD, Workload  # noqa: E402
from tap import Plan, Skip, finish  # noqa: E402

MANY = 16
FRESH_MS = 1200  # a figure of this tick, on a machine that is busy with other tests


def blocked(stack, seconds, later=0):
    """Those that are held come before the one that is not, as they are older."""
    return [stack.enter_context(Blocked("runtime.memstats", seconds, later)) for _ in range(MANY)]


def listing():
    with ExitStack() as stack:
        held = blocked(stack, 60)
        free = stack.enter_context(Workload(WORKLOAD, "steady", dwell=120))
        began = time.monotonic()
        r = subprocess.run([RESIDUE, "list", "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
        took = time.monotonic() - began
    rows = {x["pid"]: x for x in map(json.loads, r.stdout.splitlines())}
    assert "heap_sys" in rows[free.pid], (rows[free.pid], r.stderr)
    for b in held:
        assert rows[b.pid]["rss"] > 0 and "heap_sys" not in rows[b.pid], rows[b.pid]
    assert took < 6, "%.1f s" % took
    assert any("process %d: reading its memory blocks" % b.pid in r.stderr.decode() for b in held), r.stderr


def watching():
    """The first figures come with the second row, and new ones with each row after it."""
    with ExitStack() as stack:
        held = blocked(stack, 60)
        free = stack.enter_context(Workload(WORKLOAD, "steady", dwell=120))
        w = Watch(*(b.pid for b in held), free.pid)
        w.until(6)
        took = w.quit()
    rows = w.samples(free.pid)
    first = next((s["t"] for s in rows if "heap_sys" in s), None)
    assert first and first - rows[0]["t"] < 2.5, (first, rows[0]["t"])
    old = [s for s in rows if s["t"] > first and s["age_ms"]["runtime"] > FRESH_MS]
    assert len(rows) >= 8 and len(old) <= 1, "%d of %d are old" % (len(old), len(rows))
    for b in held:
        assert len(w.samples(b.pid)) >= 8 and "heap_sys" not in w.samples(b.pid)[-1], w.samples(b.pid)[-1]
        assert "process %d: reading its memory blocks" % b.pid in w.said, w.said
    assert took < 3, "%.1f s to end" % took


def all_at_once():
    """Those that have been read before, too: the one that goes on has a gap of one row."""
    with ExitStack() as stack:
        held = blocked(stack, 60, 4)
        free = stack.enter_context(Workload(WORKLOAD, "steady", dwell=120))
        w = Watch(*(b.pid for b in held), free.pid)
        w.until(10)
        w.quit()
    for b in held:
        seen = [s["age_ms"]["runtime"] for s in w.samples(b.pid) if "heap_sys" in s]
        assert seen and seen[-1] > 2000, (b.pid, seen)
    rows = [s for s in w.samples(free.pid) if "heap_sys" in s]
    old = [s["age_ms"]["runtime"] for s in rows if s["age_ms"]["runtime"] > FRESH_MS]
    assert len(rows) >= 16 and len(old) <= 1, "%d of %d are old: %s" % (len(old), len(rows), old)


def coming_back():
    """Each of them, when its page does."""
    with ExitStack() as stack:
        held = blocked(stack, 8)
        w = Watch(*(b.pid for b in held))
        w.until(3)
        early = [b.pid for b in held if any("heap_sys" in s for s in w.samples(b.pid))]
        late = {b.pid for b in held}
        w.until(20, lambda x: "heap_sys" in x and late.discard(x["pid"]) or not late)
        w.quit()
    assert not early and not late, "read before: %s; not after: %s" % (early, late)


def ending():
    """While many are held, in list and in batch mode; what is begun ends."""
    with ExitStack() as stack:
        held = blocked(stack, 60)
        w = Watch(*(b.pid for b in held))
        w.until(1)
        took = w.quit()
    assert took < 3, "%.1f s" % took


def main():
    plan = Plan()
    with plan, tempfile.TemporaryDirectory() as folder:
        try:
            if not os.path.exists(WORKLOAD) or not shutil.which(os.environ.get("GO") or "go"):
                raise Skip("no Go tool chain")
            Blocked.build(folder)
            with Blocked("runtime.memstats", 1):
                pass
        except Skip as why:
            plan.skip("many that are held", str(why))
            finish(plan)
        for name, test in (("list", listing), ("-b", watching), ("all at once", all_at_once),
                           ("they come back", coming_back), ("the end", ending)):
            plan.run("%d that are held: %s" % (MANY, name), test)
    finish(plan)


if __name__ == "__main__":
    main()
