#!/usr/bin/env python3
"""Scripted streams that no journal can give: made-up targets, on purpose odd.

  make.py DIR    write hostile.jsonl and exited.jsonl there

hostile  what processes may call themselves, and an endpoint that was refused
exited   a process that grows, is marked, becomes another program, and ends
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

    def proc(self, number, t, rss):
        self.add(type="reading", target="a%d" % number, t=t, origin="proc", values={
            "rss": rss, "rss_anon": rss - 4 * MIB, "rss_file": 4 * MIB, "rss_shmem": 0, "swap": 0, "threads": 5})

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


def main():
    folder = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__))
    for stream in (hostile(), exited()):
        stream.write(folder)


if __name__ == "__main__":
    main()
