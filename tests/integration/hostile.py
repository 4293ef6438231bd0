"""Endpoints that misbehave: one listener for each way, over TCP or a unix socket.

    with Hostile("bomb", unix=None) as server:
        print(server.url)

Every way is a function of the connection and the path that was asked; what it
does and what residue has to say of it are in MODES.
"""
import functools
import gzip
import json
import os
import socket
import struct
import threading
import time
import zlib

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n"
TEXT = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
MIB = 1 << 20
LONG = 20  # s: longer than any timeout of the tests

# The smallest sound heap profile: four sample types and no sample.
PROFILE = b"".join(
    b"\x0a\x04\x08" + bytes([t]) + b"\x10" + bytes([u]) for t, u in ((1, 2), (3, 4), (5, 2), (6, 4))
) + b"".join(b"\x32" + bytes([len(s)]) + s for s in (
    b"", b"alloc_objects", b"count", b"alloc_space", b"bytes", b"inuse_objects", b"inuse_space", b"space",
)) + b"\x5a\x04\x08\x07\x10\x04\x60\x80\x80\x20"

MEMSTATS = {
    "Alloc": 2 * MIB, "TotalAlloc": 3 * MIB, "Sys": 12 * MIB, "Mallocs": 900, "Frees": 100, "HeapAlloc": 2 * MIB,
    "HeapSys": 8 * MIB, "HeapIdle": 5 * MIB, "HeapInuse": 3 * MIB, "HeapReleased": 4 * MIB, "HeapObjects": 800,
    "StackInuse": 65536, "StackSys": 65536, "MSpanSys": 9000, "MCacheSys": 9000, "BuckHashSys": 9000,
    "GCSys": MIB, "OtherSys": 9000, "NextGC": 4 * MIB, "LastGC": 0, "NumGC": 0, "NumForcedGC": 0,
}


def answer(body, head=OK):
    return head + b"Content-Length: %d\r\n\r\n" % len(body) + body


def send(data):
    """Send those bytes, or what a function makes of nothing; the connection closes behind them."""
    @functools.lru_cache
    def made():
        return data() if callable(data) else data

    def run(c, path):
        c.sendall(made())
    run.prepare = made
    return run


def hold(data):
    """Send those bytes, and then nothing more."""
    def run(c, path):
        c.sendall(data)
        wait(c)
    return run


def wait(c):
    """Until the other side has gone."""
    c.settimeout(LONG)
    while c.recv(4096):
        pass


def drip(head, drop, pause=0.02):
    def run(c, path):
        c.sendall(head)
        while True:
            c.sendall(drop)
            time.sleep(pause)
    return run


def flood(head, more):
    def run(c, path):
        c.sendall(head)
        while True:
            c.sendall(more)
    return run


def reset(data):
    def run(c, path):
        c.sendall(data)
        time.sleep(0.05)
        c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return run


def bomb():
    """4 GiB of zeros, compressed: a MiB 4096 times."""
    z = zlib.compressobj(9, zlib.DEFLATED, 31)
    first = z.compress(bytes(MIB)) + z.flush(zlib.Z_FULL_FLUSH)
    more = z.compress(bytes(MIB)) + z.flush(zlib.Z_FULL_FLUSH)
    return answer(first + more * 4095 + z.flush())


def only(where, body, head=OK):
    """A bad answer to one question; the profile is sound, nothing else is there."""
    def run(c, path):
        if path == where:
            c.sendall(answer(body() if callable(body) else body, head))
        elif path == "/debug/pprof/heap":
            c.sendall(answer(gzip.compress(PROFILE)))
        else:
            c.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
    return run


def variables(memstats):
    return only("/debug/vars", b'{"cmdline": [], "memstats": ' + memstats + b"}")


def closes_between(c, path):
    """A sound answer that promises to keep the connection, and does not."""
    c.sendall(answer(gzip.compress(PROFILE)))
    time.sleep(0.05)


def request(c):
    """One more question on this connection."""
    asked = b""
    while b"\r\n\r\n" not in asked:
        got = c.recv(65536)
        if not got:
            raise OSError("closed")
        asked += got
    return asked


def in_turn(first, then):
    """MemStats are answered by `first`, and by `then` from the next question on, on whichever connection."""
    seen = []

    def run(c, path):
        while True:
            if path == "/debug/vars":
                c.sendall(first if not seen else then)
                if seen:
                    return
                seen.append(1)
            else:
                c.sendall(answer(gzip.compress(PROFILE)))
            path = request(c).split(b" ")[1].decode("latin-1")
    return run


