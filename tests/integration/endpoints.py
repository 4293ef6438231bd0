#!/usr/bin/env python3
"""Endpoints that hang, lie, drip and never end; TLS and authentication.

  endpoints.py             TAP
  endpoints.py --table     write docs/endpoints.md: each way, the time it took, what was said

Of each way in hostile.py, over TCP and over a unix socket: the question ends in
a named error, in bounded time and memory; RES is sampled on all the while; and
no byte of the answer reaches the output raw.
"""
import base64
import concurrent.futures
import functools
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
TESTS = os.path.dirname(HERE)
sys.path[:0] = [os.path.join(TESTS, d) for d in ("lib", "golden", "bench")]
from hostile import MEMSTATS, MODES, PROFILE_PATH, TLS, VARS, Hostile, answer, in_turn  # noqa: E402
from live import RESIDUE, TOP, WORKLOAD, Workload  # noqa: E402
from tap import Plan, Skip, finish  # noqa: E402
from tui import TUI  # noqa: E402

TIMEOUT = 0.5  # s, as given to residue
PATIENCE = 8.0  # s: a machine that is busy is no failure; without an end it would be 20
SAMPLES = 10
RSS_MOST = 300 << 20
RAW = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def peak(pid):
    try:
        with open("/proc/%d/status" % pid) as f:
            return int(re.search(r"VmHWM:\s+(\d+)", f.read()).group(1)) << 10
    except (OSError, AttributeError):
        return 0


class Ran:
    """A finished residue: what it said, how long it took, its peak memory."""

    def __init__(self, *args, env=None, **kw):
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as said:
            began = time.monotonic()
            process = subprocess.Popen([RESIDUE, *map(str, args)], stdin=subprocess.DEVNULL, stdout=out, stderr=said,
                                       env={**os.environ, **(env or {})}, **kw)
            self.rss = 0
            while True:
                # ru_maxrss begins with ours, before exec: a bound, and no figure.
                self.rss = max(self.rss, peak(process.pid))
                pid, status, usage = os.wait4(process.pid, os.WNOHANG)
                if pid:
                    break
                time.sleep(0.005)
            process.returncode = self.code = os.waitstatus_to_exitcode(status)
            self.seconds = time.monotonic() - began
            self.rss_most = usage.ru_maxrss << 10
            out.seek(0)
            said.seek(0)
            # Strict: what is not UTF-8 is a raw byte as well.
            self.out, self.said = out.read().decode("utf-8"), said.read().decode("utf-8")

    def first(self):
        return self.said.splitlines()[0] if self.said else ""

    def visible(self):
        for text in (self.out, self.said):
            found = RAW.search(text)
            assert not found, "raw %r in the output: %r" % (found.group(), text[max(0, found.start() - 60):][:120])

    def said_that(self, code, words):
        assert self.code == code, "exit %d, wanted %d: %s" % (self.code, code, self.said)
        assert words in self.said, "no %r in %r" % (words, self.said)


@functools.lru_cache
def sanitized():
    """A build with a sanitizer has no memory limit to speak of."""
    with open(RESIDUE, "rb") as f:
        program = f.read()
    return b"__asan_init" in program or b"__tsan_init" in program


def ask_profile(server, timeout=TIMEOUT):
    return Ran("top", "--timeout", timeout, server.url)


def ask_runtime(server, pid, how, timeout=TIMEOUT):
    samples = SAMPLES if timeout == TIMEOUT else 10 * timeout + SAMPLES
    return Ran("-b", "--json", "-d", "0.1", "-n", int(samples), "--timeout", timeout, "--read", how,
               "%d@%s" % (pid, server.url))


def too_slow(words, said):
    """The time was up before the other limit, as it may be where the machine is busy."""
    return words not in said and re.search(r"no answer within|no connection within|did not end within|too slow|"
                                           r"no answer yet", said)


def res_flows(r):
    samples = [x for x in map(json.loads, r.out.splitlines()) if x["type"] == "sample"]
    assert r.code == 0, "exit %d: %s" % (r.code, r.said)
    assert len(samples) == SAMPLES and all(x["rss"] > 0 for x in samples), "%d samples" % len(samples)
    return samples


