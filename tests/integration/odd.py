#!/usr/bin/env python3
"""What passes for Go and is not, what is newer than anything known, and what is caught while it starts.

None of them keeps another process from being read, or costs more than a little.
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TESTS = os.path.dirname(HERE)
sys.path[:0] = [HERE] + [os.path.join(TESTS, d) for d in ("lib", "golden", "bench")]
from blocked import Watch  # noqa: E402
from endpoints import sanitized  # noqa: E402
from live import RESIDUE, WORKLOAD, Workload  # noqa: E402
from tap import Plan, Skip, finish  # noqa: E402

MIB = 1 << 20
ROOM = 768 * MIB  # of variables: more than can be searched in the time that there is for it

# Build information of a Go that nobody knows, and words that might be sizes of a heap.
FAKE = r"""
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>
static char room[ROOM];
__attribute__((section(".go.buildinfo"), aligned(16), used)) static char info[64] =
	"\xff Go buildinf:\x08\x02" "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0" "\x08" "go1.99.1";
int main(void)
{
	uint64_t *p = (uint64_t *)room;
	for (size_t i = 0; i < sizeof(room) / 8; i++)
		p[i] = i % 3 ? 8192 : 4096;
	puts("ready");
	fflush(stdout);
	sleep(300);
	return info[0];
}
"""

# A constructor runs before the Go runtime does: until it returns, that is all zeros.
SLOW_START = r"""
package main

/*
#include <unistd.h>
static void __attribute__((constructor)) slow(void) { sleep(2); }
*/
import "C"

import "time"

var kept = make([]byte, 1<<22)

func main() {
	for i := range kept {
		kept[i] = 1
	}
	time.Sleep(time.Hour)
}
"""


class Run:
    """A process that ends with the block."""

    def __init__(self, *command, ready=False):
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
        self.pid = self.process.pid
        if ready:
            self.process.stdout.readline()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


def cpu_seconds(pid):
    with open("/proc/%d/stat" % pid) as f:
        words = f.read().rsplit(")", 1)[1].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def listing():
    began = time.monotonic()
    r = subprocess.run([RESIDUE, "list", "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60)
    return {x["pid"]: x for x in map(json.loads, r.stdout.splitlines())}, r.stderr, time.monotonic() - began


def fake(folder, workload):
    """It is refused in words; the others are read; and looking at it costs little."""
    source, binary = os.path.join(folder, "fake.c"), os.path.join(folder, "fake")
    with open("/proc/meminfo") as f:
        free = next(int(line.split()[1]) << 10 for line in f if line.startswith("MemAvailable"))
    if free < 2 * ROOM:
        raise Skip("too little memory")
    with open(source, "w") as f:
        f.write("#define ROOM %d\n%s" % (ROOM, FAKE))
    subprocess.run(os.environ.get("CC", "cc").split() + ["-O1", "-o", binary, source], check=True)
    with Run(binary, ready=True) as p:
        rows, _, took = listing()
        assert "heap_sys" in rows[workload.pid] and "heap_sys" not in rows[p.pid], rows
        w = Watch(p.pid, workload.pid)
        w.until(15)
        cpu = cpu_seconds(w.process.pid)
        w.quit()
    assert took < 4, "list took %.1f s" % took
    rows = w.samples(workload.pid)
    first = next((s["t"] for s in rows if "heap_sys" in s), None)
    assert first and first - rows[0]["t"] < 2.5, (first, rows[0]["t"])
    assert "too much to search" in w.said, w.said
    assert cpu < 15 * 0.2, "%.1f s of CPU time in 15 s" % cpu


def starting(folder):
    """It is read as soon as it has a runtime."""
    with open(os.path.join(folder, "slow.go"), "w") as f:
        f.write(SLOW_START)
    binary = os.path.join(folder, "slow")
    subprocess.run([os.environ["GO"], "build", "-buildvcs=false", "-ldflags=-s -w", "-o", binary, "slow.go"], cwd=folder,
                   check=True, env={**os.environ, "CGO_ENABLED": "1", "GO111MODULE": "off", "GOFLAGS": ""})
    with Run(binary) as p:
        w = Watch(p.pid)
        w.until(1)
        assert not any("heap_sys" in s for s in w.samples(p.pid)), "it had started"
        found = w.until(3.5, lambda x: "heap_sys" in x)
        w.quit()
    assert found, "not read within 4.5 s: %s" % w.said


def newer(folder):
    """A version that is not known is read, and said to be."""
    with open(WORKLOAD, "rb") as f:
        program = f.read()
    version = subprocess.run([os.environ["GO"], "version", WORKLOAD], stdout=subprocess.PIPE, text=True,
                             check=True).stdout.split()[-1]
    other = "go1.98" + version[6:]
    binary = os.path.join(folder, "newer")
    with open(binary, "wb") as f:
        f.write(program.replace(version.encode(), other.encode()))
    os.chmod(binary, 0o755)
    with Workload(binary, "steady", dwell=60) as p:
        rows, said, _ = listing()
    if sanitized() and "heap_sys" not in rows[p.pid]:
        raise Skip("a search through all versions takes a sanitized build longer than it may")
    assert "heap_sys" in rows[p.pid] and rows[p.pid]["go"] == other, rows[p.pid]
    assert "%s is not a version that is known here: read as go1." % other in said, said


def main():
    plan = Plan()
    with plan, tempfile.TemporaryDirectory() as folder:
        if not os.path.exists(WORKLOAD) or not os.environ.get("GO"):
            plan.skip("odd programs", "there is no Go tool chain")
            finish(plan)
        if not shutil.which(os.environ.get("CC", "cc").split()[0]):
            plan.skip("odd programs", "there is no C compiler")
            finish(plan)
        with Workload(WORKLOAD, "steady", dwell=120) as workload:
            plan.run("a C program with build information of Go", fake, folder, workload)
        plan.run("one that is just starting", starting, folder)
        plan.run("a version that is not known", newer, folder)
    finish(plan)


if __name__ == "__main__":
    main()