def wrong_crc():
    z = bytearray(gzip.compress(PROFILE))
    z[-8] ^= 0xff
    return answer(bytes(z))


def dup(memstats):
    text = json.dumps(memstats)
    return (text[:-1] + ', "HeapAlloc": 99999999}').encode()


SOUND = b'{"cmdline": [], "memstats": ' + json.dumps(MEMSTATS).encode() + b"}"
HUGE = b"X-" + b"a" * 100 + b": " + b"b" * 60000 + b"\r\n"
EMPTY = gzip.compress(b"")

PROFILE_PATH, VARS, METRICS = "profile", "expvar", "metrics"
# name: (what it does, a part of what is said of it or None where it is fine, the question that it answers,
#        how)
MODES = {
    "hang": ("accepts and never answers", "connected, but no answer within", PROFILE_PATH,
        lambda c, p: wait(c)),
    "slowloris": ("headers, a byte at a time", "headers did not end within", PROFILE_PATH,
        drip(OK + b"X-A: ", b"x")),
    "slowbody": ("body, a byte at a time", "too slow", PROFILE_PATH,
        drip(OK + b"Content-Length: 100000\r\n\r\n\x1f\x8b", b"\0")),
    "rst": ("RST after two bytes of body", "broke", PROFILE_PATH,
        reset(OK + b"Content-Length: 1000\r\n\r\n\x1f\x8b")),
    "infinite": ("a body without end", "larger than 64", PROFILE_PATH,
        flood(OK + b"\r\n\x1f\x8b\x08\0", os.urandom(1 << 16))),
    "bomb": ("gzip of 4 GiB", "inflates to more than 100 times its size", PROFILE_PATH,
        send(bomb)),
    "bombbomb": ("gzip in gzip, 64 MiB", "not a profile: malformed field at byte 0", PROFILE_PATH,
        send(lambda: answer(gzip.compress(gzip.compress(bytes(64 * MIB))), OK + b"Content-Encoding: gzip\r\n"))),
    "html": ("a login page", "an HTML page instead of data: a login page", PROFILE_PATH,
        send(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html>login</html>")),
    "redirfile": ("redirects to file:", "redirects to file:///etc/passwd, which is not followed", PROFILE_PATH,
        send(b"HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n")),
    "redirloop": ("redirects to itself", "which is not followed", PROFILE_PATH,
        send(b"HTTP/1.1 302 Found\r\nLocation: /redirloop\r\nContent-Length: 0\r\n\r\n")),
    "hugehdr": ("headers of 60 KB without end", "headers never end", PROFILE_PATH,
        flood(OK, HUGE)),
    "hugelen": ("announces 2^63 - 1 bytes", "larger than 64", PROFILE_PATH,
        hold(OK + b"Content-Length: 9223372036854775807\r\n\r\n\x1f\x8b")),
    "neglen": ("Content-Length: -5", "not proper HTTP: Invalid Content-Length", PROFILE_PATH,
        send(OK + b"Content-Length: -5\r\n\r\nabc")),
    "badchunk": ("a chunk of 2^68 bytes", "not proper HTTP", PROFILE_PATH,
        send(OK + b"Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\nabc")),
    "http09": ("HTTP/0.9", "not an HTTP server", PROFILE_PATH,
        send(b"\x1f\x8b hello there")),
    "cut": ("half of the body", "broke off after", PROFILE_PATH,
        send(lambda: answer(gzip.compress(os.urandom(80000)))[:-40000])),
    "empty": ("an empty body", "heap profile: empty", PROFILE_PATH,
        send(answer(b""))),
    "401": ("401", "401 Unauthorized: it wants credentials", PROFILE_PATH,
        send(b"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n")),
    "escape": ("escape sequences in the status line", "the server failed with 500", PROFILE_PATH,
        send(b"HTTP/1.1 500 \x1b]0;pwned\x07\x1b[2J\r\nContent-Length: 0\r\n\r\n")),
    "100s": ("100 Continue without end", "headers never end", PROFILE_PATH,
        flood(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 100)),
    "reset0": ("RST at once", "connection", PROFILE_PATH,
        reset(b"")),
    # ---- ours ----
    "chunkmax": ("a chunk of 2^63 - 1 bytes", "larger than 64", PROFILE_PATH,
        flood(OK + b"Transfer-Encoding: chunked\r\n\r\n7FFFFFFFFFFFFFFF\r\n", bytes(1 << 16))),
    "chunkext": ("a chunk extension without end", "did not end within", PROFILE_PATH,
        flood(OK + b"Transfer-Encoding: chunked\r\n\r\n1;", b"a" * 65536)),
    "trailers": ("trailers without end", "headers never end", PROFILE_PATH,
        flood(OK + b"Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n", b"X-A: b\r\n" * 100)),
    "twolengths": ("two Content-Lengths", "not a profile", PROFILE_PATH,
        send(OK + b"Content-Length: 3\r\nContent-Length: 7\r\n\r\nabcdefg")),
    "longheader": ("a header line without end", "a line of its headers never ends", PROFILE_PATH,
        flood(OK + b"X-A: ", b"a" * 65536)),
    "nulheader": ("NUL in a header", "not proper HTTP: Nul byte in header", PROFILE_PATH,
        send(OK + b"X-A: a\0b\r\nContent-Length: 0\r\n\r\n")),
    "gzipcrc": ("gzip with a wrong CRC", "gzip: the checksum does not match", PROFILE_PATH,
        send(wrong_crc)),
    "gzipmembers": ("empty gzip members without end", "larger than 64", PROFILE_PATH,
        flood(OK + b"\r\n", EMPTY * 1000)),
    "gziptail": ("bytes behind the gzip", "gzip: no valid header", PROFILE_PATH,
        send(lambda: answer(gzip.compress(PROFILE) + b"\x1b[31mgarbage"))),
    "osc": ("escape sequences in an error's text", "HTTP status 418 instead of 200", PROFILE_PATH,
        send(answer(b"\x1b]52;c;cHduZWQ=\x07\x9b31m\xe2\x80\xaeoops\r\n", b"HTTP/1.1 418 \x1b[2J\r\nContent-Type: text/plain\r\n"))),
    "redirunix": ("redirects to a unix socket, with an escape", "which is not followed", PROFILE_PATH,
        send(b"HTTP/1.1 302 Found\r\nLocation: unix:/run/\x1b[2Jdocker.sock\r\nContent-Length: 0\r\n\r\n")),
    "rstmid": ("RST within a large body", "broke", PROFILE_PATH,
        reset(OK + b"Content-Length: 9000000\r\n\r\n" + bytes(MIB))),
    "switching": ("101, and then another protocol", "too slow", PROFILE_PATH,
        hold(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n\x1b[2J")),
    "tlsslow": ("a TLS handshake that never goes on", "no connection within", PROFILE_PATH,
        lambda c, p: wait(c)),
    "tlsgarbage": ("no TLS where https was asked", "it does not speak TLS", PROFILE_PATH,
        send(b"SSH-2.0-OpenSSH_9.2\r\n")),
    "keepclose": ("closes a connection it promised to keep", None, PROFILE_PATH,
        closes_between),
    "varsarray": ("memstats is an array", "memstats in /debug/vars is not Go's", VARS,
        variables(b"[1, 2, 3]")),
    "varsdup": ("memstats with a key twice", None, VARS,
        variables(dup(MEMSTATS))),
    "vars1e999": ("memstats with 1e999", "memstats is malformed", VARS,
        variables(b'{"HeapAlloc": 1e999}')),
    "varshuge": ("memstats with an integer of 40 digits", "memstats in /debug/vars is not Go's", VARS,
        variables(b'{"HeapAlloc": 1%s}' % (b"0" * 40))),
    "varsdeep": ("memstats 100,000 levels deep", "it ends within a value", VARS,
        variables(b"[" * 100000)),
    "varsescape": ("escape sequences in its keys", "memstats is malformed", VARS,
        variables(b'{"\x1b[2J": "\x1b]0;x\x07"}')),
    "varsendless": ("JSON without end", "larger than 16", VARS,
        lambda c, p: flood(OK + b"\r\n{", b'"a": 1, ' * 8000)(c, p) if p == "/debug/vars" else only("", b"")(c, p)),
    "metricsline": ("10 MB of metrics without a newline", "no Go memory metrics", METRICS,
        only("/metrics", b"go_memstats_heap_alloc_bytes" * 400000, TEXT)),
    "metricsnan": ("metrics that are NaN and infinite", "no Go memory metrics", METRICS,
        only("/metrics", b"go_memstats_heap_alloc_bytes NaN\ngo_memstats_sys_bytes +Inf\n", TEXT)),
    "103s": ("103 Early Hints without end", "headers never end", PROFILE_PATH,
        flood(b"", b"HTTP/1.1 103 Early Hints\r\nLink: </\x1b[2J>\r\n\r\n" * 100)),
    "dripheaders": ("a whole header every 20 ms", "headers did not end within", PROFILE_PATH,
        drip(OK, b"X-A: b\r\n")),
    "chunkneg": ("a chunk of -1 bytes", "not proper HTTP", PROFILE_PATH,
        send(OK + b"Transfer-Encoding: chunked\r\n\r\n-1\r\nabc\r\n0\r\n\r\n")),
    "chunkcut": ("it ends within a chunk", "broke off", PROFILE_PATH,
        send(OK + b"Transfer-Encoding: chunked\r\n\r\nffff\r\n\x1f\x8b\x08")),
    "http2": ("HTTP/2 frames", "not an HTTP server", PROFILE_PATH,
        send(b"\0\0\x12\x04\0\0\0\0\0\0\x03\0\0\0\x64\0\x04\0\x10\0\0")),
    "status999": ("status 999 with NUL bytes", "the server failed with 999", PROFILE_PATH,
        send(answer(b"\0\x1b[2J\0", b"HTTP/1.1 999 \x9b2J\r\nContent-Type: text/plain\r\n"))),
    "partial": ("206, a part of it", "206", PROFILE_PATH,
        send(lambda: answer(gzip.compress(PROFILE), b"HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-9/99\r\n"))),
    "nocontent": ("204", "204", PROFILE_PATH,
        send(b"HTTP/1.1 204 No Content\r\n\r\n")),
    "nuls": ("a MiB of NUL bytes", "not a profile", PROFILE_PATH,
        send(lambda: answer(bytes(MIB)))),
    "redirhttps": ("redirects to https, with a password", "which is not followed", PROFILE_PATH,
        send(b"HTTP/1.1 308 Permanent Redirect\r\nLocation: https://u:p@127.0.0.1:1/\x07\r\nContent-Length: 0\r\n\r\n")),
    "encoded": ("Content-Encoding: br over gzip", None, PROFILE_PATH,
        send(lambda: answer(gzip.compress(PROFILE), OK + b"Content-Encoding: br\r\n"))),
    "smuggled": ("a second answer behind the first", None, PROFILE_PATH,
        send(lambda: answer(gzip.compress(PROFILE)) + answer(b"\x1b[2Jsmuggled"))),
    "tlsdrip": ("a TLS record, a byte at a time", "no connection within", PROFILE_PATH,
        drip(b"\x16\x03\x03\x40\0", b"\x02")),
    "varshalf": ("the second answer on a connection breaks off", "broke", VARS,
        in_turn(answer(SOUND), answer(SOUND)[:-200])),
    "vars401": ("answers once, then 401", "401 Unauthorized: it wants credentials", VARS,
        in_turn(answer(SOUND), b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n")),
    "varshtml": ("JSON that turns into HTML", "it ends within a value", VARS,
        variables(b'{"HeapAlloc": 1, <html>\x1b[2J\0</html>')),
}
TLS = {"tlsslow", "tlsdrip", "tlsgarbage"}  # asked by https, over TCP only


class Hostile:
    """One misbehaving endpoint; `unix` is the path of its socket, or None for TCP."""

    def __init__(self, mode, unix=None):
        self.run = MODES[mode][3]
        getattr(self.run, "prepare", bool)()
        if unix:
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.bind(unix)
            self.url = "unix:" + unix
        else:
            self.socket = socket.socket()
            self.socket.bind(("127.0.0.1", 0))
            self.url = ("https" if mode in TLS else "http") + "://127.0.0.1:%d" % self.socket.getsockname()[1]
        self.socket.listen(16)
        self.longest = 0.0  # s that a connection was kept by the other side
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def _accept(self):
        while True:
            try:
                c, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(c,), daemon=True).start()

    def _serve(self, c):
        c.settimeout(LONG)
        asked = b""
        with c:
            try:
                while b"\r\n\r\n" not in asked and not asked.startswith(b"\x16"):
                    got = c.recv(65536)
                    if not got:
                        return
                    asked += got
                began = time.monotonic()
                try:
                    self.run(c, asked.split(b" ")[1].decode("latin-1") if asked[0] != 0x16 else "")
                finally:
                    self.longest = max(self.longest, time.monotonic() - began)
            except OSError:
                pass  # it has gone, as it should
