#!/usr/bin/env python3
"""Memory beside an endpoint: a false tie warns, a true one does not.

PID@URL with the URL of another process is an error that people make. Two
workloads run the same program side by side; one is watched with the other's
endpoint, and with its own, while both allocate and collect.
"""
import http.server
import json
import os
import subprocess
import sys
import threading
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
TESTS = os.path.dirname(HERE)
sys.path[:0] = [os.path.join(TESTS, d) for d in ("lib", "bench")]
from live import RESIDUE, WORKLOAD, Workload, together  # noqa: E402
from tap import Plan, finish  # noqa: E402

# Three answers come soon, 2 s apart: two that disagree are enough.
FALSE_SECONDS, TRUE_SECONDS = 12, int(os.environ.get("CROSSCHECK_SECONDS", "15"))


def watch(target, seconds, *options):
    done = subprocess.run([RESIDUE, "-b", "--json", "-d", "1", "-n", str(seconds), *options, target],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, timeout=seconds + 60)
    assert done.returncode == 0, "exit %d" % done.returncode
    return [json.loads(line) for line in done.stdout.splitlines()]


def warnings(lines):
    return [line["text"] for line in lines if line["type"] == "warning"]


def read(lines):
    return [line["read"] for line in lines if line["type"] == "target"][-1]


def false_tie(lines):
    said = warnings(lines)
    assert len(said) == 1 and "disagree" in said[0], "%r" % said


def true_tie(lines):
    assert warnings(lines) == [], "%r" % warnings(lines)


def top(target):
    """What `top` says on stderr."""
    done = subprocess.run([RESIDUE, "top", "-n", "1", target], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, timeout=60)
    assert done.returncode == 0 and done.stdout, "exit %d: %s" % (done.returncode, done.stderr)
    return done.stderr


def false_top(said):
    assert "disagree" in said and "of which GC is not known" in said, said


def true_top(said):
    assert "disagree" not in said, said


def from_memory(lines):
    """The other's figures were never mixed in: counters do not fall."""
    assert read(lines) == "agentless", read(lines)
    seen = [line["total_alloc"] for line in lines if line["type"] == "sample" and "total_alloc" in line]
    assert len(seen) > 3 and seen == sorted(seen), "%r" % seen


class Profiles:
    """Another process's endpoint that has net/http/pprof and nothing else."""

    def __init__(self, url):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                if not self.path.startswith("/debug/pprof/"):
                    self.send_error(404)
                    return
                with urllib.request.urlopen(url + self.path) as f:
                    body = f.read()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = "http://127.0.0.1:%d" % self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self.url

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


def main():
    with Plan() as plan:
        if not os.access(WORKLOAD, os.X_OK):
            plan.skip("memory beside an endpoint", "no workload was built: no go command")
            finish(plan)
        with Workload(WORKLOAD, "sawtooth", dwell=60) as one, Workload(WORKLOAD, "steady", dwell=60) as two, \
                Profiles(one.url) as profiles_of_one, Profiles(two.url) as profiles_of_two:
            results = together([
                lambda: watch("%d@%s" % (one.pid, two.url), FALSE_SECONDS),
                lambda: watch("%d@%s" % (one.pid, one.url), TRUE_SECONDS),
                lambda: watch("%d@%s" % (two.pid, one.url), FALSE_SECONDS, "--read", "agentless"),
                lambda: watch("%d@%s" % (one.pid, profiles_of_two), FALSE_SECONDS),
                lambda: watch("%d@%s" % (one.pid, profiles_of_one), FALSE_SECONDS),
                lambda: top("%d@%s" % (one.pid, two.url)),
                lambda: top("%d@%s" % (two.pid, two.url)),
            ], 5)
        plan.run("top of another process's endpoint", false_top, results[5])
        plan.run("top of its own", true_top, results[6])
        for name, lines, check in (("another process's endpoint", results[0], false_tie),
                                   ("its own endpoint", results[1], true_tie),
                                   ("--read agentless asks no endpoint", results[2], true_tie),
                                   ("another process's profiles alone", results[3], false_tie),
                                   ("its own profiles alone", results[4], true_tie)):
            if lines is None:
                plan.ok(False, name, "residue failed")
                continue
            plan.run(name, check, lines)
            plan.run(name + ": figures are memory's", from_memory, lines)
    finish(plan)


if __name__ == "__main__":
    main()