def one(mode, over, pid, folder):
    """(the row of the table, why it is wrong or "")."""
    what, words, question, _ = MODES[mode]
    unix = os.path.join(folder, mode + ".sock") if over == "unix" else None
    row = {"mode": mode, "what": what, "over": over, "seconds": None, "rss": 0, "said": ""}
    try:
        with Hostile(mode, unix) as server:
            how = question if question != PROFILE_PATH else VARS
            watched = ask_runtime(server, pid, how)
            answer = watched
            if question == PROFILE_PATH:
                answer = ask_profile(server)
                row["seconds"] = answer.seconds
            row["rss"] = max(answer.rss, watched.rss)
            row["said"] = re.sub(r"((https?://[0-9.:]+|unix:\S+\.sock)(/\S+?)?: )+", "",
                                 answer.first().replace("residue: ", ""))
            for r in (watched, answer):
                r.visible()
            res_flows(watched)
            assert server.longest < TIMEOUT + PATIENCE, "a connection was kept for %.1f s" % server.longest
            assert row["seconds"] is None or row["seconds"] < 2 * TIMEOUT + PATIENCE, "took %.1f s" % row["seconds"]
            most = max(answer.rss_most, watched.rss_most)
            assert sanitized() or most <= RSS_MOST, "%d MiB" % (most >> 20)
            if words and too_slow(words, answer.said):
                answer = (ask_profile(server, PATIENCE) if question == PROFILE_PATH
                          else ask_runtime(server, pid, how, 2))
            if words:
                assert words in answer.said, "no %r in %r" % (words, answer.said)
            elif words is None:
                said = re.sub(r"residue: (\d+ samples were lost: .*|served by .* ago, .*)\n", "", answer.said)
                assert not said, said
            if question == PROFILE_PATH:
                assert (answer.code == 0) == (words is None), "exit %d: %s" % (answer.code, answer.said)
    except (AssertionError, OSError, ValueError) as error:
        return row, "%s: %s" % (type(error).__name__, error)
    return row, ""


def hostile_rows(workers=6):
    jobs = [(m, over) for m in MODES for over in ("tcp", "unix") if over == "tcp" or m not in TLS]
    with Workload(WORKLOAD, "steady", dwell=300, scale=0.1) as w, tempfile.TemporaryDirectory() as folder, \
            concurrent.futures.ThreadPoolExecutor(workers) as pool:
        return list(pool.map(lambda job: one(*job, w.pid, folder), jobs))


# ---- TLS and authentication ---------------------------------------------------

SECRETS = {"password": "hunter2-s3cret", "token": "tok3n-0123456789"}


def no_secret(*texts, folder=None):
    """Neither on the screen nor in a file, not even base64 as it is sent."""
    needles = [s for v in SECRETS.values() for s in (v, base64.b64encode(("user:" + v).encode()).decode())]
    for text in texts:
        for needle in needles:
            assert needle not in text, "a secret in %r" % text[-300:]
    for path, _, names in os.walk(folder or ""):
        for name in names:
            with open(os.path.join(path, name), "rb") as f:
                data = f.read()
            for needle in needles:
                assert needle.encode() not in data, "a secret in %s" % name


