#!/usr/bin/env python3
"""What is asked of an endpoint: which paths, in which order, with whose credentials, and for how long."""
import concurrent.futures
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

HERE = os.path.dirname(os.path.abspath(__file__))
TESTS = os.path.dirname(HERE)
sys.path[:0] = [HERE] + [os.path.join(TESTS, d) for d in ("lib", "bench")]
from endpoints import Ran, SECRETS, Site  # noqa: E402
from hostile import MEMSTATS, OK, PROFILE, TEXT, answer  # noqa: E402
from live import RESIDUE, WORKLOAD, Pty  # noqa: E402
from tap import Plan, Skip, finish  # noqa: E402

HEAP, VARS, METRICS = "/debug/pprof/heap", "/debug/vars", "/metrics"
GZIPPED = gzip.compress(PROFILE)
EXPVAR = b'{"cmdline": [], "memstats": %s}' % json.dumps(MEMSTATS).encode()
PAGE = "".join("go_memstats_%s_bytes %g\n" % (name, MEMSTATS[key]) for name, key in (
    ("heap_alloc", "HeapAlloc"), ("heap_sys", "HeapSys"), ("heap_idle", "HeapIdle"), ("heap_inuse", "HeapInuse"),
    ("heap_released", "HeapReleased"), ("stack_sys", "StackSys"), ("mspan_sys", "MSpanSys"), ("sys", "Sys"))).encode()
MISSING = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
FORBIDDEN = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"
UNKNOWN = b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n"
INDEX = answer(b"<html><head>\n<title>/debug/pprof/</title>", b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n")
HANGS = None


class Routes:
    """A server with an answer a path, or a function that makes it; what it was asked, head and all, is in `asked`."""

    def __init__(self, routes):
        self.routes, self.asked, self.held = routes, [], []
        self.socket = socket.socket()
        self.socket.bind(("127.0.0.1", 0))
        self.socket.listen(64)
        self.url = "http://127.0.0.1:%d" % self.socket.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()
        for c in self.held:
            c.close()

    def paths(self):
        return [head.split(" ")[1] for head in self.asked]

    def _accept(self):
        while True:
            try:
                c, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(c,), daemon=True).start()

    def _serve(self, c):
        head = b""
        while b"\r\n\r\n" not in head:
            got = c.recv(65536)
            if not got:
                c.close()
                return
            head += got
        self.asked.append(head.decode("latin-1"))
        said = self.routes.get(head.split(b" ")[1].decode("latin-1"), MISSING)
        said = said() if callable(said) else said
        if said is HANGS:
            self.held.append(c)
            return
        try:
            c.sendall(said)
        except OSError:
            pass
        c.close()


def named_profile(_):
    """A URL that names a profile: that one, and no other."""
    for path in ("/my/heap", "/debug/pprof/allocs", "/x/debug/pprof/heap"):
        with Routes({path: answer(GZIPPED)}) as server:
            Ran("top", server.url + path).said_that(0, "")
            profiles = [p for p in server.paths() if "debug/vars" not in p and "metrics" not in p and "=1" not in p]
            assert set(profiles) == {path}, server.paths()


def unknown_path(_):
    """A base, if there is something below it; else what it says."""
    with Routes({"/x" + HEAP: answer(GZIPPED)}) as server:
        Ran("top", server.url + "/x/").said_that(0, "")
        assert "/x" not in server.paths(), server.paths()
    with Routes({"/x": answer(GZIPPED)}) as server:
        Ran("top", server.url + "/x").said_that(0, "")
    with Routes({"/x": HANGS}) as server:
        r = Ran("top", "--timeout", 0.5, server.url + "/x")
        r.said_that(3, "/x: connected, but no answer within")
    with Routes({}) as server:
        Ran("top", server.url + "/x").said_that(1, "/x: 404 Not Found: tried itself, " + HEAP)


def figures(routes, path="", **options):
    """(whether heap_alloc came, the paths in order, stderr) of a URL."""
    with Routes(routes) as server:
        r = Ran("-b", "--json", "-n", options.pop("n", 6), "-d", "0.3", "--timeout", "0.5", server.url + path)
        return any('"heap_alloc"' in line for line in r.out.splitlines()), server.paths(), r.said


