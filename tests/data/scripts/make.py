#!/usr/bin/env python3
"""Scripted streams that no journal can give: made-up targets, on purpose odd.

  make.py DIR    write hostile.jsonl, exited.jsonl, stopped.jsonl, sites.jsonl and fetched.jsonl there

hostile  what processes may call themselves, and an endpoint that was refused
exited   a process that grows, is marked, becomes another program, and ends
stopped  one that a signal has stopped, whose endpoint answers no longer; a zombie
sites    orders, whose cache fills: a heap profile after each of 12 GCs, and what was
         done to it; cart, which listens and has no profile
fetched  orders, whose endpoint serves its profiles: what these cost it
(docs/script-format.md has the lines; tests/golden/from_journal.py the others.)
"""
import json
import os
import sys

END = 1763900000.0  # when every script ends
MIB = 1 << 20
# Terminal escapes, line ends, invalid UTF-8, bidirectional text, marks, wide
# characters, C1 codes, JSON's own characters, a joined emoji.
NAMES = ["\x1b]0;PWNED\x07zz", "\x1b[2J\x1b[31mred", "a\nb\rc\td", "\udcff\udcfe\udcc0\udcaf", "\u202ertl",
         "e\u0301\u0302\u0303\u0304", "\u6f22\u5b57\u6f22\u5b57\u6f22\u5b57", "\u009b31mC1csi", "\") R 1 2 {x}",
         "\U0001f468\u200d\U0001f469"]


class Stream:
    def __init__(self, name):
        self.name, self.lines = name, []
        self.add(type="machine", processes=40, mem_total=16 << 30, mem_available=9 << 30, interval=1.0)

    def add(self, **line):
        self.lines.append(line)

    def target(self, number, t, **more):
        self.add(type="target", target="a%d" % number, t=t, starttime=77, **more)

    def proc(self, number, t, rss, **more):
        self.add(type="reading", target="a%d" % number, t=t, origin="proc", values={
            "rss": rss, "rss_anon": rss - 4 * MIB, "rss_file": 4 * MIB, "rss_shmem": 0, "swap": 0, "threads": 5},
                 **more)

    def tick(self, number, t):
        self.add(type="tick", target="a%d" % number, t=t)

    def write(self, folder):
        with open(os.path.join(folder, self.name + ".jsonl"), "w", encoding="ascii") as f:
            for line in self.lines:
                f.write(json.dumps(line, separators=(",", ":")) + "\n")


def hostile():
    s = Stream("hostile")
    for i, name in enumerate(NAMES):
        # A lone surrogate is no JSON text: what /proc gave was bytes.
        name = name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        s.target(i + 1, END - 3, pid=6660 + i, comm=name[:15], cmdline="/bin/" + name + " run", user="root",
                 module="example.com/" + name, go="go1.26.8", read="none", opened=i == 0)
        for step in range(3):
            s.proc(i + 1, END - 2 + step, (100 - 5 * i) * MIB)
            s.add(type="reading", target="a%d" % (i + 1), t=END - 2 + step, origin="runtime",
                  fail={"code": "denied", "msg": "127.0.0.1:6060 said: " + name})
            s.tick(i + 1, END - 2 + step)
    s.add(type="note", pid=6660, text=NAMES[0] + " listens; not probed: " + NAMES[4])
    s.add(type="toast", t=END, text="snapshot in /tmp/" + NAMES[1], error=False)
    return s


def exited():
    s = Stream("exited")
    s.target(1, END - 60, pid=707, comm="job", cmdline="job --once", user="svc", go="go1.26.8",
             module="example.com/job", read="none")
    for second in range(50):
        t = END - 60 + second
        s.proc(1, t, (20 + 4 * second) * MIB)
        s.tick(1, t)
        if second == 20:
            s.add(type="event", target="a1", t=t, kind="mark", source="user", text="load test begins")
    s.add(type="exit", target="a1", t=END - 10)
    s.target(2, END - 2, pid=708, comm="other", cmdline="other", user="svc", go="go1.23.12", read="none")
    for t in (END - 1, END):
        s.proc(2, t, 64 * MIB)
        s.tick(2, t)
    return s


def stopped():
    s = Stream("stopped")
    s.target(1, END - 60, pid=811, comm="worker", cmdline="worker", user="svc", go="go1.26.8",
             module="example.com/worker", endpoint="http://127.0.0.1:6060", read="expvar")
    s.target(2, END - 60, pid=812, comm="child", cmdline="child", user="svc", go="go1.26.8", read="none")
    for second in range(61):
        t = END - 60 + second
        s.proc(1, t, 120 * MIB, **({"stopped": True} if second > 45 else {}))
        if second <= 45:
            runtime(s, 1, t, 40 * MIB, 6, "expvar")
        elif second % 5 == 0:
            s.add(type="reading", target="a1", t=t, origin="runtime",
                  fail={"code": "timeout", "msg": "127.0.0.1:6060 has not answered within 5 s"})
        s.tick(1, t)
        if second < 50:
            s.proc(2, t, 30 * MIB)
            s.tick(2, t)
    s.add(type="zombie", target="a2", t=END - 10)
    return s


SRC, GO = "/srv/orders/", "/usr/lib/go/src/"
SERVE = "net/http.(*conn).serve %snet/http/server.go:2092" % GO
CACHE = "example.com/orders/internal/cache.(*Cache)"
MAIN = ["main.main %smain.go:22" % SRC, "runtime.main %sruntime/proc.go:283" % GO]


