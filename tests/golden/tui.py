"""Drive a terminal program without a terminal: size, keys, waits, cells, exit state.

    tui = TUI(["build/residue"], 80, 24)
    tui.wait("Quit"); tui.keys("<F5><C-c>"); print(tui.text()); tui.close()

Built on pyte (Debian: python3-pyte), to which Screen adds what ncurses programs
use and pyte lacks: the alternate screen, REP, SU and SD.
"""
import codecs
import copy
import errno
import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time

import pyte

KEYS = {
    "Up": "\x1b[A", "Down": "\x1b[B", "Right": "\x1b[C", "Left": "\x1b[D", "Home": "\x1b[H", "End": "\x1b[F",
    "PgUp": "\x1b[5~", "PgDn": "\x1b[6~", "Ins": "\x1b[2~", "Del": "\x1b[3~", "Enter": "\r", "Tab": "\t",
    "BTab": "\x1b[Z", "Esc": "\x1b", "Space": " ", "BS": "\x7f", "F1": "\x1bOP", "F2": "\x1bOQ", "F3": "\x1bOR",
    "F4": "\x1bOS", "F5": "\x1b[15~", "F6": "\x1b[17~", "F7": "\x1b[18~", "F8": "\x1b[19~", "F9": "\x1b[20~",
    "F10": "\x1b[21~", "F11": "\x1b[23~", "F12": "\x1b[24~",
}
# What xterm sends in application mode (DECCKM).
APPLICATION_KEYS = {"Up": "\x1bOA", "Down": "\x1bOB", "Right": "\x1bOC", "Left": "\x1bOD", "Home": "\x1bOH",
                    "End": "\x1bOF"}
DECCKM = 1 << 5
ALTERNATE = (47, 1047, 1049)


class Screen(pyte.Screen):
    """pyte.Screen with the alternate screen, REP, and answers to the terminal's questions."""

    def __init__(self, width, height, reply):
        self._reply, self._last, self._main = reply, " ", None
        super().__init__(width, height)

    @property
    def alternate(self):
        return self._main is not None

    def write_process_input(self, data):
        self._reply(data)

    def draw(self, data):
        super().draw(data)
        if data:
            self._last = data[-1]

    def repeat(self, count=1):
        self.draw(self._last * min(count or 1, self.columns * self.lines))

    def _scroll(self, edge, step, count):
        """Move the lines of the scrolling region; the cursor stays."""
        y, self.cursor.y = self.cursor.y, edge
        for _ in range(min(count or 1, self.lines)):
            step()
        self.cursor.y = y

    def scroll_up(self, count=1):
        self._scroll(self.margins.bottom if self.margins else self.lines - 1, self.index, count)

    def scroll_down(self, count=1):
        self._scroll(self.margins.top if self.margins else 0, self.reverse_index, count)

    def set_mode(self, *modes, **kw):
        if kw.get("private") and any(m in ALTERNATE for m in modes) and not self.alternate:
            self._main = (copy.deepcopy(self.buffer), copy.copy(self.cursor))
            self.erase_in_display(2)
        super().set_mode(*modes, **kw)

    def reset_mode(self, *modes, **kw):
        if kw.get("private") and any(m in ALTERNATE for m in modes) and self.alternate:
            self.buffer, self.cursor = self._main
            self._main = None
            self.dirty.update(range(self.lines))
        super().reset_mode(*modes, **kw)

    def resize(self, lines=None, columns=None):
        super().resize(lines, columns)
        self.cursor.x = min(self.cursor.x, self.columns - 1)
        self.cursor.y = min(self.cursor.y, self.lines - 1)


class Stream(pyte.Stream):
    csi = dict(pyte.Stream.csi, b="repeat", S="scroll_up", T="scroll_down")
    events = pyte.Stream.events | frozenset(["repeat", "scroll_up", "scroll_down"])


# Sequences that pyte takes for text: CSI with a < = > prefix or an intermediate
# byte, DCS/APC/PM strings, window operations, keypad modes.
_UNKNOWN = re.compile(r"\x1b\[[<=>][0-9;:]*[@-~]|\x1b\[[?0-9;:]*[$'\" !][@-~]|\x1b[P_^X][^\x1b\x07]*(?:\x1b\\|\x07)"
                      r"|\x1b\[[0-9;]*t|\x1b[=>]")
# A sequence whose end has not arrived yet.
_PARTIAL = re.compile(r"\x1b(?:[\[][<=>?0-9;:$'\" !]*|[P_^X\]][^\x07]{0,4096}|[()#%]?)?$")