class Site:
    """The workload behind a listener, and files to talk to it with."""

    def __init__(self, *extra, tls=True):
        self.folder = tempfile.mkdtemp()
        self.cert, self.client = self.path("cert.pem"), self.path("client.pem")
        listen = ("-listen", "tls:127.0.0.1:0", "-cert-out", self.cert) if tls else ()
        self.workload = Workload(WORKLOAD, "steady", dwell=300, scale=0.1,
                                 extra=(*listen, *(x.replace("CLIENT", self.client) for x in extra)))
        self.url, self.pid = self.workload.url, self.workload.pid

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        with open(self.path(name), "w") as f:
            f.write(text)
        os.chmod(self.path(name), 0o600)
        return self.path(name)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.workload.__exit__()
        shutil.rmtree(self.folder)

    def top(self, *args, url=None, env=None):
        r = Ran("top", "--timeout", 5, *args, url or self.url, env=env)
        r.visible()
        no_secret(r.out, r.said)
        return r

    def snapshot(self, *args, url=None, env=None):
        """Everything that a snapshot and a batch run leave, searched for what is secret."""
        target = "%d@%s" % (self.pid, url or self.url)
        s = Ran("snapshot", "-o", self.path("snapshots"), *args, target, env=env)
        b = Ran("-b", "--json", "-n", 2, "-d", "0.2", "--read", "expvar", *args, target, env=env)
        c = Ran("-b", "-n", 1, *args, target, env=env)
        assert s.code == 0 and os.path.isdir(s.out.strip()), s.said
        assert '"heap_alloc"' in b.out, b.out + b.said
        no_secret(*(x for r in (s, b, c) for x in (r.out, r.said)), folder=self.path("snapshots"))
        no_secret("", folder=s.out.strip())


def tls(_):
    with Site() as w:
        w.top().said_that(1, "its certificate is self-signed: trust it with --cacert FILE, or use --insecure")
        w.top("--cacert", w.cert).said_that(0, "")
        w.top("--insecure").said_that(0, "")
        w.top("--cacert", w.path("no.pem")).said_that(2, "--cacert")
        w.top("--cacert", w.write("bad.pem", "no certificate")).said_that(2, "--cacert cannot be used")
        w.top("--cacert", w.cert, url=w.url.replace("127.0.0.1", "127.0.0.2")).said_that(3, "connection refused")
        w.top(url=w.url.replace("https:", "http:")).said_that(1, "it speaks TLS: use https:// instead of http://")
        w.snapshot("--cacert", w.cert)
    with Site(tls=False) as w:
        w.top(url=w.url.replace("http:", "https:")).said_that(1, "it does not speak TLS: use http:// instead of https://")


def client_certificate(_):
    with Site("-client-out", "CLIENT") as w:
        nothing = w.write("nothing.pem", "nothing")
        # Go before 1.20 calls a missing one a bad one.
        w.top("--cacert", w.cert).said_that(1, ": --cert FILE and --key FILE")
        w.top("--cacert", w.cert, "--cert", w.client, "--key", w.client).said_that(0, "")
        w.top("--cacert", w.cert, "--cert", nothing).said_that(2, "the client certificate cannot be used")
        with Site("-client-out", "CLIENT") as stranger:
            w.top("--cacert", w.cert, "--cert", stranger.client, "--key", stranger.client).said_that(
                1, "not accept our client certificate")
        w.snapshot("--cacert", w.cert, "--cert", w.client, "--key", w.client)


def bearer(_):
    token = SECRETS["token"]
    with Site("-bearer", token, tls=False) as w:
        w.top().said_that(1, "401 Unauthorized: it wants credentials (--header, --netrc, --cert)")
        w.top("--header", "Authorization: Bearer wrong").said_that(1, "401 Unauthorized")
        right = ("--header", "Authorization: Bearer " + token)
        w.top(*right).said_that(0, "")
        w.snapshot(*right)
        # Sent to what the user named, and to nobody else: its own sockets are probed without.
        p = Ran("-b", "-n", 1, *right, "--probe", w.pid)
        no_secret(p.out, p.said)


def basic(_):
    password = SECRETS["password"]
    with Site("-basic-auth", "user:" + password, tls=False) as w:
        home = {"HOME": w.folder}
        w.top("--netrc", env=home).said_that(1, "401 Unauthorized")
        w.write(".netrc", "machine 127.0.0.1 login user password wrong\n")
        w.top("--netrc", env=home).said_that(1, "401 Unauthorized")
        w.write(".netrc", "machine 127.0.0.1 login user password %s\n" % password)
        w.top("--netrc", env=home).said_that(0, "")
        w.top(env=home).said_that(1, "401 Unauthorized")
        w.snapshot("--netrc", env=home)
        inside = w.url.replace("http://", "http://user:%s@" % password)
        w.top(url=inside).said_that(0, "")
        w.snapshot(url=inside)
        w.top(url=inside + "/nowhere").said_that(1, "404 Not Found: tried itself, /debug/pprof/heap, /debug/vars, /metrics")
        w.top(url=inside.replace(password, password + "-not")).said_that(1, "401 Unauthorized")


