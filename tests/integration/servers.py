#!/usr/bin/env python3
"""Programs that others wrote, against what they themselves say.

  servers.py [--reads 100] [--table]

prometheus, caddy and nats-server (Debian's, stripped) under load: figures read
from memory lie between those of their own /debug/pprof/heap?debug=1 before and
after; their allocation sites are those that they serve. esbuild and tsgo (npm),
which have no endpoint: the live heap is gctrace's at each GC.

What is not here is a skip that says how to have it. RESIDUE_TEST_NPM names a
directory for the two of npm:
  npm install --prefix DIR @esbuild/linux-x64 @typescript/native-preview
"""
import argparse
import glob
import http.client
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
TESTS = os.path.dirname(HERE)
sys.path[:0] = [HERE] + [os.path.join(TESTS, d) for d in ("lib", "bench")]
import sites  # noqa: E402
from live import RESIDUE  # noqa: E402
from tap import Plan, Skip, finish  # noqa: E402

MIB = 1 << 20
COUNTERS = {"TotalAlloc": "total_alloc", "Mallocs": "mallocs", "Frees": "frees", "NumGC": "num_gc",
            "NumForcedGC": "num_forced_gc", "LastGC": "last_gc"}
SYS = {"Sys": "sys", "MSpanSys": "mspan_sys", "MCacheSys": "mcache_sys", "BuckHashSys": "buckhash_sys"}
# Memory wanders between these, with each request here, as goroutines and GC workers come and go and as
# persistentalloc hands out pieces: they have some stacks' room. Sys, their sum with the others, has none.
WANDER = {"HeapSys": "heap_sys", "StackSys": "stack_sys", "GCSys": "gc_sys", "OtherSys": "other_sys"}
STACKS = 256 << 10
GAUGES = {"HeapAlloc": "heap_alloc", "HeapInuse": "heap_inuse", "HeapIdle": "heap_idle",
          "HeapObjects": "heap_objects"}
ALL_SYS = (*SYS, *WANDER)
GCTRACE = re.compile(r"^gc (\d+) @.* \d+->\d+->(\d+) MB,", re.M)
ENOUGH_GCS = 10


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Server:
    """A server and its load: `url` has its pprof, `pid` is its process."""

    def __init__(self, folder):
        self.folder, self.load_error = folder, None
        path = shutil.which(self.program) or shutil.which(self.program, path="/usr/sbin")
        if not path:
            raise Skip("%s is not installed (Debian: %s)" % (self.program, self.program))
        self.log = open(os.path.join(folder, self.program + ".log"), "w")
        self.process = subprocess.Popen([path, *self.arguments()], cwd=folder, stdin=subprocess.DEVNULL,
                                        stdout=self.log, stderr=self.log)
        self.pid, self.stop = self.process.pid, threading.Event()
        self.loader = threading.Thread(target=self._load, daemon=True)

    def __enter__(self):
        for _ in range(400):
            try:
                self.ready()
                return self
            except OSError:
                assert self.process.poll() is None, "%s ended at once" % self.program
                time.sleep(0.05)
        raise RuntimeError("%s does not answer" % self.program)

    def __exit__(self, *_):
        self.rest()
        self.process.terminate()
        self.process.wait(20)
        self.log.close()

    def ready(self):
        """Raises OSError (an HTTP error is one) until it serves."""
        memstats(self.url)

    def work(self):
        self.loader.start()

    def rest(self):
        self.stop.set()
        if self.loader.is_alive():
            self.loader.join(10)

    def _load(self):
        while not self.stop.is_set():
            try:
                self.load()
            except (OSError, http.client.HTTPException) as error:
                self.load_error = error
            self.stop.wait(0.002)


def get(url):
    with urllib.request.urlopen(url, timeout=30) as answer:
        return answer.read()