class TUI:
    """A program in a pseudo terminal of its own, and the screen it draws."""

    def __init__(self, argv, width=80, height=24, env=None, term="xterm-256color", cwd=None):
        self.width, self.height, self.bytes, self.status = width, height, 0, None
        self._decode, self._pending = codecs.getincrementaldecoder("utf-8")("replace"), ""
        full = {k: v for k, v in os.environ.items() if k not in ("LINES", "COLUMNS", "TMUX", "NO_COLOR", "COLORTERM")}
        full.update({"TERM": term, "LC_ALL": "C.UTF-8"}, **(env or {}))
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            try:
                self._set_size(0)
                if cwd:
                    os.chdir(cwd)
                os.execvpe(argv[0], argv, full)
            except OSError as error:
                os.write(2, ("exec: %s\n" % error).encode())
            os._exit(127)
        self._set_size(self.fd)
        os.set_blocking(self.fd, False)
        self.screen = Screen(width, height, self.write)
        self._stream = Stream(self.screen)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _set_size(self, fd):
        fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", self.height, self.width, 0, 0))

    def resize(self, width, height):
        self.width, self.height = width, height
        self.screen.resize(height, width)
        self._set_size(self.fd)

    def write(self, text):
        data = text.encode() if isinstance(text, str) else text
        while data:
            try:
                data = data[os.write(self.fd, data):]
            except BlockingIOError:
                select.select([], [self.fd], [], 1)
            except OSError:
                return

    def keys(self, spec):
        """Send 'abc<F5><C-c><M-x><Up*3>'; <lt> is '<', <mouse:X,Y> a left click."""
        for m in re.finditer(r"<([^<>]+)>|(.)", spec, re.S):
            name, char = m.groups()
            self.write(char if char else self._key(name))

    def _key(self, name):
        count = re.fullmatch(r"(.*)\*(\d+)", name)
        if count:
            return self._key(count.group(1)) * int(count.group(2))
        if name == "lt":
            return "<"
        if re.fullmatch("C-.", name):
            return chr(ord(name[2].upper()) & 31)
        if name.startswith("M-"):
            return "\x1b" + name[2:]
        if name.startswith("mouse:"):
            x, y = name[6:].split(",")
            return "\x1b[<0;%s;%sM\x1b[<0;%s;%sm" % (x, y, x, y)
        if DECCKM in self.screen.mode and name in APPLICATION_KEYS:
            return APPLICATION_KEYS[name]
        return KEYS[name]

    def _feed(self, data):
        self.bytes += len(data)
        text, self._pending = self._pending + self._decode.decode(data), ""
        m = _PARTIAL.search(text)
        if m:
            text, self._pending = text[:m.start()], text[m.start():]
        self._stream.feed(_UNKNOWN.sub("", text))

    def pump(self, seconds=0.0):
        """Take in what is there, waiting at most so long for the first byte; False when the program is gone."""
        ready, _, _ = select.select([self.fd], [], [], max(0, seconds))
        while ready:
            try:
                data = os.read(self.fd, 65536)
            except BlockingIOError:
                return True
            except OSError as error:
                if error.errno == errno.EIO:
                    return False
                raise
            if not data:
                return False
            self._feed(data)
        return True

    def text(self):
        return "\n".join(line.rstrip() for line in self.screen.display)

    def until(self, condition, timeout=10.0):
        """Take in output until condition() holds; whether it does at the end."""
        end = time.monotonic() + timeout
        while not condition():
            left = end - time.monotonic()
            if left <= 0 or not self.pump(min(left, 0.2)):
                return condition()
        return True

    def wait(self, pattern, timeout=10.0):
        if not self.until(lambda: re.search(pattern, self.text(), re.M), timeout):
            raise AssertionError("no %r on the screen within %g s:\n%s" % (pattern, timeout, self.text().rstrip()))

    def settle(self, quiet=0.15, timeout=5.0):
        """Until there was no output for `quiet` seconds."""
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            before = self.bytes
            if not self.pump(quiet) or self.bytes == before:
                return

    def wait_exit(self, timeout=5.0):
        """The wait status, or None where the program still runs."""
        end = time.monotonic() + timeout
        while self.status is None and time.monotonic() < end:
            self.pump(0.02)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.pump()
                self.status = status
        return self.status

    def close(self):
        for sig in (signal.SIGTERM, signal.SIGKILL):
            if self.status is not None:
                break
            os.kill(self.pid, sig)
            self.wait_exit(2.0)
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1
        return self.status

    def attributes(self):
        """The cells that are not plain, run by run: [(row, first, last, "fg/bg bold …")]."""
        out = []
        for y in range(self.height):
            row, begin, held = self.screen.buffer[y], 0, ""
            for x in range(self.width + 1):
                look = look_of(row[x]) if x < self.width else None
                if look != held:
                    if held:
                        out.append((y, begin, x - 1, held))
                    begin, held = x, look
        return out


def look_of(cell):
    """A cell's colours and attributes in words; "" for a plain one."""
    words = []
    if (cell.fg, cell.bg) != ("default", "default"):
        words.append(cell.fg + ("" if cell.bg == "default" else "/" + cell.bg))
    words += [name for name in ("bold", "italics", "underscore", "strikethrough", "reverse")
              if getattr(cell, name)]
    return " ".join(words)
