#!/usr/bin/env python3
"""`residue top` and `snapshot` of live targets: which profile it is, how soon it is there, what it takes.

An endpoint that fails is named and memory stands in for it, within --timeout; the runtime's figures are
not waited for; the profile's age, GC and error band are told; memory stays under 300 MiB whatever is
served; a password is not echoed.
"""
import glob
import gzip
import json
import os
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
sys.path[:0] = [os.path.join(TESTS, d) for d in ("lib", "bench", "fuzz")]
from live import RESIDUE, WORKLOAD, Workload  # noqa: E402
from mutate import varint  # noqa: E402
from tap import Plan, Skip, finish  # noqa: E402

GO = os.environ.get("GO")
MOST_KIB = 300 << 10
TRIES = 5
HEAP, VARS = "/debug/pprof/heap", "/debug/vars"
# Starts small, so that the peak it tells of is not its own: ru_maxrss of a child begins with its parent's.
MEASURE = """
import json, resource, subprocess, sys
r = subprocess.run(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
print(json.dumps([r.returncode, r.stderr, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss]))
"""


class Ran:
    def __init__(self, *args, **kw):
        self.args, self.kw = args, kw
        began = time.monotonic()
        r = subprocess.run([RESIDUE, *map(str, args)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE, text=True, timeout=120, **kw)
        self.seconds = time.monotonic() - began
        self.code, self.out, self.said = r.returncode, r.stdout, r.stderr

    def good(self, *words):
        assert self.code == 0, "exit %d: %s" % (self.code, self.said)
        for w in words:
            assert w in self.said, "no %r in %r" % (w, self.said)
        return self

    def bad(self, code, *words):
        assert self.code == code, "exit %d, wanted %d: %s" % (self.code, code, self.said)
        for w in words:
            assert w in self.said, "no %r in %r" % (w, self.said)
        return self

    def within(self, seconds):
        """The fastest of some runs: a machine that is busy is no failure."""
        for _ in range(TRIES):
            if self.seconds < seconds:
                break
            again = Ran(*self.args, **self.kw)
            self.seconds = min(self.seconds, again.seconds)
        assert self.seconds < seconds, "took %.2f s: %s" % (self.seconds, self.said)
        return self


def sanitized():
    with open(RESIDUE, "rb") as f:
        program = f.read()
    return b"__asan_init" in program or b"__tsan_init" in program


class Served:
    """An endpoint: of each path bytes, a status, a time to wait first, or HANG for ever."""
    HANG = object()

    def __init__(self, paths, otherwise=404, wait=0.0, unix=None):
        self.paths, self.otherwise, self.wait = paths, otherwise, wait
        self.over = threading.Event()
        if unix:
            self.listener = socket.socket(socket.AF_UNIX)
            self.listener.bind(unix)
        else:
            self.listener = socket.socket()
            self.listener.bind(("127.0.0.1", 0))
            self.url = "http://127.0.0.1:%d" % self.listener.getsockname()[1]
        self.listener.listen(64)
        threading.Thread(target=self.accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.over.set()
        self.listener.close()

    def accept(self):
        while True:
            try:
                c, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(c,), daemon=True).start()

    def serve(self, c):
        try:
            while True:
                asked = c.recv(65536)
                if not asked:
                    break
                what = self.paths.get(asked.split()[1].decode().split("?")[0], self.otherwise)
                self.over.wait(3600 if what is self.HANG else self.wait)
                status, body = ("200 OK", what) if isinstance(what, bytes) else ("404 Not Found", b"")
                c.sendall(b"HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n" % (status.encode(), len(body)) + body)
        except OSError:
            pass
        finally:
            c.close()


# ---- profiles by hand --------------------------------------------------------------


def number(key, n):
    return varint(key << 3) + varint(n)


def message(key, data):
    return varint(key << 3 | 2) + varint(len(data)) + data


INUSE = (("inuse_objects", "count"), ("inuse_space", "bytes"))
ALL = (("alloc_objects", "count"), ("alloc_space", "bytes"), *INUSE)


def profile(functions, types=INUSE, lines=1, depth=1, name=0, value=None):
    """One sample a function, whose values are 1 and -1 by turns unless given."""
    strings = [b""] + [text.encode() for pair in types for text in pair]
    first = len(strings)
    strings += [(b"%x" % i).rjust(name, b"f") for i in range(functions)]
    out = [message(1, number(1, 1 + 2 * i) + number(2, 2 + 2 * i)) for i in range(len(types))]
    out += [message(5, number(1, i + 1) + number(2, first + i) + number(3, first + i)) for i in range(functions)]
    line = [message(4, number(1, i + 1) + number(2, 1)) for i in range(functions)]
    out += [message(4, number(1, i + 1) + b"".join(line[(i + 7 * k) % functions] for k in range(lines)))
            for i in range(functions)]
    ids = [varint(i + 1) for i in range(functions)]
    for i in range(functions):
        v = varint(value if value is not None else 1 if i % 2 else -1) * len(types)
        stack = b"".join(ids[(i * (31 * k + 1) + 17 * k) % functions] for k in range(depth))
        out.append(message(2, message(1, stack) + message(2, v)))
    return b"".join(out) + b"".join(message(6, s) for s in strings)


SMALL = gzip.compress(profile(3, value=5))


# ---- words and targets -------------------------------------------------------------


def secrets(_):
    """What stands before an @ or behind an option may be a password, whatever is wrong beside it."""
    words = ("HTTP://u:s3cret@h.invalid", "htp://u:s3cret@h", "u:s3cret@h:1", "1@htp://u:s3cret@h", "u:s3cret@http://h",
             "htp:/u:s3cret@h/x.pb", "htp://h/?token=s3cret")
    options = ("--endpont=http://u:s3cret@h", "--header=s3cret", "--json=s3cret", "-Zs3cret")
    for word in words + options:
        ways = [["top", word], ["-b", "-n", 1, word], ["snapshot", word], [word]]
        if word in words:
            ways += [["top", "--", word], ["top", "-H", word], ["top", "1", "-H", word]]
        for args in ways:
            r = Ran(*args, env={**os.environ, "TERM": "dumb"})
            assert r.code in (1, 2, 3) and "s3cret" not in r.out + r.said, (args, r.code, r.out, r.said)
    Ran("top", "htp://u:s3cret@h").bad(2, "'htp://...@h' is no target")
    Ran("top", "-Zs3cret").bad(2, "no option '-Z'")


def spelled(_):
    """A scheme in capitals (RFC 3986, 3.1), and a socket in the current directory."""
    with tempfile.TemporaryDirectory() as folder:
        with Served({HEAP: SMALL}) as s, Served({HEAP: SMALL}, unix=os.path.join(folder, "w.sock")):
            want = Ran("top", s.url).good().out
            for url in (s.url.replace("http", "HTTP"), s.url.replace("http", "Http") + HEAP):
                assert Ran("top", url).good().out == want, url
            for args in (["unix:w.sock"], ["unix:./w.sock" + HEAP], ["UNIX:w.sock"], ["-H", "unix:w.sock"]):
                assert Ran("top", *args, cwd=folder).good("unix:%s" % os.path.realpath(folder)).out == want, args
    Ran("top", "unix:w.sock", cwd="/").bad(3, "unix:/w.sock")


def all_rows(folder):
    """-n 0 is -nodecount=0 of pprof: no limit. Elsewhere it means nothing."""
    path = os.path.join(folder, "many.pb")
    with open(path, "wb") as f:
        f.write(profile(150, value=3))
    rows = Ran("top", "-n", 0, path).good().out
    assert rows == Ran("top", path).out and len(rows.splitlines()) == 152, rows
    assert len(Ran("top", "-n", 2, path).good().out.splitlines()) == 5
    if GO:
        said = subprocess.run([GO, "tool", "pprof", "-top", "-nodecount=0", path], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, timeout=120).stdout
        assert rows == said[said.index("Showing nodes"):], said
    Ran("-b", "-n", 0, os.getpid()).bad(2, "-n: give 1 or more")
    Ran("top", "-n", -1, path).bad(2, "no number")


# ---- endpoints that fail, and memory in their place --------------------------------


def failing(w, folder):
    """It is named, memory's profile is there, and it took no longer than --timeout."""
    ways = ((Served({}), "404 Not Found", 0.0), (Served({HEAP: Served.HANG}), "no answer within", 0.5),
            (Served({}, Served.HANG), "no answer within", 0.5), (Served({HEAP: b"\x0a"}), "heap profile", 0.0))
    for server, words, least in ways:
        with server as s:
            url = "%d@%s" % (w.pid, s.url)
            r = Ran("top", "--timeout", 0.5, url).good(s.url, words, "read from memory").within(least + 1)
            assert r.out.startswith("Showing nodes") and "main." in r.out, r.out
            head = json.loads(Ran("top", "--json", "--timeout", 0.5, url).good(s.url, words).within(least + 1).out)
            assert head["read"] == "agentless" and head["rows"], head
            where = Ran("snapshot", "--timeout", 0.5, "-o", folder, url).good().out.strip()
            with open(os.path.join(where, "meta.json")) as f:
                meta = json.load(f)
            assert meta["profile_read"] == "agentless" and words in meta["endpoint_failed"], meta
            assert meta["endpoint"] == s.url, meta
            with open(os.path.join(where, "summary.txt")) as f:
                summary = f.read()
            assert "read from memory, for the endpoint failed: " + s.url in summary, summary
            assert "main." in Ran("top", os.path.join(where, "heap.pb.gz")).good().out
    with Served({}) as s:
        Ran("top", "--read", "expvar", "%d@%s" % (w.pid, s.url)).bad(1, "404 Not Found")


def the_endpoints(w, folder):
    """Where it works its profile is shown and kept, though memory could be read."""
    for _ in range(3):
        assert json.loads(Ran("top", "--json", "%d@%s" % (w.pid, w.url)).good().out)["read"] == "pprof"
    where = Ran("snapshot", "-o", folder, "%d@%s" % (w.pid, w.url)).good().out.strip()
    with open(os.path.join(where, "meta.json")) as f:
        meta = json.load(f)
    assert meta["profile_read"] == "pprof" and "endpoint_failed" not in meta, meta


def soon(_):
    """Only the profile is waited for, not the ladder of the runtime's figures."""
    with Served({HEAP: SMALL}, Served.HANG) as s:
        Ran("top", "--timeout", 20, s.url).good().within(5)  # all of it, if waited for
    with Served({}, wait=2) as s:  # a 404 waits for the ladder, to name what was tried, but for no longer than that
        Ran("top", "--timeout", 2.5, s.url).bad(1, "404").within(3.2)
    with Served({HEAP: SMALL}, wait=2) as s:
        Ran("top", "--timeout", 10, s.url).good().within(3.5)
    with Served({}, Served.HANG) as s:
        Ran("top", "--timeout", 1, s.url).bad(3, "no answer within").within(2.5)


# ---- what is told of a profile -------------------------------------------------------


def told(w, folder):
    """Its time, age, rate, GC and error band: in JSON and of text on stderr, above what is pprof's."""
    for target, by, words in ((w.pid, "agentless", "read from memory"), (w.url, "pprof", "served by " + w.url)):
        for _ in range(20):  # a GC may end while it is read: then it is not known which it is of
            head = json.loads(Ran("top", "--json", target).good().out)
            if head.get("pprof_num_gc"):
                break
        assert head["read"] == by and head["pprof_num_gc"] > 0, head
        assert head["period"] == 512 << 10 and (head["period_type"], head["period_unit"]) == ("space", "bytes"), head
        assert 0 <= head["age_ms"]["pprof"] < 60000 and abs(head["t"] - time.time()) < 60, head
        assert 0 < head["pprof_error"] < head["total"], head
        text = Ran("top", target).good(words, " ago, ", "GC", "inuse_space within ", "(95%), one sample in 512 KiB")
        assert text.out.startswith("Showing nodes"), text.out
    path = os.path.join(folder, "heap")
    with urllib.request.urlopen(w.url + HEAP, timeout=30) as answer, open(path, "wb") as f:
        f.write(answer.read())
    of_file = json.loads(Ran("top", "--json", path).good().out)
    assert of_file["pprof_error"] > 0 and of_file["period"] == 512 << 10 and of_file["t"] > 0, of_file
    assert not {"age_ms", "read", "pprof_num_gc"} & set(of_file), of_file
    assert Ran("top", path).good().said == ""


def dated(w, folder):
    """A snapshot waits for the runtime to tell of which GC its profile is."""
    for target in (w.pid, w.url, "%d@%s" % (w.pid, w.url)):
        for _ in range(10):  # see above
            where = Ran("snapshot", "-o", folder, target).good().out.strip()
            with open(os.path.join(where, "summary.txt")) as f:
                summary = f.read()
            if "pprof_num_gc" in summary:
                break
        assert "pprof_num_gc" in summary, summary


def saturated(folder):
    path = os.path.join(folder, "sat.pb")
    with open(path, "wb") as f:
        f.write(profile(3, value=1 << 62))
    assert len(Ran("top", path).good("pass 2^63 - 1").said.splitlines()) == 1
    r = Ran("top", "--json", path).good()
    assert json.loads(r.out)["saturated"] is True and r.said == "", r.said


def not_a_heap(_):
    """Another profile at the heap's address is no figure of the heap; errors name the URL."""
    cpu = gzip.compress(profile(3, (("samples", "count"), ("cpu", "nanoseconds")), value=7))
    with Served({HEAP: cpu}) as s:
        words = (s.url, "not of a heap: it has samples, cpu, and no inuse_space")
        Ran("top", s.url).bad(1, *words)
        r = Ran("-b", "--json", "-n", 12, "-d", 0.1, s.url)
        assert "pprof" not in r.out.replace(s.url, "").replace(HEAP, ""), r.out
        r.bad(1, *words)
    with Served({HEAP: b"\x0a"}) as s, tempfile.TemporaryDirectory() as folder:
        for args in (["top"], ["-b", "-n", 12, "-d", 0.1], ["snapshot", "-o", folder]):
            Ran(*args, s.url).bad(1, s.url, "heap profile: not a profile: truncated field at byte 0")


# ---- memory ------------------------------------------------------------------------


def peak(*args):
    """(exit code, what was said, peak of RES in KiB)"""
    said = subprocess.run([sys.executable, "-S", "-c", MEASURE, RESIDUE, *map(str, args)], stdout=subprocess.PIPE,
                          text=True, timeout=300, check=True).stdout
    return json.loads(said)


def frugal(what, *args):
    code, said, most = peak(*args)
    assert code == 0, "%s: exit %d: %s" % (what, code, said)
    assert most < MOST_KIB, "%s: %d MiB" % (what, most >> 10)
    return said


def large(folder):
    """Valid profiles of 40 MB: printed as they come, and kept one beside the other."""
    if sanitized():
        raise Skip("a sanitizer takes more memory than what it looks at")
    raw = profile(300000, ALL, lines=2, depth=3, name=60)
    path = os.path.join(folder, "large.pb.gz")
    with gzip.open(path, "wb", 1) as f:
        f.write(raw)
    for args in ([], ["--json"]):
        frugal("top of a file %s" % args, "top", *args, path)
    with open(path, "rb") as f:
        zipped = f.read()
    vars_ = json.dumps({"memstats": {"Alloc": 1, "TotalAlloc": 1, "Sys": 1, "Mallocs": 1, "Frees": 1, "HeapAlloc": 1,
                                     "HeapSys": 1, "HeapIdle": 1, "HeapInuse": 1, "HeapReleased": 1, "HeapObjects": 1,
                                     "NumGC": 1}}).encode()
    for body in (zipped, raw):
        with Served({HEAP: body, VARS: vars_}) as s:
            what = "served, %d MB" % (len(body) >> 20)
            said = frugal("-b, " + what, "-b", "--profile-every", 1, "-d", 0.5, "-n", 10, s.url)
            assert body is zipped or "MiB are taken by profiles that are kept" in said, said
            frugal("top, " + what, "top", "--json", s.url)
            frugal("snapshot, " + what, "snapshot", "-o", folder, s.url)
    for where in glob.glob(os.path.join(folder, "*", "heap.pb.gz")):
        assert os.path.getsize(where) in (len(raw), len(zipped)), where
        os.unlink(where)


def many_calls(folder):
    """More calls between functions than there is room for: no marks, but all the rest."""
    path = os.path.join(folder, "calls.pb")
    with open(path, "wb") as f:
        f.write(profile(70000, lines=2, depth=24))
    if sanitized():
        Ran("top", path).good("inline marks are left out")
    else:
        said = frugal("many calls", "top", path)
        assert said == "residue: too many calls between functions: inline marks are left out\n", said
    head = json.loads(Ran("top", "--json", path).good().out)
    assert head["unmarked"] is True and len(head["rows"]) == 70000, len(head["rows"])
    assert not any("inlined" in row for row in head["rows"])


def on_workload(function):
    with tempfile.TemporaryDirectory() as folder, Workload(WORKLOAD, "steady", dwell=60, linger=60) as w:
        until = time.monotonic() + 30  # it collects by itself now and then
        while json.loads(Ran("top", "--json", w.pid).good().out).get("pprof_num_gc", 0) < 1:
            assert time.monotonic() < until, "no GC in 30 s"
            time.sleep(0.2)
        function(w, folder)


def in_folder(function):
    with tempfile.TemporaryDirectory() as folder:
        function(folder)


TESTS_ = (
    ("passwords are not echoed", in_folder, secrets),
    ("schemes in capitals, sockets by relative paths", in_folder, spelled),
    ("top -n 0 is without a limit", in_folder, all_rows),
    ("an endpoint that fails is named, and memory stands in", on_workload, failing),
    ("an endpoint that works is what is shown and kept", on_workload, the_endpoints),
    ("top waits for the profile alone", in_folder, soon),
    ("age, rate, GC and error band are told", on_workload, told),
    ("a snapshot's profile has its GC", on_workload, dated),
    ("sums past 2^63 - 1 are told in text", in_folder, saturated),
    ("a profile that is not of a heap, or damaged, is told with its URL", in_folder, not_a_heap),
    ("more calls than there is room for cost the marks alone", in_folder, many_calls),
    ("profiles of 40 MB stay within 300 MiB", in_folder, large),
)


def main():
    with Plan() as plan:
        for name, how, function in TESTS_:
            if how is on_workload and not (GO and shutil.which(GO) and os.path.exists(WORKLOAD)):
                plan.skip(name, "no Go tool chain")
            else:
                plan.run(name, how, function)
    finish(plan)


if __name__ == "__main__":
    main()
