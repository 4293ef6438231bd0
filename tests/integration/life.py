#!/usr/bin/env python3
"""What befalls a process while it is watched: its end, another program, another with its PID, storms."""
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TESTS = os.path.dirname(HERE)
sys.path[:0] = [os.path.join(TESTS, "lib"), os.path.join(TESTS, "bench"), os.path.join(TESTS, "golden")]
from list import build_go, build_idle  # noqa: E402
from live import RESIDUE, WORKLOAD, Pty  # noqa: E402
from tap import Plan, Skip, finish  # noqa: E402

sys.path.append(HERE)
ASAN_OPTIONS = os.environ.get("ASAN_OPTIONS", "")
from blocked import Blocked, Watch  # noqa: E402
os.environ["ASAN_OPTIONS"] = ASAN_OPTIONS  # nothing is held up here

HOP = """package main

import (
	"os"
	"os/signal"
	"runtime"
	"syscall"
)

func main() {
	runtime.GC() // before anything was allocated its books do not add up
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGUSR1)
	println("ready")
	<-c
	syscall.Exec(os.Args[1], os.Args[1:], os.Environ())
}
"""


# It runs when it is told to, and takes 64 MiB each time.
WAKER = """package main

import (
	"os"
	"os/signal"
	"runtime"
	"syscall"
)

var held [][]byte

func main() {
	runtime.GC()
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGUSR1)
	println("ready")
	for range c {
		b := make([]byte, 64<<20)
		for i := 0; i < len(b); i += 4096 {
			b[i] = 1
		}
		held = append(held, b)
	}
}
"""


class Programs:
    hop = idle = waker = None

    @classmethod
    def build(cls, folder):
        cls.idle = build_idle(folder)
        cls.hop = build_go(folder, "hop", HOP)
        cls.waker = build_go(folder, "waker", WAKER)


def start(*command):
    p = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert p.stderr.readline() == b"ready\n"
    return p


def finished(w):
    """The watch ends by itself, and well."""
    w.until(10)
    assert w.process.wait(10) == 0, w.process.returncode
    w.process.stdout.close()
    w.errors.close()
    return [x for x in w.lines if x["type"] == "event"]


def has_heap(x):
    return x["type"] == "sample" and "heap_sys" in x


def exits(_):
    p = start(Programs.idle)
    w = Watch(p.pid)
    assert w.until(5, has_heap)
    p.kill()
    p.wait()
    p.stderr.close()
    assert [e["kind"] for e in finished(w)][-1:] == ["exit"], w.lines[-1]


def becomes_a_zombie(_):
    """Exited, not waited for: seen at once, and nothing of it is a figure of 0."""
    p = start(Programs.idle)
    w = Watch(p.pid)
    assert w.until(5, has_heap)
    p.kill()
    w.until(3, lambda x: x["type"] == "event" and x["kind"] == "exit")
    p.wait()
    p.stderr.close()
    events = [e for e in finished(w) if e["kind"] != "gc"]
    assert [e["kind"] for e in events] == ["exit"] and "not yet waited for" in events[0]["text"], events
    assert all(s["rss"] > 0 for s in w.samples(p.pid)), "a sample of nothing"


def execs(_, then, says, goes):
    """Another program under the same PID: an event, and the new one's figures only."""
    p = start(Programs.hop, *then)
    w = Watch(p.pid)
    assert w.until(5, has_heap), w.lines
    p.send_signal(signal.SIGUSR1)
    assert w.until(8, lambda x: x["type"] == "event" and x["kind"] == "exec"), "no exec was seen"
    while w.lines and w.lines.pop(0).get("kind") != "exec":  # what came with it is of the new one
        pass
    if goes:
        assert w.until(8, has_heap), "the new program's memory is not read"
        w.until(1)
    else:
        w.until(2)
        assert not any(map(has_heap, w.lines)), "the old program's figures are shown"
    p.kill()
    p.wait()
    p.stderr.close()
    said = [x for x in w.lines if x["type"] == "target"]
    assert said and says(said[-1]), said
    assert finished(w)[-1]["kind"] == "exit"