class Prometheus(Server):
    program = "prometheus"

    def arguments(self):
        port = free_port()
        self.url = "http://127.0.0.1:%d" % port
        with open(os.path.join(self.folder, "p.yml"), "w") as f:
            f.write("global: {scrape_interval: 1s}\nscrape_configs: [{job_name: self, static_configs: "
                    "[{targets: ['127.0.0.1:%d']}]}]\n" % port)
        return ["--config.file=p.yml", "--storage.tsdb.path=data", "--web.listen-address=127.0.0.1:%d" % port]

    def ready(self):
        get(self.url + "/-/ready")  # 503 while it opens its storage

    def load(self):
        get(self.url + "/api/v1/query?query=rate(go_memstats_alloc_bytes_total%5B1m%5D)")
        get(self.url + "/metrics")


class Caddy(Server):
    program = "caddy"

    def arguments(self):
        admin, self.port = free_port(), free_port()
        self.url = "http://127.0.0.1:%d" % admin
        routes = [{"handle": [{"handler": "static_response", "body": "hello " * 1000}]}]
        config = {"admin": {"listen": "127.0.0.1:%d" % admin},
                  "apps": {"http": {"servers": {"s": {"listen": ["127.0.0.1:%d" % self.port], "routes": routes}}}}}
        with open(os.path.join(self.folder, "c.json"), "w") as f:
            json.dump(config, f)
        os.environ.setdefault("HOME", self.folder)
        return ["run", "--config", "c.json"]

    def load(self):
        get("http://127.0.0.1:%d/" % self.port)


class Nats(Server):
    program = "nats-server"

    def arguments(self):
        self.port, profile = free_port(), free_port()
        self.url = "http://127.0.0.1:%d" % profile
        return ["-a", "127.0.0.1", "-p", str(self.port), "--profile", str(profile)]

    def load(self):
        with socket.create_connection(("127.0.0.1", self.port), 10) as s:
            s.sendall(b"CONNECT {\"verbose\":false}\r\nSUB load 1\r\n")
            for _ in range(50):
                s.sendall(b"PUB load 4096\r\n" + b"x" * 4096 + b"\r\n")
                s.recv(1 << 16)


SERVERS = (Prometheus, Caddy, Nats)


def memstats(url):
    """MemStats by the program itself, read before the page is made."""
    text = get(url + "/debug/pprof/heap?debug=1").decode()
    out = {m.group(1): int(m.group(2)) for m in re.finditer(r"^# (\w+) = (\d+)$", text, re.M)}
    for m in re.finditer(r"^# (\w+) = (\d+) / (\d+)$", text, re.M):
        out[m.group(1) + "Inuse"], out[m.group(1) + "Sys"] = int(m.group(2)), int(m.group(3))
    return out


def from_memory(pid):
    done = subprocess.run([RESIDUE, "-b", "--json", "-n", "1", str(pid)], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, text=True, timeout=60)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [x["read"] for x in lines if x["type"] == "target"][-1] == "agentless", lines
    return [x for x in lines if x["type"] == "sample"][-1]


class Agreement:
    """How often a figure lay where its own program says."""

    def __init__(self):
        self.read, self.inside, self.last = {}, {}, {}

    def add(self, name, low, seen, high):
        self.read[name] = self.read.get(name, 0) + 1
        good = seen is not None and low <= seen <= high
        self.inside[name] = self.inside.get(name, 0) + good
        if not good:
            self.last[name] = (low, seen, high)

    def share(self, names):
        total = sum(self.read[n] for n in names)
        return sum(self.inside[n] for n in names) / total if total else 1.0

    def worst(self, names):
        return min((self.inside[n] / self.read[n] for n in names), default=1.0)


