#!/usr/bin/env python3
"""Draw the pictures of docs/screenshots from the golden streams.

  screenshots.py [DIR]    DIR: docs/screenshots; $RESIDUE is the program

watch.png and sites.png are the README's. Look at them: that is what they are for.
"""
import os
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [os.path.join(TOP, "tests", "golden"), os.path.join(TOP, "tests", "lib")]
from cases import COMPARE, LIST, SITES, WATCH, first, residue  # noqa: E402
from run import Case, picture  # noqa: E402

SIZES = ((80, 24), (200, 50))
MODES = ("truecolor",)
THEME = ("--theme", "midnight")

PICTURES = (
    Case("list", residue("list", *THEME), LIST, SIZES, MODES),
    Case("watch", residue("cache", *THEME), WATCH, SIZES + ((110, 34),), MODES),
    Case("compare", residue("compare", *THEME), COMPARE, SIZES, MODES),
    Case("sites", residue("sites", *THEME), SITES + ("keys:<Enter>",), SIZES + ((110, 34),), MODES),
    Case("help", residue("cache", *THEME), first(("keys:<F1>",)), SIZES, MODES),
)


def main():
    folder = sys.argv[1] if len(sys.argv) > 1 else os.path.join(TOP, "docs", "screenshots")
    for case in PICTURES:
        for size, mode in case.variants():
            with tempfile.TemporaryDirectory() as made:
                picture(case, size, mode, made)
                name = "%s.%dx%d.png" % (case.name, *size) if size in SIZES else case.name + ".png"
                with open(os.path.join(made, case.file(size, mode, "png")), "rb") as f:
                    data = f.read()
            with open(os.path.join(folder, name), "wb") as f:
                f.write(data)


if __name__ == "__main__":
    main()
