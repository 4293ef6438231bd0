"""What the benchmarks and the live tests share: a workload to watch, and programs in ptys.

    with Workload(binary, "steady", dwell=60) as w:
        print(w.pid, w.url, w.journal)
"""
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import threading
import time

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TOP = os.path.dirname(TESTS)
RESIDUE = os.environ.get("RESIDUE", os.path.join(TOP, "build", "residue"))
WORKLOAD = os.environ.get("WORKLOAD", os.path.join(TOP, "build", "workload"))
TICKS = os.sysconf("SC_CLK_TCK")
ESCAPES = re.compile(rb"\x1b\[[0-9;:?<=>]*[ -/]*[@-~]|\x1b[()][0-9A-B]|\x1b[=>78]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)")


class Workload:
    """A running tests/workload: its pid, the URL of its endpoint, its journal."""

    def __init__(self, binary, scenario, journal=None, dwell=6.0, scale=1.0, linger=0.0, extra=()):
        command = [binary, "-scenario", scenario, "-listen", "127.0.0.1:0", "-dwell", "%gs" % dwell,
                   "-scale", str(scale), "-linger", "%gs" % linger, *extra]
        if journal:
            command += ["-journal", journal]
        self.journal = journal
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.pid, self.url = self.process.pid, None
        for line in self.process.stdout:
            if line.startswith("listening "):
                self.url = line.split()[1]
            elif line.startswith("ready "):
                break
        else:
            raise RuntimeError("%s did not start" % " ".join(command))
        # Reaped at once when it ends: a watcher is to see it go, not stay as a zombie.
        self._reaper = threading.Thread(target=self.process.wait, daemon=True)
        self._reaper.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self._reaper.join(10)
        if self._reaper.is_alive():
            self.process.kill()
            self._reaper.join()
        self.process.stdout.close()


class Pty:
    """A program in a pseudo terminal whose output is only read, not interpreted."""

    def __init__(self, argv, width=200, height=50, env=None):
        self.began = time.monotonic()
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            try:
                fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))
                clean = {k: v for k, v in os.environ.items() if k not in ("LINES", "COLUMNS", "TMUX", "NO_COLOR")}
                os.execvpe(argv[0], argv, {**clean, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8", **(env or {})})
            except OSError as error:
                os.write(2, ("exec: %s\n" % error).encode())
            os._exit(127)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))
        self.bytes = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            os.kill(self.pid, signal.SIGTERM)
        except ProcessLookupError:
            pass
        end = time.monotonic() + 3
        while os.waitpid(self.pid, os.WNOHANG)[0] == 0:
            self.read(0.05)
            if time.monotonic() > end:
                os.kill(self.pid, signal.SIGKILL)
                os.waitpid(self.pid, 0)
                break
        os.close(self.fd)

    def read(self, seconds):
        """What comes within so many seconds, b"" where nothing does or the program is gone."""
        if not select.select([self.fd], [], [], max(0, seconds))[0]:
            return b""
        try:
            data = os.read(self.fd, 1 << 16)
        except OSError:
            time.sleep(max(0, min(seconds, 0.05)))
            return b""
        self.bytes += len(data)
        return data

    def drain_until(self, moment):
        while time.monotonic() < moment:
            self.read(moment - time.monotonic())

    def seen_after(self, pattern, timeout):
        """Seconds from the start until the text shown so far has the pattern; None: never."""
        shown = b""
        while time.monotonic() - self.began < timeout:
            shown += self.read(0.1)
            if re.search(pattern, ESCAPES.sub(b"", shown)):
                return time.monotonic() - self.began
        return None


def cpu_seconds(pid):
    """User and system time of a process, all threads.

    schedstat counts nanoseconds, but only of threads that still live; stat has
    them all, in clock ticks."""
    with open("/proc/%d/stat" % pid) as f:
        fields = f.read().rpartition(")")[2].split()
    coarse, fine = (int(fields[11]) + int(fields[12])) / TICKS, 0.0
    for task in os.listdir("/proc/%d/task" % pid):
        with open("/proc/%d/task/%s/schedstat" % (pid, task)) as f:
            fine += int(f.read().split()[0]) / 1e9
    return max(coarse, fine)


def memory_kib(pid):
    """(RES, anonymous RES) of a process in KiB."""
    with open("/proc/%d/smaps_rollup" % pid) as f:
        text = f.read()
    return tuple(int(re.search(r"^%s:\s+(\d+)" % key, text, re.M).group(1)) for key in ("Rss", "Anonymous"))


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")


def together(tasks, most=2):
    """Run functions in threads, at most so many at a time; their results in order."""
    results, gate = [None] * len(tasks), threading.Semaphore(most)

    def work(i, task):
        with gate:
            results[i] = task()

    threads = [threading.Thread(target=work, args=pair) for pair in enumerate(tasks)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    return results
