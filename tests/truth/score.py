#!/usr/bin/env python3
"""Score a memory watcher against the journal of tests/workload.

  score.py events   JOURNAL DETECTED [--tol S]   precision, recall, time error by kind
  score.py verdicts JOURNAL DETECTED [--settle S] share of time with a right verdict
  score.py truth    JOURNAL                       print the true events, as a perfect tool would
  score.py selftest JOURNAL...                    prove the scorer itself

DETECTED is JSON lines. An event is {"t": unix seconds, "kind": KIND}, with "pid" if
several processes are watched; KIND is one of KINDS. A verdict is {"t": ..., "kind":
"verdict", "verdict": NAME} and holds until the next one for that process.
"""
import argparse
import json
import random
import sys

KINDS = ("gc", "free_os_memory", "scavenge", "growth", "fall")
# A fall of RSS that the runtime did not cause. The journal does not say which it was, so any of these is right.
FALLS = ("reclaim", "native_free", "unmap", "fall")
# Long events may be reported piecemeal: a repeat inside one is neither right nor wrong.
LONG = ("scavenge", "growth", "fall")
MIB = 1 << 20


def read_lines(path):
    with (sys.stdin if path == "-" else open(path)) as f:
        return [json.loads(line) for line in f if line.strip()]


class Journal:
    def __init__(self, path):
        self.lines = read_lines(path)
        self.start = self.of("start")[0]
        self.samples = self.of("sample")
        marks = self.of("phase") + self.of("exit")
        self.phases = [  # (name, wanted verdicts, begin, end)
            (a["name"], a["want"], a["t_ns"] / 1e9, b["t_ns"] / 1e9)
            for a, b in zip(marks, marks[1:]) if a["name"] != "end"]

    def of(self, kind):
        return [x for x in self.lines if x["kind"] == kind]

    def spans(self, first, second):
        return [(a["t_ns"] / 1e9, b["t_ns"] / 1e9) for a, b in zip(self.of(first), self.of(second))]

    def events(self, least=16 * MIB):
        """The true events, as {kind: [(begin, end), ...]} in unix seconds.

        gc and free_os_memory are journaled outright; a FreeOSMemory that found less
        than `least` to return is set apart as "trivial", for nobody can see it. The
        others follow from the process's own samples: scavenge is heap the runtime returned of its own
        accord (Sys less HeapReleased falls by `least` or more), growth a rise of
        RSS, fall a fall of RSS that neither of the runtime's ways accounts for.
        """
        returned = self.spans("fom_begin", "fom_end")
        gcs = [(g["start_ns"] / 1e9, g["end_ns"] / 1e9) for g in self.of("gc") if "end_ns" in g]
        t = [s["t_ns"] / 1e9 for s in self.samples]
        rss = [s["rss"] for s in self.samples]
        least = max(least, max(rss) // 10)
        falls = swings(t, [-v for v in rss], least)
        given = [s["heap_released"] - s["sys"] for s in self.samples]
        seen = [s for s in returned if gain(t, given, (s[0] - 0.25, s[1] + 0.25)) >= least]
        return {
            "gc": gcs,
            "free_os_memory": seen,
            "trivial": [s for s in returned if s not in seen],
            "scavenge": [s for s in swings(t, given, least) if not overlaps(s, returned)],
            "growth": swings(t, rss, least),
            "fall": [s for s in falls if not overlaps(s, returned)
                        and gain(t, given, s) < -gain(t, rss, s) / 2],
        }


def swings(t, v, least):
    """Maximal rises of v by at least `least`, trimmed to their middle 90 percent.

    A rise ends where v falls back by `least`, or by half of what it gained."""
    out, low, high = [], 0, 0
    for i in range(1, len(v) + 1):
        gained = v[high] - v[low]
        if i == len(v) or v[high] - v[i] >= min(least, max(gained / 2, 1)) and gained >= least:
            if gained >= least:
                a, b = v[low] + gained * 0.05, v[high] - gained * 0.05
                first = next(k for k in range(low, high + 1) if v[k] > a)
                last = next(k for k in range(first, high + 1) if v[k] >= b)
                out.append((t[max(first - 1, 0)], t[last]))
            low = high = i
        elif v[i] < v[low]:
            low = high = i
        elif v[i] > v[high]:
            high = i
    return out


def overlaps(span, others, slack=0.3):
    return any(a - slack <= span[1] and span[0] <= b + slack for a, b in others)


def gain(t, v, span):
    inside = [x for when, x in zip(t, v) if span[0] <= when <= span[1]]
    return inside[-1] - inside[0] if inside else 0


def distance(when, span):
    """Seconds from `when` to the nearest moment of span; 0 inside it."""
    return max(span[0] - when, when - span[1], 0.0)


def match(truth, found, tol, long):
    """Pair detections with true events, each used once; return (errors, repeats).

    The nearest pairs go first. A spare detection within a long event that
    already has its pair is a repeat."""
    pairs = sorted((distance(f, s), i, k) for i, s in enumerate(truth)
                   for k, f in enumerate(found) if distance(f, s) <= tol)
    used_truth, used_found, errors = set(), set(), []
    for d, i, k in pairs:
        if i not in used_truth and k not in used_found:
            used_truth.add(i)
            used_found.add(k)
            errors.append(d)
    repeats = {k for _, i, k in pairs if k not in used_found} if long else ()
    return errors, len(repeats)


def score_events(journal, found, tol):
    """{kind: (true, found, right, repeats, precision, recall, mean error)}"""
    out, events = {}, journal.events()
    for kind in KINDS:
        truth = events[kind]
        times = [f["t"] for f in found if f["kind"] == kind or (kind == "fall" and f["kind"] in FALLS)]
        if kind == "free_os_memory":
            times = [t for t in times if not any(distance(t, s) <= tol for s in events["trivial"])
                     or any(distance(t, s) <= tol for s in truth)]
        errors, repeats = match(truth, times, tol, kind in LONG)
        judged = len(times) - repeats
        out[kind] = (len(truth), len(times), len(errors), repeats,
                     len(errors) / judged if judged else None,
                     len(errors) / len(truth) if truth else None,
                     sum(errors) / len(errors) if errors else None)
    return out


def score_verdicts(journal, found, settle):
    """[(phase, wanted, share exact, share accepted, what was said instead)]

    The first `settle` seconds of a phase, at most half of it, are not judged."""
    said = sorted((f["t"], f["verdict"]) for f in found if f["kind"] == "verdict")
    out = []
    for name, want, begin, end in journal.phases:
        if not want:
            continue
        begin += min(settle, (end - begin) / 2)
        held = {}
        for i, (t, v) in enumerate(said + [(float("inf"), None)]):
            since, current = said[i - 1] if i else (float("-inf"), None)
            span = min(t, end) - max(since, begin)
            if span > 0:
                held[current] = held.get(current, 0) + span / (end - begin)
        out.append((name, want, held.get(want[0], 0), sum(held.get(w, 0) for w in want),
                    {k: round(v, 3) for k, v in held.items() if k not in want}))
    return out


def balanced(scores):
    """Mean accepted share with every wanted verdict weighing the same.

    "in_use" is right half of the time: a plain mean flatters a tool that says
    nothing else."""
    by = {}
    for _, want, _, accepted, _ in scores:
        by.setdefault(want[0], []).append(accepted)
    return sum(sum(v) / len(v) for v in by.values()) / len(by) if by else 0.0


def perfect(journal):
    events = [{"t": s[1], "kind": kind} for kind, spans in journal.events().items()
              if kind in KINDS for s in spans]
    verdicts = [{"t": p[2], "kind": "verdict", "verdict": p[1][0]} for p in journal.phases if p[1]]
    pid = journal.start["pid"]
    return sorted(({**e, "pid": pid} for e in events + verdicts), key=lambda e: e["t"])


def for_pid(journal, found):
    return [f for f in found if f.get("pid", journal.start["pid"]) == journal.start["pid"]]


def show(value, form="%.3f"):
    return "-" if value is None else form % value


def print_events(scores):
    print("%-15s %5s %5s %5s %6s %9s %7s %9s" %
          ("kind", "true", "found", "right", "repeat", "precision", "recall", "error_ms"))
    for kind, (n, m, right, again, p, r, e) in scores.items():
        print("%-15s %5d %5d %5d %6d %9s %7s %9s" %
              (kind, n, m, right, again, show(p), show(r), show(e and e * 1e3 or e, "%.1f")))


def print_verdicts(scores):
    for name, want, exact, accepted, wrong in scores:
        print("%-12s want %-14s exact %.3f accepted %.3f %s" %
              (name, want[0], exact, accepted, wrong or ""))
    if scores:
        print("mean accepted %.3f balanced %.3f" %
              (sum(s[3] for s in scores) / len(scores), balanced(scores)))


def selftest(paths):
    """A perfect list must score 1, an empty one 0, a shuffled one in between."""
    chance = []
    for path in paths:
        j = Journal(path)
        best = perfect(j)
        first, last = j.samples[0]["t_ns"] / 1e9, j.samples[-1]["t_ns"] / 1e9
        for kind, (n, m, right, again, p, r, _) in score_events(j, best, 0.0).items():
            assert (n, m, again) == (right, right, 0), (path, kind)
            assert p in (None, 1) and r in (None, 1), (path, kind)
        for kind, (n, _, right, _, p, r, _) in score_events(j, [], 1.0).items():
            assert right == 0 and p is None and r in (None, 0), (path, kind)
        assert all(s[2] > 0.999 for s in score_verdicts(j, best, 0)), path
        assert all(s[3] == 0 for s in score_verdicts(j, [], 0)), path
        rng = random.Random(1)
        mixed = [{**e, "t": rng.uniform(first, last)} for e in best]
        for kind, (n, m, right, _, p, r, _) in score_events(j, mixed, 0.1).items():
            chance.append((right, n))
        late = [{**e, "t": e["t"] + 0.5} for e in best if e["kind"] == "free_os_memory"]
        n = len(late)
        assert score_events(j, late, 0.4)["free_os_memory"][2] == 0, path
        if n:
            error = score_events(j, late, 0.6)["free_os_memory"][6]
            assert abs(error - 0.5) < 1e-6, (path, error)
        other = [{**e, "pid": -1} for e in best]
        assert for_pid(j, other) == [], path
        twice = score_events(j, best + best, 0.0)
        for kind, (n, m, right, again, p, r, _) in twice.items():
            assert right == n, (path, kind)
            if kind not in LONG and n:
                assert p == 0.5, (path, kind, p)
    print("# ok: %d journals; shuffled lists hit %d of %d events within 100 ms" %
          (len(paths), sum(c[0] for c in chance), sum(c[1] for c in chance)))


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    ap.add_argument("what", choices=("events", "verdicts", "truth", "selftest"))
    ap.add_argument("files", nargs="+")
    ap.add_argument("--tol", type=float, default=1.0, help="seconds an event may be off")
    ap.add_argument("--settle", type=float, default=3.0, help="seconds a verdict may take")
    a = ap.parse_args()
    if a.what == "selftest":
        return selftest(a.files)
    j = Journal(a.files[0])
    if a.what == "truth":
        for e in perfect(j):
            print(json.dumps(e))
        return None
    found = for_pid(j, read_lines(a.files[1]))
    if a.what == "events":
        return print_events(score_events(j, found, a.tol))
    return print_verdicts(score_verdicts(j, found, a.settle))


if __name__ == "__main__":
    main()