def profile(k):
    """The heap of orders after its k-th GC: the cache grows, buffers come and go."""
    fill, buffers = (20 + 7 * k) * MIB, k * 5 % 9
    return {"rate": 524288, "sites": [
        [[CACHE + ".fill %sinternal/cache/cache.go:88" % SRC, CACHE + ".Get %sinternal/cache/cache.go:41" % SRC,
          "main.handle %smain.go:120" % SRC, SERVE], fill // 4096, fill, fill // 1000, fill * 3],
        [[CACHE + ".fill %sinternal/cache/cache.go:93" % SRC, "main.warm %smain.go:60" % SRC, *MAIN],
         900, 6 * MIB, 2000, 9 * MIB],
        [["bytes.growSlice %sbytes/buffer.go:249" % GO, "bytes.(*Buffer).Write %sbytes/buffer.go:179" % GO,
          "main.handle %smain.go:131" % SRC, SERVE], buffers + 1, (buffers + 1) * MIB // 2, 1 << 20, 800 * MIB],
        [["example.com/orders/store.Open %sstore/open.go:17" % SRC, *MAIN], 12, 12 * MIB, 12, 12 * MIB],
        [["encoding/json.(*decodeState).literalStore %sencoding/json/decode.go:960" % GO,
          "main.handle %smain.go:118" % SRC, SERVE], 13 - k, (13 - k) * MIB // 3, 90000, 300 * MIB],
        [["runtime.allocm %sruntime/proc.go:2276" % GO], 2, MIB, 4, MIB]]}


def runtime(s, number, t, live, num_gc, by="agentless", **more):
    s.add(type="reading", target="a%d" % number, t=t, origin="runtime", by=by, values={
        "heap_alloc": live + 20 * MIB, "heap_live": live, "heap_inuse": live + 30 * MIB, "heap_idle": 60 * MIB,
        "heap_released": 10 * MIB, "heap_sys": live + 90 * MIB, "heap_objects": 1600000, "stack_inuse": 2 * MIB,
        "stack_sys": 2 * MIB, "mspan_sys": MIB, "mcache_sys": MIB // 8, "buckhash_sys": MIB // 2, "gc_sys": 4 * MIB,
        "other_sys": MIB, "sys": live + 99 * MIB, "next_gc": 2 * live, "num_gc": num_gc, "num_forced_gc": 0,
        "last_gc": int((t - 5) * 1e9), "gogc": 100, "goroutines": 44, **more})


def sites():
    s = Stream("sites")
    s.target(1, END - 700, pid=4121, comm="orders", cmdline="/srv/bin/orders -v", user="svc", go="go1.26.8",
             module="example.com/orders", endpoint="http://127.0.0.1:6060", read="agentless")
    s.target(2, END - 700, pid=4388, comm="cart", cmdline="/srv/bin/cart", user="svc", go="go1.23.12",
             module="example.com/cart", listens="127.0.0.1:8080 *:9090", read="none")
    for second in range(0, 701, 10):
        t, k = END - 700 + second, (second + 30) // 60
        s.proc(1, t, (180 + second // 8) * MIB)
        s.proc(2, t, 40 * MIB)
        runtime(s, 1, t, (50 + 7 * k) * MIB, 10 + k)
        if second % 60 == 30:
            s.add(type="reading", target="a1", t=t + 2, origin="pprof", by="agentless", profile=profile(k),
                  values={"pprof_num_gc": 10 + k})
        s.tick(1, t)
        s.tick(2, t)
    for ago, text in ((95, "probed http://127.0.0.1:8080: no pprof there (404)"),
                      (94, "probed http://127.0.0.1:6060: Go's pprof"),
                      (40, "GC forced by residue (heap?gc=1), took 33 ms")):
        s.add(type="event", target="a1", t=END - ago, kind="mark", source="user", text=text)
    s.add(type="reading", target="a2", t=END - 30, origin="runtime",
          fail={"code": "denied", "msg": "ptrace_scope is 1: run as root"})
    return s


def fetched():
    s = Stream("fetched")
    s.lines[0]["interval"] = 10.0
    s.target(1, END - 300, pid=4121, comm="orders", cmdline="/srv/bin/orders -v", user="svc", go="go1.26.8",
             module="example.com/orders", endpoint="http://127.0.0.1:6060", read="expvar")
    for second in range(0, 301, 10):
        t, k = END - 300 + second, second // 50
        s.proc(1, t, (180 + second // 8) * MIB)
        runtime(s, 1, t, (50 + 7 * k) * MIB, 10 + k, "expvar", total_alloc=(4 << 30) + second * 30 * MIB,
                pause_total_ns=(10 + k) * 61000, due_now=0, due_next_gc=21 * MIB)
        if second % 50 == 40:
            s.add(type="reading", target="a1", t=t + 2, origin="pprof", by="pprof", profile=profile(k),
                  values={"pprof_num_gc": 10 + k})
            s.add(type="reading", target="a1", t=t + 3, origin="budget", values={
                "pprof_cpu_ns": 12400000, "pprof_garbage": 4300000, "pprof_every_ns": 40 * 10 ** 9,
                "pprof_cpu_ppm": 8700, "pprof_garbage_ppm": 3400})
        s.tick(1, t)
    return s


def main():
    folder = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__))
    for stream in (hostile(), exited(), stopped(), sites(), fetched()):
        stream.write(folder)


if __name__ == "__main__":
    main()