# ---- behind caddy -------------------------------------------------------------


# Of the password, at the least cost: caddy's own takes a second of CPU for each request.
BCRYPT = "$2a$04$abcdefghijklmnopqrstuuJl8Fv6KCSCoBhNYi.qG0nGzWeMOD3mG"
CADDYFILE = """{
    admin 127.0.0.1:%(admin)d
    skip_install_trust
    default_sni localhost
    http_port %(http)d
    https_port %(https)d
    auto_https disable_redirects
}
https://localhost:%(https)d {
    tls internal
    basicauth {
        user %(hash)s
    }
    reverse_proxy 127.0.0.1:%(behind)d
}
http://127.0.0.1:%(http)d {
    respond "<html><body>Please sign in</body></html>" 200 {
        close
    }
    header Content-Type text/html
}
"""


def free_ports(n):
    held = [socket.socket() for _ in range(n)]
    for s in held:
        s.bind(("127.0.0.1", 0))
    ports = [s.getsockname()[1] for s in held]
    for s in held:
        s.close()
    return ports


class Caddy:
    """A caddy in front of a Site: TLS by its own authority, basic authentication, a login page, its admin."""

    def __init__(self, site):
        self.admin, self.http, self.https = free_ports(3)
        self.env = {**os.environ, "HOME": site.folder, "XDG_DATA_HOME": site.folder, "XDG_CONFIG_HOME": site.folder}
        config = site.write("Caddyfile", CADDYFILE % {
            "admin": self.admin, "http": self.http, "https": self.https, "hash": BCRYPT,
            "behind": int(site.url.rsplit(":", 1)[1])})
        self.ca = site.path("caddy/pki/authorities/local/root.crt")
        with open(site.path("caddy.log"), "wb") as log:
            self.process = subprocess.Popen(["caddy", "run", "--config", config, "--adapter", "caddyfile"],
                                            env=self.env, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        for _ in range(600):
            if os.path.exists(self.ca) and self.answers():
                return
            assert self.process.poll() is None, open(site.path("caddy.log")).read()[-1000:]
            time.sleep(0.05)
        raise AssertionError("caddy does not start")

    def answers(self):
        for port in (self.admin, self.http, self.https):
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
            except OSError:
                return False
        return True

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


def behind_caddy(_):
    if not shutil.which("caddy"):
        raise Skip("caddy is not installed (Debian package caddy)")
    with Site(tls=False) as w, Caddy(w) as c:
        url = "https://localhost:%d" % c.https
        w.write(".netrc", "machine localhost login user password %s\n" % SECRETS["password"])
        home = {"HOME": w.folder}
        auth = ("--cacert", c.ca, "--netrc")
        w.top(url=url, env=home).said_that(1, "its certificate is of an unknown authority: name that with --cacert FILE")
        w.top("--cacert", c.ca, url=url).said_that(1, "401 Unauthorized: it wants credentials")
        w.top(*auth, url=url, env=home).said_that(0, "")
        w.top("--insecure", "--netrc", url=url, env=home).said_that(0, "")
        w.snapshot(*auth, url=url, env=home)
        w.top("--cacert", c.ca, url="https://127.0.0.1:%d" % c.https).said_that(
            1, "its certificate is for another name: use that name in the URL")
        w.top(url="http://127.0.0.1:%d" % c.http).said_that(1, "an HTML page instead of data: a login page")
        # Its admin: the very address it listens on, and no other name.
        w.top(url="http://127.0.0.1:%d" % c.admin).said_that(0, "")
        w.top("--header", "Host: localhost", url="http://127.0.0.1:%d" % c.admin).said_that(
            1, "403 Forbidden: {\"error\":\"host not allowed: localhost\"} (a server that checks the Host header")


TABLE = """# Endpoints that misbehave

Made by `tests/integration/endpoints.py --table`; the same test runs in `make
check`, where it holds that each ends in a named error, that ten samples of RES
are taken all the while, that the peak stays below 300 MiB, and that no control
byte reaches the output. Here `--timeout` was %g s. "s" is the whole run of
`residue top URL` (its start is %.2f s of it), over TCP and over a unix socket;
"MiB" the larger peak RSS of it and of `residue -b`. What is asked as MemStats
only has no time of its own: RES is printed meanwhile.

The first %d are what a test kit of the project's began with.

| way | the server | tcp s | unix s | MiB | what residue says |
|---|---|---|---|---|---|
"""


def table():
    """docs/endpoints.md; True where all is as it should be."""
    rows = {}
    with Hostile("401") as server:
        start = min(ask_profile(server).seconds for _ in range(5))
    for row, why in hostile_rows(workers=1):
        if why:
            print("%s over %s: %s" % (row["mode"], row["over"], why))
        rows.setdefault(row["mode"], []).append((row, why))
    with open(os.path.join(TOP, "docs", "endpoints.md"), "w") as f:
        f.write(TABLE % (TIMEOUT, start, list(MODES).index("chunkmax")))
        for mode, over in rows.items():
            tcp, unix = over[0][0], over[-1][0] if len(over) == 2 else {"seconds": None, "rss": 0}
            accepted = not MODES[mode][1]
            said = "(it is accepted)" if accepted else re.sub(r"(?<=:)\d{4,5}(?=/)", "PORT", tcp["said"])
            f.write("| %s | %s | %s | %s | %d | %s |\n" % (
                mode, tcp["what"], *("%.2f" % r["seconds"] if r["seconds"] else "" for r in (tcp, unix)),
                max(tcp["rss"], unix["rss"]) >> 20, said.replace("|", "\\|")))
    return not any(why for both in rows.values() for _, why in both)


def another_program(_):
    """One that answers where another did: nothing of the old one is told of it."""
    old = {**MEMSTATS, "TotalAlloc": 9 << 30, "NumGC": 100, "NumForcedGC": 20}
    new = {**MEMSTATS, "NumGC": 110, "NumForcedGC": 25}

    def body(memstats):
        return answer(b'{"cmdline": [], "memstats": %s}' % json.dumps(memstats).encode())
    run = in_turn(body(old), body(new))
    MODES["another"] = ("", None, VARS, run)
    with Hostile("another") as server:
        r = Ran("-b", "--json", "-n", 6, "-d", "0.5", "--read", "expvar", server.url)
    lines = [json.loads(x) for x in r.out.splitlines()]
    events = [(x["kind"], x["text"]) for x in lines if x["type"] == "event"]
    assert events == [("exec", "another program answers: its counters began anew")], events
    assert [x["num_gc"] for x in lines if "num_gc" in x][-1] == 110, r.out


def many(_):
    """Bodies without end from many endpoints take no more memory than from one."""
    with Hostile("infinite") as server:
        r = Ran("-b", "--json", "-n", 3, "-d", "0.5", "--timeout", 2, *("%s/%d" % (server.url, i) for i in range(8)))
    assert "with those of other endpoints it is more than 96" in r.said, r.said
    assert sanitized() or r.rss < RSS_MOST, "%d MiB" % (r.rss >> 20)


def missing(_):
    """3 is a target that is not there; a file that is not is 1; a word that means nothing is 2."""
    with tempfile.TemporaryDirectory() as folder:
        empty = os.path.join(folder, "snapshots")
        for arguments in (["snapshot", "-o", empty], ["top"], ["-b", "-n", 1]):
            Ran(*arguments, "http://127.0.0.1:1").said_that(3, "connection refused")
        with Hostile("401") as server:  # somebody is there
            for arguments in (["snapshot", "-o", empty], ["top"], ["-b", "-n", 1]):
                Ran(*arguments, server.url).said_that(1, "401 Unauthorized")
        assert not os.path.exists(empty), os.listdir(empty)
        none = os.path.join(folder, "none")
        for arguments in (["top", none], ["top", "none.pb.gz"], ["list", "--script", none], ["-b", "--proc", none]):
            Ran(*arguments, cwd=folder).said_that(1, "No such file or directory")
        for arguments in (["list"], ["-b", "-n", 1], []):
            Ran("--theme", "nonsense", *arguments).said_that(2, 'no theme "nonsense"')
        for arguments in (["list"], ["-b", "-n", 1], ["top", os.getpid()], ["snapshot", os.getpid()]):
            Ran("--cacert", none, *arguments).said_that(2, "--cacert " + none)
            Ran("--header", "none", *arguments).said_that(2, "--header wants")
        os.mkfifo(os.path.join(folder, ".netrc"))
        Ran("list", "--netrc", env={"HOME": folder}).said_that(2, ".netrc is no file")
        with open(os.path.join(folder, "heap@1:2"), "wb") as f:
            f.write(b"{}")
        for name in ("heap@1:2", os.path.join(folder, "heap@1:2")):
            Ran("top", name, cwd=folder).said_that(1, "JSON, not a profile")
        Ran("top", "nonsense").said_that(2, "is no target")


def proxies(_):
    """What is on this machine is asked itself, whatever the environment says."""
    env = dict.fromkeys(("http_proxy", "https_proxy", "all_proxy", "ALL_PROXY"), "http://127.0.0.1:1")
    with Hostile("keepclose") as server:
        for host in ("127.0.0.1", "127.1", "LOCALHOST", "[::ffff:127.0.0.1]"):
            Ran("top", server.url.replace("127.0.0.1", host), env=env).said_that(0, "")


# ---- a GC by its key -------------------------------------------------------------


def gc_by_key(options):
    """g asks; y forces one, 2 two in a row, n none: as the program itself counts. They are told as residue's."""
    with Workload(WORKLOAD, "steady", dwell=0.001, scale=0.1, linger=300) as w, \
            TUI([RESIDUE, *options, "%d@%s" % (w.pid, w.url)], 160, 45) as screen:
        def forced():
            with urllib.request.urlopen(w.url + "/debug/vars") as f:
                return json.load(f)["memstats"]["NumForcedGC"]

        def until(what, holds):
            assert screen.until(holds, 30), "%s:\n%s" % (what, screen.text())

        def press(key, count):
            screen.keys("g")
            until("no question", lambda: "Force a GC" in screen.text())
            assert forced() == had, "forced before the answer"
            screen.keys(key)
            until("of %d none was forced" % count, lambda: forced() >= had + count)
            screen.until(lambda: False, 0.5)
            assert forced() == had + count, "%d instead of %d" % (forced() - had, count)

        until("the scenario's own two", lambda: forced() == 2 and "GC goal" in screen.text())
        had, own = 2, screen.text().count("FreeOSMemory gave")
        for key, count in (("y", 1), ("n", 0), ("2", 2)):
            press(key, count)
            had += count
            until("they are not told as residue's", lambda: re.search(r" GC .*forced by residue", screen.text()))
            assert screen.text().count("FreeOSMemory gave") <= max(own, 1), screen.text()


def main():
    plan = Plan()
    with plan:
        if not os.access(WORKLOAD, os.X_OK):
            plan.skip("endpoints", "the workload is not built: no Go tool chain")
            return plan
        for row, why in hostile_rows():
            plan.ok(not why, "%s over %s" % (row["mode"], row["over"]), why)
        for name, function in (("TLS", tls), ("a client certificate", client_certificate), ("a bearer token", bearer),
                               ("basic authentication", basic), ("behind caddy", behind_caddy),
                               ("another program at the same URL", another_program), ("many endpoints", many),
                               ("what is not there", missing), ("proxies", proxies)):
            plan.run(name, function, None)
        plan.run("a GC by its key", gc_by_key, ())
        plan.run("a GC by its key, read by expvar", gc_by_key, ("--read", "expvar"))
    return plan


if __name__ == "__main__":
    if "--table" in sys.argv:
        sys.exit(0 if table() else 1)
    finish(main())