def named_figures(_):
    """A URL that names MemStats: that is asked first, and the rest behind it."""
    came, paths, _ = figures({METRICS: answer(PAGE, TEXT), VARS: FORBIDDEN}, METRICS)
    assert came and VARS not in paths, paths
    came, paths, _ = figures({VARS: answer(EXPVAR), METRICS: answer(PAGE, TEXT)}, VARS)
    assert came and METRICS not in paths, paths


def ladder(_):
    """Whatever one path says, the next one is asked; one that never answers does not stop it."""
    endless = OK + b"Content-Length: %d\r\n\r\n" % (1 << 40)
    for first in (MISSING, FORBIDDEN, UNKNOWN, endless, answer(b"no JSON"), HANGS):
        came, paths, said = figures({HEAP: answer(GZIPPED), VARS: first, METRICS: answer(PAGE, TEXT)}, n=12)
        assert came and VARS in paths, (first, paths, said)


def nothing_there(_):
    """404 everywhere: said with all that was tried, within the time that one question has."""
    with Routes({}) as server:
        r = Ran("top", "--timeout", 5, server.url)
        r.said_that(1, "404 Not Found: tried %s, %s, %s; is it below another path" % (HEAP, VARS, METRICS))
    with Routes({VARS: HANGS}) as server:
        r = Ran("top", "--timeout", 0.5, server.url)
        r.said_that(1, "404 Not Found: tried %s; is it below another path" % HEAP)


def each_trouble(_):
    """What goes wrong later, and a second thing beside the first, is told: each once."""
    with Routes({VARS: UNKNOWN}) as server:
        r = Ran("-b", "-n", 4, "-d", "0.3", server.url)
        assert "404 Not Found: tried" in r.said and "401 Unauthorized" in r.said, r.said
    with Routes({VARS: answer(EXPVAR)}) as server:
        threading.Timer(1.5, server.routes.update, ({VARS: HANGS},)).start()
        r = Ran("-b", "--json", "-n", 50, "-d", "0.1", "--timeout", "0.5", server.url)
        assert r.said.count("though /debug/vars answers") == 1, r.said
        assert r.said.count("/debug/vars: connected, but no answer within") == 1, r.said


def credentials(_):
    """They go to what the user named; not to what a probe of a process's sockets found."""
    token = "Authorization: Bearer " + SECRETS["token"]
    routes = {"/debug/pprof/": INDEX, HEAP: answer(GZIPPED), VARS: answer(EXPVAR)}
    with Routes(routes) as server, tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, ".netrc"), "w") as f:
            f.write("machine 127.0.0.1 login user password %s\n" % SECRETS["password"])
        os.chmod(f.name, 0o600)
        with_all = ("--header", token, "--netrc")
        Ran("-b", "-n", 6, "-d", "0.3", "--probe", *with_all, os.getpid(), env={"HOME": folder})
        assert HEAP in server.paths() and VARS in server.paths(), server.paths()
        assert not [head for head in server.asked if "uthorization" in head], server.asked
        server.asked.clear()
        Ran("-b", "-n", 3, "-d", "0.3", *with_all, "%d@%s" % (os.getpid(), server.url), env={"HOME": folder})
        assert server.asked and all(token in head for head in server.asked), server.asked


ALONE = """
import subprocess, sys
residue, workload = sys.argv[1:]
w = subprocess.Popen([workload, "-scenario", "steady", "-listen", "127.0.0.1:0", "-dwell", "60s"], stdout=subprocess.PIPE)
while b"ready" not in w.stdout.readline():
    pass
for options in (["--probe"], []):
    r = subprocess.run([residue, "-b", "--json", "-n", "1", "-d", "0.3", *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    print(r.returncode, b'"endpoint"' in r.stdout, b"Go's pprof" in r.stderr)
w.kill()
"""


def probe_of_all(_):
    """-b without a target asks the sockets of all Go processes, if --probe says so."""
    inner = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"]
    if not os.access(WORKLOAD, os.X_OK) or os.getuid() or subprocess.run([*inner, "true"],
                                                                         stderr=subprocess.DEVNULL).returncode:
        raise Skip("no workload, or a pid namespace is not permitted")
    r = subprocess.run([*inner, sys.executable, "-c", ALONE, RESIDUE, WORKLOAD], stdout=subprocess.PIPE, text=True,
                       timeout=60, check=True)
    assert r.stdout.split("\n")[:2] == ["0 True True", "0 False False"], r.stdout