def compare(server, reads):
    agreement = Agreement()
    after = memstats(server.url)
    for _ in range(reads):
        before, seen = after, from_memory(server.pid)
        after = memstats(server.url)
        for name, ours in {**COUNTERS, **SYS}.items():
            low, high = sorted((before[name], after[name]))
            agreement.add(name, low, seen.get(ours), high)
        for name, ours in WANDER.items():
            low, high = sorted((before[name], after[name]))
            agreement.add(name, low - STACKS, seen.get(ours), high + STACKS)
        # What was allocated in between may have come and gone at any moment.
        bytes_, objects = (after[n] - before[n] for n in ("TotalAlloc", "Mallocs"))
        for name, ours in GAUGES.items():
            low, high = sorted((before[name], after[name]))
            slack = objects if name == "HeapObjects" else bytes_ + (MIB if name != "HeapAlloc" else 0)
            agreement.add(name, low - slack, seen.get(ours), high + slack)
    return agreement


def same_sites(server, folder):
    want, got = sites.between_gcs(server, folder, lambda: sites.top(server.pid))
    for kind, table in want.items():
        assert got[kind] == table, "%s: %r" % (kind, sorted(set(got[kind].items()) ^ set(table.items()))[:6])
    return len(want["alloc_space"]) - 1


def watch_server(kind, reads, plan, rows):
    name = kind.program
    with tempfile.TemporaryDirectory() as folder:
        try:
            server = kind(folder)
        except Skip as why:
            plan.skip(name, str(why))
            return
        with server:
            server.work()
            time.sleep(1)
            agreement = compare(server, reads)
            server.rest()
            time.sleep(0.5)
            for what, names in (("counters", COUNTERS), ("*Sys", ALL_SYS), ("HeapAlloc, Inuse, Idle, Objects", GAUGES)):
                plan.ok(agreement.worst(names) >= 0.99, "%s under load, %d reads: %s as it says itself" % (
                    name, reads, what), {n: (agreement.inside[n], agreement.last.get(n)) for n in names})
            plan.ok(server.load_error is None, name + ": was under load", server.load_error)
            found = []
            plan.run(name + ": its allocation sites are those it serves",
                     lambda: found.append(same_sites(server, folder)))
            version = [x for x in said_of(server.pid) if x["type"] == "target"][-1]["go"]
            rows.append("| %s | %s | %s | %s | %s | %s |" % (
                name, version[2:], *("%.1f %%" % (100 * agreement.share(n)) for n in (COUNTERS, ALL_SYS, GAUGES)),
                "%d equal" % found[0] if found else "–"))


def said_of(pid):
    done = subprocess.run([RESIDUE, "-b", "--json", "-n", "1", str(pid)], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, text=True, timeout=60)
    return [json.loads(line) for line in done.stdout.splitlines()]


# ---- programs without an endpoint -------------------------------------------

def npm_binary(pattern):
    top = os.environ.get("RESIDUE_TEST_NPM", "")
    found = glob.glob(os.path.join(top, "node_modules", pattern)) if top else []
    if not found:
        raise Skip("no %s: see RESIDUE_TEST_NPM in this file" % pattern.split("/")[1])
    return found[0]


def modules(folder, suffix, text):
    """Many modules that depend on each other."""
    count = 300
    for i in range(count):
        with open(os.path.join(folder, "m%d%s" % (i, suffix)), "w") as f:
            for k in (i * 2 + 1, i * 2 + 2):
                if k < count:
                    f.write("import * as n%d from './m%d'; export const d%d = n%d;\n" % (k, k, k, k))
            f.write("".join(text % {"n": n, "i": i} for n in range(120)))


def esbuild(folder):
    """esbuild as a server, which builds the bundle anew for each request."""
    binary, port = npm_binary("@esbuild/linux-x64/bin/esbuild"), free_port()
    modules(folder, ".js", "export function f%(n)d_%(i)d(a, b) { return [a, b, %(n)d].map(x => x + a * b) }\n")
    command = [binary, "m0.js", "--bundle", "--serve=127.0.0.1:%d" % port, "--outdir=out"]

    def load():
        get("http://127.0.0.1:%d/m0.js" % port)
        time.sleep(0.05)
    return command, load


