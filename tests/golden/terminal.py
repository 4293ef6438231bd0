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


class Screen(TUI):
    """The program on a script, in a home of its own, with its first screen drawn."""

    def __init__(self, script="list", width=80, height=24, term="xterm-256color", before=None):
        self.home = tempfile.TemporaryDirectory()
        argv = [program(), "--script", os.path.join(SCRIPTS, script + ".jsonl")]
        if before:
            argv = [sys.executable, "-c", "import os, signal, sys; %s; os.execv(sys.argv[1], sys.argv[1:])" % before,
                    *argv]
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

    def gave_back(self):
        return not self.screen.alternate and self.cooked()


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
    with Screen(before="signal.signal(signal.SIGUSR1, signal.SIG_IGN)") as tui:
        os.kill(tui.pid, signal.SIGUSR1)
        tui.press("<F1>")
        tui.wait("where a Go process's memory went", PATIENCE)


TESTS = (signals_give_the_terminal_back, ignored_signals_stay_ignored)


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