def is_stopped(_):
    """By a signal, and goes on: the target's line says both, and its figures are those of a process that rests."""
    p = start(Programs.idle)
    w = Watch(p.pid)
    assert w.until(5, has_heap)
    assert not any(x.get("stopped") for x in w.lines)
    p.send_signal(signal.SIGSTOP)
    assert w.until(5, lambda x: x["type"] == "target" and x.get("stopped") is True), "it is not said to be stopped"
    w.lines = []
    w.until(1.5)
    assert any(map(has_heap, w.lines)) and {x["type"] for x in w.lines} == {"sample"}, w.lines
    p.send_signal(signal.SIGCONT)
    assert w.until(5, lambda x: x["type"] == "target" and "stopped" not in x), "it is still said to be stopped"
    p.kill()
    p.wait()
    p.stderr.close()
    assert finished(w)[-1]["kind"] == "exit"


def memory_goes_and_comes(folder):
    """What cannot be read for a second costs the readings of that second."""
    Blocked.build(folder)
    with Blocked("-runtime.memstats", 2) as b:
        w = Watch(b.pid)
        w.until(1.5)
        assert w.samples(b.pid) and not any(map(has_heap, w.lines)), w.lines[-1:]
        assert w.until(15, has_heap), "it was not read again"
        w.quit()


PID_REUSE = r"""
import os, subprocess, sys, time
residue, idle, out = sys.argv[1:]
def start():
    p = subprocess.Popen([idle], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert p.stderr.readline() == b"ready\n"
    return p
a = start()
with open(out, "w") as f:
    w = subprocess.Popen([residue, "-b", "--json", "-d", "0.5", str(a.pid)], stdout=f)
    time.sleep(2)
    a.kill(); a.wait()
    with open("/proc/sys/kernel/ns_last_pid", "w") as last:
        last.write(str(a.pid - 1))
    b = start()
    code = w.wait(10)
print(a.pid, b.pid, code, time.clock_gettime(time.CLOCK_REALTIME))
b.kill()
"""


def pid_is_reused(folder):
    """Within the same second, in a pid namespace: the series ends, none begins."""
    inner = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"]
    if os.getuid() or subprocess.run([*inner, "true"], stderr=subprocess.DEVNULL).returncode:
        raise Skip("a pid namespace is not permitted")
    out = os.path.join(folder, "reuse.jsonl")
    for _ in range(5):  # another process may take the PID first
        r = subprocess.run([*inner, sys.executable, "-c", PID_REUSE, RESIDUE, Programs.idle, out],
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60)
        assert r.returncode == 0, r.stderr
        was, now, code = map(int, r.stdout.split()[:3])
        if was == now:
            break
    else:
        raise Skip("the PID was not given again")
    with open(out) as f:
        lines = [json.loads(line) for line in f]
    assert code == 0, (code, r.stderr)
    assert [x["kind"] for x in lines if x["type"] == "event" and x["kind"] != "gc"] == ["exit"], lines
    assert len({x["starttime"] for x in lines if x["type"] == "target"}) == 1
    assert lines[-1]["type"] in ("event", "verdict"), "something came after the end: %s" % lines[-1]


def storm(_):
    """Hundreds of Go processes come and go under the list: it is drawn, and right at the end."""
    stays = start(Programs.idle)
    with Pty([RESIDUE, "-d", "0.5"]) as p:
        alive, end = [], time.monotonic() + 6
        count = 0
        while time.monotonic() < end:
            alive.append(start(Programs.idle))
            count += 1
            while len(alive) > 20:
                old = alive.pop(0)
                old.kill()
                old.wait()
                old.stderr.close()
            p.read(0)
        for q in alive:
            q.kill()
            q.wait()
            q.stderr.close()
        before = p.bytes
        p.drain_until(time.monotonic() + 2.5)
        assert p.bytes > before, "nothing is drawn any more"
        assert os.waitpid(p.pid, os.WNOHANG)[0] == 0, "it is gone"
    try:
        out = subprocess.run([RESIDUE, "list", "--json"], stdout=subprocess.PIPE, timeout=30, check=True).stdout
        pids = {json.loads(line)["pid"] for line in out.splitlines()}
        assert stays.pid in pids and not pids & {q.pid for q in alive}, pids
        assert count > 50, "only %d processes came" % count
    finally:
        stays.kill()
        stays.wait()
        stays.stderr.close()