def patience(_):
    """--timeout is the time of a question, be it more than the default or less."""
    def ends(seconds):
        with Routes({HEAP: HANGS, VARS: HANGS, METRICS: HANGS}) as server:
            r = Ran("top", "--timeout", seconds, server.url)
        r.said_that(3, "no answer within")
        assert r.seconds > seconds, "%.2f s of %g" % (r.seconds, seconds)
        return r.seconds
    with concurrent.futures.ThreadPoolExecutor() as pool:
        list(pool.map(ends, (0.3, 7)))


def once_a_second(_):
    """MemStats, however often RES is read."""
    with Routes({HEAP: answer(GZIPPED), VARS: answer(EXPVAR)}) as server:
        r = Ran("-b", "--json", "-n", 40, "-d", "0.1", server.url)
        asked = server.paths().count(VARS)
    # And up to four more, in pairs, to know what one costs.
    assert 2 <= asked <= r.seconds / 0.9 + 6, "%d times in %.1f s" % (asked, r.seconds)


def starts_anew(_):
    """A URL at which another program answers is asked on."""
    gcs = iter([200] + list(range(110, 200)))

    def figures_of_now():
        return answer(b'{"cmdline": [], "memstats": %s}' % json.dumps({**MEMSTATS, "NumGC": next(gcs)}).encode())
    with Routes({HEAP: answer(GZIPPED), VARS: figures_of_now}) as server:
        r = Ran("-b", "--json", "-n", 12, "-d", "0.5", server.url)
    lines = [json.loads(line) for line in r.out.splitlines()]
    assert [x["kind"] for x in lines if x["type"] == "event" and x["kind"] == "exec"] == ["exec"], r.out
    assert [x["num_gc"] for x in lines if "num_gc" in x][-1] >= 111, r.out


def profiles_alone(_):
    """Where nothing else is served, MemStats come with each profile: both are asked for again."""
    text = b"heap profile: 0: 0 [0: 0] @ heap/1048576\n\n# runtime.MemStats\n" + b"".join(
        b"# %s = %d\n" % (name.encode(), n) for name, n in MEMSTATS.items() if isinstance(n, int))
    with Routes({HEAP: answer(GZIPPED), HEAP + "?debug=1": answer(text, TEXT)}) as server:
        r = Ran("-b", "--json", "-n", 12, "-d", "0.5", "--profile-every", 1, server.url)
        asked = server.paths()
    assert '"read":"pprof"' in r.out and '"heap_alloc"' in r.out, r.out
    assert asked.count(HEAP) >= 3 and asked.count(HEAP + "?debug=1") >= 3, asked


def gzip_is_gzip(_):
    """Whatever its label says."""
    with Routes({HEAP: answer(GZIPPED, b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n")}) as server:
        Ran("top", server.url).said_that(0, "")


def key_with_a_password(_):
    """Is refused: nobody is asked for it, on the terminal or elsewhere."""
    if not shutil.which("openssl"):
        raise Skip("openssl is not installed")
    with Site("-client-out", "CLIENT") as w:
        locked = w.path("locked.pem")
        subprocess.run(["openssl", "pkcs8", "-topk8", "-in", w.client, "-out", locked, "-passout", "pass:x"], check=True,
                       stderr=subprocess.DEVNULL)
        command = [RESIDUE, "top", "--timeout", "5", "--cacert", w.cert, "--cert", w.client, "--key", locked, w.url]
        with Pty(command) as p:
            shown, end = b"", time.monotonic() + 20
            while b"residue: " not in shown and time.monotonic() < end:
                shown += p.read(0.1)
        assert b"the client certificate cannot be used" in shown and b"phrase" not in shown.split(b"residue: ")[0], shown
        assert b"has a password" in shown, shown


def main():
    plan = Plan()
    with plan:
        for name, function in (("a URL that names a profile", named_profile), ("an unknown path", unknown_path),
                               ("a URL that names MemStats", named_figures), ("one path after another", ladder),
                               ("nothing there", nothing_there),
                               ("each trouble once", each_trouble), ("credentials", credentials), ("--probe of all", probe_of_all),
                               ("--timeout", patience),
                               ("MemStats once a second", once_a_second), ("another program", starts_anew),
                               ("profiles alone", profiles_alone),
                               ("gzip labelled HTML", gzip_is_gzip)):
            plan.run(name, function, None)
        if os.access(WORKLOAD, os.X_OK):
            plan.run("a client key with a password", key_with_a_password, None)
        else:
            plan.skip("a client key with a password", "the workload is not built: no Go tool chain")
    return plan


if __name__ == "__main__":
    finish(main())
