#!/usr/bin/env python3
"""Go libraries (buildmode=c-shared) in C programs: linked, opened, opened later, two at a time.

They are found, in the list and by name, and their facts are the library's.
"""
import json
import mmap
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
TESTS = os.path.dirname(HERE)
sys.path[:0] = [os.path.join(TESTS, d) for d in ("lib", "golden", "bench", "integration")]
from blocked import Watch  # noqa: E402
from live import RESIDUE  # noqa: E402
from tap import Plan, finish  # noqa: E402
from tui import TUI  # noqa: E402

LIBRARY = """package main

import "C"

var kept [][]byte

//export Start
func Start() {
	for i := 0; i < 64; i++ {
		kept = append(kept, make([]byte, 1<<20))
	}
}

func main() {}
"""
# A line of input for each library that is to be opened.
HOST = """#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

static void *wait(void *arg)
{
	for (;;)
		pause();
	return arg;
}

int main(int argc, char **argv)
{
	pthread_t other;
	char line[8];

	pthread_create(&other, NULL, wait, NULL);
#ifdef LINKED
	extern void Start(void);
	Start();
#endif
	puts("ready");
	fflush(stdout);
	for (int i = 1; i < argc && fgets(line, sizeof(line), stdin); i++) {
		void *lib = dlopen(argv[i], RTLD_NOW);
		void (*start)(void) = lib ? (void (*)(void))dlsym(lib, "Start") : NULL;

		if (start)
			start();
		puts(start ? "loaded" : dlerror());
		fflush(stdout);
	}
	wait(NULL);
}
"""


# Their names are theirs alone: another run of this test may be under way.
OPENER, LINKED = "opener%d" % os.getpid(), "linked%d" % os.getpid()


class Bench:
    folder = go = version = None

    @classmethod
    def build(cls, folder):
        cls.folder, cls.go = folder, os.environ["GO"]
        cls.version = subprocess.run([cls.go, "env", "GOVERSION"], check=True, stdout=subprocess.PIPE,
                                     text=True).stdout.strip()
        for name in ("one", "two"):
            source = os.path.join(folder, name)
            os.mkdir(source)
            for file, text in (("go.mod", "module residue.test/%s\n\ngo 1.19\n" % name), ("lib.go", LIBRARY)):
                with open(os.path.join(source, file), "w") as f:
                    f.write(text)
            subprocess.run([cls.go, "build", "-buildvcs=false", "-buildmode=c-shared", "-o", cls.library(name), "."],
                           cwd=source, check=True, env={**os.environ, "CGO_ENABLED": "1", "GOFLAGS": ""})
        with open(os.path.join(folder, "host.c"), "w") as f:
            f.write(HOST)
        cc = os.environ.get("CC", "cc").split()
        for out, flags in ((OPENER, ()), (LINKED, ("-DLINKED", "-L", folder, "-lone", "-Wl,-rpath," + folder))):
            subprocess.run([*cc, "-pthread", "-o", os.path.join(folder, out), os.path.join(folder, "host.c"), *flags,
                            "-ldl"], check=True)

    @classmethod
    def library(cls, name):
        return os.path.join(cls.folder, "lib%s.so" % name)


class Host:
    """A C program, with libraries to open."""

    def __init__(self, program, *libraries):
        self.process = subprocess.Popen([os.path.join(Bench.folder, program), *map(Bench.library, libraries)],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        self.pid = self.process.pid
        self.expect("ready")

    def expect(self, word):
        line = self.process.stdout.readline().strip()
        assert line == word, line

    def load(self):
        self.process.stdin.write("\n")
        self.expect("loaded")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


def rows():
    out = subprocess.run([RESIDUE, "list", "--json"], check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                         text=True, timeout=60).stdout
    return {r["pid"]: r for r in map(json.loads, out.splitlines())}


def is_whole(host, name):
    """In the list, by its name, and with all of the library's facts."""
    row = rows().get(host.pid)
    assert row, "%d is not listed" % host.pid
    assert row["go"] == Bench.version and row["module"] == "residue.test/one" and row["heap_sys"] > 64 << 20, row
    r = subprocess.run([RESIDUE, "-b", "--json", "-n", "1", "=" + name], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                       text=True, timeout=60)
    assert r.returncode == 0, r.stderr
    target = json.loads(r.stdout.splitlines()[0])
    assert target["pid"] == host.pid and target["go"] == Bench.version, target
    assert target["module"] == "residue.test/one", target


def linked():
    with Host(LINKED) as host:
        is_whole(host, LINKED)


def opened():
    with Host(OPENER, "one") as host:
        assert host.pid not in rows(), "it is no Go process yet"
        host.load()
        is_whole(host, OPENER)


def opened_later():
    """While it is watched by its PID: from then on it is read, and what it is is said."""
    with Host(OPENER, "one") as host:
        w = Watch(host.pid)
        w.until(2)
        assert not any("go" in x for x in w.lines if x["type"] == "target"), w.lines[0]
        host.load()
        good = w.until(30, lambda x: "heap_sys" in x)
        targets = [x for x in w.lines if x["type"] == "target"]
        w.quit()
        assert good and targets[-1]["go"] == Bench.version, (good, targets)
        assert len(targets) <= 3, "said too often: %s" % targets


def opened_beside_the_list():
    with Host(OPENER, "one") as host, TUI([RESIDUE], 120, 40, env={"LC_ALL": "C.UTF-8"}) as tui:
        row = re.compile(r"\b%d .*opene" % host.pid)
        assert tui.until(lambda: "COMMAND" in tui.text(), 20), tui.text()
        assert not row.search(tui.text()), tui.text()
        host.load()
        assert tui.until(lambda: row.search(tui.text()), 60), tui.text()


def two():
    """One runtime would pass for both: listed, without a version, and refused in words."""
    with Host(OPENER, "one", "two") as host:
        host.load()
        host.load()
        row = rows().get(host.pid)
        assert row and "go" not in row and "module" not in row and row["rss"] > 0, row
        r = subprocess.run([RESIDUE, "-b", "-n", "1", str(host.pid)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                           text=True, timeout=60)
        assert "several Go runtimes in one process" in r.stderr, r.stderr


def only_looked_at():
    """A debugger's way: a Go file is mapped, but not to be run. This process has two threads."""
    done = threading.Event()
    threading.Thread(target=done.wait, daemon=True).start()
    with open(Bench.library("one"), "rb") as f, mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ):
        listed = os.getpid() in rows()
    done.set()
    assert not listed, "it is taken for a Go process"


def main():
    plan = Plan()
    if not os.environ.get("GO") or not shutil.which(os.environ.get("CC", "cc").split()[0]):
        with plan:
            plan.skip("Go libraries in C programs", "no Go tool chain with cgo")
        finish(plan)
    with plan, tempfile.TemporaryDirectory() as folder:
        Bench.build(folder)
        for test in (linked, opened, opened_later, opened_beside_the_list, two, only_looked_at):
            plan.run(test.__name__.replace("_", " "), test)
    finish(plan)


if __name__ == "__main__":
    main()
