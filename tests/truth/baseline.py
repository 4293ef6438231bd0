#!/usr/bin/env python3
"""A naive detector over the journal's own samples, thinned to a polling rate: the bar to beat.

  baseline.py HZ JOURNAL...   print summed precision/recall by kind
"""
import sys
import score

MIB = 1 << 20


def detect(j, hz):
    out, prev, high, low, nxt = [], None, 0, 0, 0
    for s in j.samples:
        t = s["t_ns"] / 1e9
        if t < nxt:
            continue
        nxt = t + 0.95 / hz
        if prev is None:
            prev, high, low = s, s["rss"], s["rss"]
            continue
        least = max(16 * MIB, high // 10)
        if s["num_gc"] > prev["num_gc"]:  # MemStats tells only the last one's time
            out.append({"t": s["last_gc"] / 1e9, "kind": "gc"})
        given = (s["heap_released"] - s["sys"]) - (prev["heap_released"] - prev["sys"])
        if given >= least / 2:
            forced = s["num_forced"] > prev["num_forced"] and s["heap_idle"] - s["heap_released"] < 2 * MIB
            out.append({"t": t, "kind": "free_os_memory" if forced else "scavenge"})
        elif prev["rss"] - s["rss"] >= least:
            out.append({"t": t, "kind": "reclaim"})
        low, high = min(low, s["rss"]), max(high, s["rss"])
        if s["rss"] - low >= least:
            out.append({"t": t, "kind": "growth"})
            low = s["rss"]
        prev = s
    return out


def summed(journals, hz):
    """{kind: (true, found, right, repeats, mean error in seconds)} over all journals."""
    total = {}
    for j in journals:
        for kind, r in score.score_events(j, detect(j, hz), 1.0).items():
            total.setdefault(kind, []).append(r)
    out = {}
    for kind, rs in total.items():
        n, m, right, again = (sum(r[i] for r in rs) for i in range(4))
        err = [r[6] * r[2] for r in rs if r[6] is not None]
        out[kind] = (n, m, right, again, sum(err) / right if right else None)
    return out


def main():
    hz = float(sys.argv[1])
    for kind, (n, m, right, again, err) in summed([score.Journal(p) for p in sys.argv[2:]], hz).items():
        print("%4g Hz %-15s true %4d found %4d right %4d repeat %3d precision %s recall %s mean error %s ms" % (
            hz, kind, n, m, right, again, score.show(right / (m - again) if m - again else None),
            score.show(right / n if n else None), score.show(err and err * 1e3, "%.1f")))


if __name__ == "__main__":
    main()
