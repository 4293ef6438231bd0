#!/usr/bin/env python3
"""The terminal besides its cells: how it is given back, and what comes from it that is no key.

  terminal.py [NAME...]    all that the table has, or those whose name begins so
"""
import os
import resource
import signal
import sys
import tempfile
import termios
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "lib")]
from run import PATIENCE, program  # noqa: E402
from tap import Plan, finish  # noqa: E402
from tui import TUI  # noqa: E402

SCRIPTS = os.path.join(os.path.dirname(HERE), "data", "scripts")
# What ends a program that does not catch it; the kernel sends the last ones for an
# interrupt that nobody waits for, a trap, a system call that seccomp forbids, and limits.
DEADLY = [signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGUSR1, signal.SIGUSR2,
          signal.SIGALRM, signal.SIGVTALRM, signal.SIGPROF, signal.SIGIO, signal.SIGPWR, signal.SIGTRAP,
          signal.SIGSYS, signal.SIGXCPU, signal.SIGXFSZ]
BRACKETS = 2004 << 5  # as pyte keeps a private mode


class Screen(TUI):
    """The program on a script, in a home of its own, with its first screen drawn."""

    def __init__(self, script="list", width=80, height=24, term="xterm-256color", wrap=()):
        self.home = tempfile.TemporaryDirectory()
        argv = [*wrap, program(), "--script", os.path.join(SCRIPTS, script + ".jsonl")]
        super().__init__(argv, width, height, term=term, cwd=self.home.name,
                         env={"HOME": self.home.name, "XDG_CONFIG_HOME": self.home.name, "TZ": "UTC"})
        self.wait("COMMAND", PATIENCE)
        self.settle()

    def close(self):
        super().close()
        self.home.cleanup()

    def press(self, spec):
        self.keys(spec)
        self.settle()

    def cooked(self):
        """Whether lines are edited and echoed, as a shell's are."""
        flags = termios.tcgetattr(self.fd)[3]
        return bool(flags & termios.ICANON and flags & termios.ECHO)

    def brackets(self):
        """Whether the terminal was told to say where a paste begins and ends."""
        return BRACKETS in self.screen.mode

    def gave_back(self):
        return not self.screen.alternate and not self.brackets() and self.cooked()

    def stop_and_go_on(self):
        """In a shell that says "stopped", and takes Enter for fg."""
        self.keys("<C-z>")
        self.wait("^stopped", PATIENCE)
        assert self.until(self.gave_back, PATIENCE)
        self.keys("<Enter>")
        self.wait("COMMAND", PATIENCE)
        assert self.until(self.brackets, PATIENCE)

    def paste(self, text):
        self.write("\x1b[200~" + text + "\x1b[201~")
        self.settle()


def signals_give_the_terminal_back():
    for sig in DEADLY:
        with Screen() as tui:
            assert tui.screen.alternate and not tui.cooked()
            os.kill(tui.pid, sig)
            status = tui.wait_exit(PATIENCE)
            assert status is not None, sig
            assert tui.gave_back(), sig
            how = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
            assert how == (0 if sig == signal.SIGINT else sig), (sig, status)


def ignored_signals_stay_ignored():
    with Screen(wrap=["sh", "-c", "trap '' USR1; exec \"$@\"", "sh"]) as tui:
        os.kill(tui.pid, signal.SIGUSR1)
        tui.press("<F1>")
        tui.wait("where a Go process's memory went", PATIENCE)


def stopping_gives_the_terminal_back():
    with Screen(wrap=["sh", "-mc", "\"$@\"; echo stopped; read x; fg >/dev/null", "sh"]) as tui:
        assert tui.brackets()
        tui.write("\x1b[200~x")  # a paste amid which it stops
        tui.stop_and_go_on()
        tui.press("q")
        assert os.WEXITSTATUS(tui.wait_exit(PATIENCE)) == 0 and tui.gave_back()


def what_was_typed_before_a_stop_goes():
    """The kernel drops it: that is neither a key to wait for nor the end of input."""
    with Screen(wrap=["sh", "-mc", "\"$@\"; while echo stopped; read x; do fg >/dev/null; done", "sh"]) as tui:
        for n in range(40):
            tui.write("\x1b[B" * 5)
            end = time.perf_counter() + n % 10 * 1e-5  # while they are read
            while time.perf_counter() < end:
                pass
            tui.stop_and_go_on()


def only_those_that_know_are_told_of_pastes():
    for term, knows in (("xterm-256color", True), ("screen", True), ("vt100", False)):
        with Screen(term=term) as tui:
            assert tui.brackets() == knows, term


def a_paste_is_no_keys():
    with Screen("sites") as tui:
        tui.press("<Enter>")
        tui.wait("pid 4121", PATIENCE)
        tui.paste("debug y gy\r")
        tui.wait("pasted text is not taken for keys", PATIENCE)
        tui.press("g")
        tui.wait("Force a GC", PATIENCE)
        tui.paste("y")
        tui.wait("Force a GC", PATIENCE)
        tui.press("n")
        tui.wait("nothing was done", PATIENCE)


def a_paste_is_typed_where_one_types():
    with Screen() as tui:
        tui.press("\\")
        tui.paste("or\x07de\x1bOArs\r\n" + "x" * 5)
        tui.wait(r"^Filter orders xxxxx$", PATIENCE)
        tui.press("<C-u>")
        tui.paste("orders\r\n")
        tui.wait(r"^Filter orders$", PATIENCE)
        tui.paste("x" * 10000)
        tui.press("<C-e><BS*200>")
        # Its end comes byte by byte, with more than Esc's delay between.
        tui.write("\x1b[200~cart")
        for byte in "\x1b[201~":
            tui.write(byte)
            tui.settle(0.06)
        tui.press("<Enter>")
        tui.wait(r"^ *4142 .*cart$", PATIENCE)
        assert "orders" not in tui.text(), tui.text()
        tui.press("q")
        assert os.WEXITSTATUS(tui.wait_exit(PATIENCE)) == 0


def what_is_typed_ahead_answers_no_question():
    with Screen("sites", term="vt100") as tui:
        tui.press("<Enter>")
        tui.wait("pid 4121", PATIENCE)
        tui.write("debug y gy")
        tui.wait("Force a GC", PATIENCE)


TESTS = (signals_give_the_terminal_back, ignored_signals_stay_ignored, stopping_gives_the_terminal_back,
         what_was_typed_before_a_stop_goes,
         only_those_that_know_are_told_of_pastes, a_paste_is_no_keys, a_paste_is_typed_where_one_types,
         what_is_typed_ahead_answers_no_question)


def main():
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)  # which Python ignores
    names = sys.argv[1:]
    with Plan() as plan:
        for test in TESTS:
            if not names or any(test.__name__.startswith(name) for name in names):
                plan.run(test.__name__.replace("_", " "), test)
    finish(plan)


if __name__ == "__main__":
    main()
