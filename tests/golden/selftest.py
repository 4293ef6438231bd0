#!/usr/bin/env python3
"""The golden-screen harness itself, on programs whose screens are known."""
import os
import signal
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "lib")]
import run  # noqa: E402
from tap import Plan, finish  # noqa: E402
from tui import TUI  # noqa: E402

PRINT = ["sh", "-c", r"printf '\033[2J\033[H\033[1;32mRES\033[0m 6.31 GiB ⣿'; exec sleep 60"]
SHELL_CASE = run.Case("print", PRINT, sizes=((20, 3),), modes=("utf8",), attrs=("utf8",))
SCREEN, COLOURS = "RES 6.31 GiB ⣿\n\n\n", "0 0-2 green bold\n"


def written(folder, text, colours):
    for kind, content in (("txt", text), ("attrs", colours)):
        with open(os.path.join(folder, SHELL_CASE.file((20, 3), "utf8", kind)), "w", encoding="utf-8") as f:
            f.write(content)


def outcome(text, colours):
    """"" where the harness is content with these as the expectation, else what it says."""
    patience, run.PATIENCE = run.PATIENCE, 1.0 if (text, colours) != (SCREEN, COLOURS) else run.PATIENCE
    try:
        with tempfile.TemporaryDirectory() as folder:
            written(folder, text, colours)
            run.compare(SHELL_CASE, (20, 3), "utf8", folder)
        return ""
    except AssertionError as error:
        return str(error)
    finally:
        run.PATIENCE = patience


def right_is_accepted():
    assert outcome(SCREEN, COLOURS) == ""


def wrong_text_is_refused():
    said = outcome(SCREEN.replace("6.31", "6.32"), COLOURS)
    assert "-RES 6.32 GiB" in said and "+RES 6.31 GiB" in said, said


def wrong_colour_is_refused():
    assert "-0 0-2 red bold" in outcome(SCREEN, COLOURS.replace("green", "red"))


def missing_expectation_is_refused():
    assert outcome("", COLOURS) != ""


def update_writes_what_is_shown():
    with tempfile.TemporaryDirectory() as folder:
        run.update(SHELL_CASE, (20, 3), "utf8", folder)
        assert run.read(os.path.join(folder, "print.20x3.txt")) == SCREEN
        assert run.read(os.path.join(folder, "print.20x3.attrs")) == COLOURS
        assert run.orphans([], folder) == ["print.20x3.attrs", "print.20x3.txt"]


def keys_and_sizes_arrive():
    program = ("import os,sys,tty; tty.setraw(0); os.write(1, b'up'); n = int(sys.argv[1]); s = b''\n"
               "while len(s) < n: s += os.read(0, n)\n"
               "print(s, os.get_terminal_size()[:])")
    for spec, want in (("<F5>", b"\x1b[15~"), ("<C-c>", b"\x03"), ("a<lt>", b"a<"), ("<Up*2>", b"\x1b[A\x1b[A")):
        with TUI([sys.executable, "-c", program, str(len(want))], 60, 4) as tui:
            tui.wait("up")
            tui.keys(spec)
            tui.wait(r"\(60, 4\)")
            assert str(want) in tui.text(), tui.text()


def alternate_screen_is_seen():
    with TUI(["sh", "-c", r"printf 'shell\033[?1049hTUI'; read x; printf '\033[?1049l'"], 20, 3) as tui:
        tui.wait("TUI")
        assert tui.screen.alternate and "shell" not in tui.text()
        tui.keys("<Enter>")
        assert os.WEXITSTATUS(tui.wait_exit()) == 0
        assert not tui.screen.alternate and "shell" in tui.text()


def ends_are_told_apart():
    with TUI(["sh", "-c", "exit 3"]) as tui:
        assert os.WEXITSTATUS(tui.wait_exit()) == 3
    with TUI(["sleep", "60"]) as tui:
        assert tui.wait_exit(0.1) is None
        assert os.WTERMSIG(tui.close()) == signal.SIGTERM


def pictures_have_their_size():
    import render
    with TUI(PRINT, 20, 3) as tui:
        tui.wait("GiB")
        image = render.Painter(tui.screen, 16).paint()
        assert image.size[0] % 20 == 0 and image.size[1] % 3 == 0, image.size
        assert len(image.getcolors(4096)) > 2


TESTS = (right_is_accepted, wrong_text_is_refused, wrong_colour_is_refused, missing_expectation_is_refused,
         update_writes_what_is_shown, keys_and_sizes_arrive, alternate_screen_is_seen, ends_are_told_apart,
         pictures_have_their_size)


def main():
    with Plan() as plan:
        for test in TESTS:
            plan.run(test.__name__.replace("_", " "), test)
    finish(plan)


if __name__ == "__main__":
    main()