def unnamed_ends(_):
    """Without a TARGET a process that ends is gone, and the samples of the others go on."""
    stays, goes = start(Programs.idle), start(Programs.hop)
    watch = subprocess.Popen([RESIDUE, "-b", "--json", "-n", "4", "-d", "0.5"], stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, text=True)
    taken = []
    for line in watch.stdout:
        item = json.loads(line)
        if item["type"] != "sample":
            continue
        taken.append(item["pid"])
        if item["pid"] == goes.pid and goes.poll() is None:
            goes.kill()
            goes.wait()
    said = watch.stderr.read()
    code = watch.wait()
    stays.kill()
    stays.wait()
    assert goes.pid in taken and taken.count(goes.pid) < 4, taken
    assert taken.count(stays.pid) == 4 and code == 0, (code, said, taken, stays.pid)


def rests_in_the_list(folder):
    """A process that is only in the list has not run for long, so that it is not read: it goes on, and that is seen."""
    try:
        from tui import TUI
    except ImportError:
        raise Skip("no python3-pyte") from None
    p = start(Programs.waker)
    tui = TUI([RESIDUE, "-d", "0.1"], 120, 40, env={"HOME": folder, "XDG_CONFIG_HOME": folder})

    def row_has(mib):
        """RES and the heap, some MiB more than so many each."""
        row = re.search(r"^ *%d +\S+ +([\d.]+)M +([\d.]+)M" % p.pid, tui.text(), re.M)
        return row and all(mib <= float(n) < mib + 16 for n in row.groups())
    try:
        tui.wait("waker", 20)
        tui.keys("<F4>waker<Enter>")
        for mib in (64, 128):
            tui.until(lambda: False, 4)  # 10 rows with nothing new, and then some
            p.send_signal(signal.SIGUSR1)
            assert tui.until(lambda: row_has(mib), 10), tui.text()
    finally:
        tui.close()
        p.kill()
        p.wait()


# One piece of memory, mapped so many times: RES counts each.
LARGE = """import mmap, os, sys, time
fd = os.memfd_create("piece")
os.ftruncate(fd, 32 << 20)
kept = [mmap.mmap(fd, 32 << 20, mmap.MAP_SHARED | 0x8000) for _ in range(int(sys.argv[1]))]
print("ready", file=sys.stderr, flush=True)
time.sleep(600)
"""


def has_pss(pieces):
    """Whether smaps_rollup of a process with so many pieces of 32 MiB is read unasked."""
    p = start(sys.executable, "-c", LARGE, str(pieces))
    try:
        r = subprocess.run([RESIDUE, "-b", "--json", "-n", "3", "-d", "1", str(p.pid)], stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE, timeout=60)
    finally:
        p.kill()
        p.wait()
    rows = [x for x in map(json.loads, r.stdout.splitlines()) if x["type"] == "sample"]
    assert len(rows) == 3 and rows[0]["rss"] >= pieces * (32 << 20), (rows[:1], r.stderr)
    return ["pss" in x for x in rows]


def too_large_for_smaps(_):
    """smaps_rollup holds its mmap lock for 6.5 ms a GiB: above 10 ms it is read on a key only, the first time too."""
    assert has_pss(2)[-1], "of a small process it was not read"
    assert not any(has_pss(64)), "of 2 GiB it was read unasked"


def main():
    plan = Plan()
    if not os.environ.get("GO") or not os.path.exists(WORKLOAD):
        with plan:
            plan.skip("what befalls a process", "no Go tool chain")
        finish(plan)
    with plan, tempfile.TemporaryDirectory() as folder:
        Programs.build(folder)
        plan.run("it exits", exits, None)
        plan.run("it exits, and nobody named it", unnamed_ends, None)
        plan.run("it becomes a zombie", becomes_a_zombie, None)
        plan.run("it is stopped, and goes on", is_stopped, None)
        plan.run("Go becomes Go", execs, None, [Programs.idle], lambda t: t.get("comm") == "idle" and t.get("go"), True)
        plan.run("Go becomes C", execs, None, [shutil.which("sleep"), "60"],
                 lambda t: t.get("comm") == "sleep" and not t.get("go") and t["read"] == "none", False)
        plan.run("its memory goes and comes", memory_goes_and_comes, folder)
        plan.run("its PID is another's", pid_is_reused, folder)
        plan.run("a storm of processes", storm, None)
        plan.run("it rests in the list, and goes on", rests_in_the_list, folder)
        plan.run("it is too large to read smaps_rollup unasked", too_large_for_smaps, None)
    finish(plan)


if __name__ == "__main__":
    main()