def tsgo(folder):
    """tsgo checks a project: it ends by itself."""
    binary = npm_binary("@typescript/native-preview-linux-x64/lib/tsgo")
    modules(folder, ".ts", "export interface I%(n)d { a: number; b: string[]; c?: { [k: string]: I%(n)d } }\n"
                           "export const v%(n)d: I%(n)d[] = [{ a: %(i)d, b: ['x'] }].map(x => ({ ...x }));\n")
    with open(os.path.join(folder, "tsconfig.json"), "w") as f:
        json.dump({"compilerOptions": {"strict": True, "declaration": True, "outDir": "out", "module": "esnext",
                                       "moduleResolution": "bundler", "target": "esnext"}, "include": ["*.ts"]}, f)
    return [binary, "-p", "."], None


def live_heap(make, folder):
    """{GC number: (gctrace's MB, our heap_live)} of a run."""
    command, load = make(folder)
    trace, lines = os.path.join(folder, "gctrace"), []
    env = {**os.environ, "GODEBUG": "gctrace=1", "GOGC": "10"}
    with open(trace, "w") as err:
        process = subprocess.Popen(command, cwd=folder, env=env, stdin=subprocess.PIPE,
                                   stdout=subprocess.DEVNULL, stderr=err)
    try:
        watcher = subprocess.Popen([RESIDUE, "-b", "--json", "-d", "0.1", "-n", "150", str(process.pid)],
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        if load:
            time.sleep(0.5)
            end = time.monotonic() + 8
            while time.monotonic() < end:
                load()
            process.terminate()
        lines = watcher.communicate(timeout=120)[0].splitlines()
    finally:
        process.kill()
        process.wait()
    with open(trace) as f:
        told = {int(n): int(mb) for n, mb in GCTRACE.findall(f.read())}
    seen = {x["num_gc"]: x["heap_live"] for x in map(json.loads, lines)
            if x["type"] == "sample" and "heap_live" in x}
    return {n: (told[n], live) for n, live in seen.items() if n in told}


def watch_program(make, plan, rows):
    name = make.__name__
    with tempfile.TemporaryDirectory() as folder:
        try:
            pairs = live_heap(make, folder)
        except Skip as why:
            plan.skip(name, str(why))
            return
    # gctrace's MB are MiB, rounded down.
    off = {n: (mb, live) for n, (mb, live) in pairs.items()
           if not mb * MIB - max(MIB, live / 100) <= live <= (mb + 1) * MIB + max(MIB, live / 100)}
    plan.ok(len(pairs) >= ENOUGH_GCS, "%s: %d GCs were seen" % (name, len(pairs)), pairs)
    plan.ok(not off, "%s: the live heap is gctrace's" % name, off)
    if pairs:
        rows.append("| %s | %d | %d | %.1f MiB | %.2f MiB |" % (
            name, len(pairs), len(pairs) - len(off), max(live for _, live in pairs.values()) / MIB,
            max(max(mb * MIB - live, live - (mb + 1) * MIB, 0) for mb, live in pairs.values()) / MIB))


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    ap.add_argument("--reads", type=int, default=10)
    ap.add_argument("--table", action="store_true")
    a = ap.parse_args()
    servers, programs = [], []
    with Plan() as plan:
        for kind in SERVERS:
            watch_server(kind, a.reads, plan, servers)
        for make in (esbuild, tsgo):
            watch_program(make, plan, programs)
    if a.table:
        print("\n| server | Go | counters | *Sys | HeapAlloc, Inuse, Idle, Objects | sites |\n|---|---|--:|--:|--:|--:|")
        print("\n".join(servers))
        print("\n| program | GCs seen | live heap as gctrace's | largest | off by at most |\n|---|--:|--:|--:|--:|")
        print("\n".join(programs))
    finish(plan)


if __name__ == "__main__":
    main()
