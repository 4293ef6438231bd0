#!/usr/bin/env python3
"""The scorer itself, proved on journals of the workload that the build made."""
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "lib")]
import baseline  # noqa: E402
import score  # noqa: E402
from tap import Plan, finish  # noqa: E402

WORKLOAD = os.environ.get("WORKLOAD", "build/workload")
SCENARIOS = ("article", "sawtooth", "leak")


def record(folder):
    """Run the scenarios at once and briefly; the paths of their journals."""
    running = []
    for name in SCENARIOS:
        path = os.path.join(folder, name + ".jsonl")
        running.append((path, subprocess.Popen(
            [WORKLOAD, "-scenario", name, "-dwell", "1s", "-scale", "0.5", "-journal", path], stdout=subprocess.DEVNULL)))
    try:
        for _, process in running:
            assert process.wait(120) == 0, process.args
    finally:
        for _, process in running:
            process.kill()
            process.wait()
    return [path for path, _ in running]


def naive_is_between(paths):
    """The naive detector finds some events, and not all: the scorer tells them apart."""
    n, _, right, _, _ = baseline.summed([score.Journal(p) for p in paths], 1)["gc"]
    assert 0 < right < n, "found %d of %d collections" % (right, n)


def article_has_its_events(path):
    events = score.Journal(path).events()
    assert len(events["free_os_memory"]) == 1, events
    assert len(events["gc"]) >= 2, events


def main():
    with Plan() as plan:
        if not os.access(WORKLOAD, os.X_OK):
            plan.skip("the scorer on journals", "no workload: needs a Go tool chain")
            return
        with tempfile.TemporaryDirectory() as folder:
            paths = record(folder)
            for path in paths:
                plan.run("scores of " + os.path.basename(path), score.selftest, [path])
            plan.run("the article's events", article_has_its_events, paths[0])
            plan.run("a naive detector scores between none and all", naive_is_between, paths)
    finish(plan)


if __name__ == "__main__":
    main()
