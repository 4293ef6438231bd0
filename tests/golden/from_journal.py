#!/usr/bin/env python3
"""Scripted streams from the workload's journals: real processes, replayed to the cell.

  from_journal.py JOURNAL KEY=VALUE... [-- JOURNAL KEY=VALUE...]... > NAME.jsonl

Each journal becomes one target of the script (docs/script-format.md), named a1,
a2, …; all end at the same moment, END. Keys: pid, comm, cmdline, user, module,
endpoint and read go into its target line; scale multiplies what the
heap, its stacks and anonymous memory have; the runtime's metadata stays as it is;
seconds keeps only that much before the cut, cut seconds before the journal's end;
smaps and pprof are the seconds between those readings (0: none); opened=0 leaves
it a row of the list; gone=1 ends it with the stream; fail=CODE:SECONDS lets its
runtime and pprof readings fail for so long at the end.
"""
import json
import sys

END = 1763900000.0  # 2025-11-23 12:13:20 UTC, when every script ends
DEFAULTS = {"comm": "orders", "user": "svc", "read": "agentless", "scale": "1", "seconds": "1000", "cut": "0",
            "smaps": "10", "pprof": "15", "opened": "1", "gone": "0"}
TEXTS = ("comm", "cmdline", "user", "module", "endpoint", "read")
RUNTIME = ("heap_alloc", "heap_inuse", "heap_idle", "heap_released", "heap_sys", "stack_inuse", "stack_sys",
           "next_gc")
# Shares of the journal's sum of all metadata, about as they are.
METADATA = (("gc_sys", 2), ("buckhash_sys", 8), ("mspan_sys", 8), ("mcache_sys", 512))
META_RESIDENT = 2 << 20  # of the anonymous memory, what is metadata
COUNTS = ("num_gc", "goroutines")
NO_GOAL = 1 << 62


class Target:
    """One journal on its way to be one target."""

    def __init__(self, number, path, words):
        self.id = "a%d" % number
        self.set = {**DEFAULTS, "pid": str(4100 + 21 * number), **dict(w.split("=", 1) for w in words)}
        with open(path) as f:
            lines = [json.loads(line) for line in f]
        last = [x["t_ns"] for x in lines if x["kind"] == "sample"][-1] / 1e9 - float(self.set["cut"])
        self.shift = END - last
        begin = END - float(self.set["seconds"])
        self.go = next(x["go"] for x in lines if x["kind"] == "start")
        self.samples = [x for x in lines if x["kind"] == "sample" and begin <= self.time(x["t_ns"]) <= END]
        self.gcs = [(x["n"], self.time(x["end_ns"]), int(x["clock_ms"] * 1e5)) for x in lines
                    if x["kind"] == "gc" and "end_ns" in x]
        code, _, seconds = self.set.get("fail", ":0").partition(":")
        self.fail, self.fail_from = code, END - float(seconds)

    def time(self, ns):
        return round(ns / 1e9 + self.shift, 3)

    def bytes(self, v):
        return int(v * float(self.set["scale"])) // 4096 * 4096

    def line(self, kind, t, **more):
        return (t, {"type": kind, "target": self.id, "t": round(t, 3), **more})

    def target(self, t):
        texts = {k: self.set[k] for k in TEXTS if k in self.set}
        return self.line("target", t, pid=int(self.set["pid"]), starttime=8231, go=self.go, **texts,
                         **({} if self.set["opened"] == "1" else {"opened": False}))

    def reading(self, t, origin, values, **more):
        failing = origin in ("runtime", "pprof") and self.fail and t >= self.fail_from
        if failing:
            return self.line("reading", t, origin=origin, fail={"code": self.fail, "msg": "no answer in 5 s"})
        return self.line("reading", t, origin=origin, values=values, **more)

    def proc(self, s, t):
        anon = self.bytes(max(0, s["rss"] - s["file"] - META_RESIDENT)) + META_RESIDENT
        return self.reading(t, "proc", {
            "rss": anon + s["file"], "rss_anon": anon, "rss_file": s["file"], "rss_shmem": 0,
            "swap": self.bytes(s["swap"]), "vsize": s["vsize"], "threads": 9})

    def runtime(self, s, t, seen):
        values = {k: self.bytes(s[k]) for k in RUNTIME if s[k] < NO_GOAL}
        values.update({k: s[k] for k in COUNTS}, num_forced_gc=s["num_forced"])
        values.update({k: s["meta_sys"] // share for k, share in METADATA})
        values["other_sys"] = s["meta_sys"] - sum(values[k] for k, _ in METADATA)
        values["sys"] = values["heap_sys"] + values["stack_sys"] + s["meta_sys"]
        if "live" in s and self.set["read"] == "agentless":
            values["heap_live"] = self.bytes(s["live"])
        new = [g for g in self.gcs if g[0] > seen and g[0] <= s["num_gc"]]
        return self.reading(t, "runtime", values, by=self.set["read"], took=0.001,
                            **({"pauses": [list(g) for g in new]} if new else {}))

    def stream(self):
        """[(t, line)] of the target's whole life in the script."""
        out, seen, next_smaps, next_pprof = [self.target(self.time(self.samples[0]["t_ns"]))], 0, 0.0, 0.0
        for s in self.samples:
            t = self.time(s["t_ns"])
            out.append(self.proc(s, t))
            if self.set["read"] != "none":
                out.append(self.runtime(s, t + 0.002, seen))
                seen = s["num_gc"]
            if float(self.set["smaps"]) and t >= next_smaps:
                next_smaps = t + float(self.set["smaps"])
                out.append(self.reading(t + 0.003, "smaps", {
                    "pss": self.bytes(s["smaps_rss"]), "lazy_free": self.bytes(s["lazy_free"]),
                    "anon_huge": self.bytes(s["anon_huge"])}))
            if float(self.set["pprof"]) and "endpoint" in self.set and t >= next_pprof:
                next_pprof = t + float(self.set["pprof"])
                total = self.bytes(s["pprof"])
                out.append(self.reading(t + 0.02, "pprof", {"pprof_inuse": total, "pprof_error": total // 40}))
            out.append(self.line("tick", t + 0.03))
        if self.set["gone"] == "1":
            out.append(self.line("exit", END))
        return out


def main():
    groups, words = [], sys.argv[1:] + ["--"]
    while words:
        cut = words.index("--")
        groups.append(words[:cut])
        words = words[cut + 1:]
    targets = [Target(i + 1, g[0], g[1:]) for i, g in enumerate(groups)]
    machine = {"type": "machine", "processes": 312, "mem_total": 33 << 30, "mem_available": 12 << 30, "interval": 1.0}
    print(json.dumps(machine, separators=(",", ":")))
    lines = [pair for target in targets for pair in target.stream()]
    for _, line in sorted(lines, key=lambda pair: pair[0]):
        print(json.dumps(line, separators=(",", ":")))


if __name__ == "__main__":
    main()
