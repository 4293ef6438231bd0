"""The table of golden screens; run.py says what a row means.

The streams are in tests/data/scripts. Their cast: orders holds 5.8 GiB of idle
memory after one GC (cache), or has given it back (article), or stopped answering
(silent); worker is stopped (stopped); cart leaks; batch runs with GOGC=off and has not collected yet; index
has a heap it never touched, so its residue is negative; search maps a file;
prober may not be read at all. In sites, orders is profiled after each GC and cart is not; in fetched, its endpoint
serves the profiles.
"""
from run import Case

SMALL, USUAL, ROOMY, LARGE = (40, 10), (80, 24), (120, 36), (200, 50)


def residue(script, *more):
    return ["{residue}", "--script", "{scripts}/%s.jsonl" % script, *more]


def first(steps):
    """The list is there before any key is sent."""
    return ("wait:COMMAND",) + steps


LIST, WATCH = first(()), first(("keys:<Enter>",))
SITES = first(("keys:a",))
COMPARE = first(("keys:<Space*2>", "keys:c"))

CASES = (
    Case("list", residue("list"), LIST, attrs=("utf8",)),
    Case("list-help", residue("list"), first(("keys:<F1>",))),
    Case("list-sort", residue("list"), first(("keys:<F6>",)), sizes=(SMALL, USUAL)),
    Case("list-sort-end", residue("list"), first(("keys:<F6>", "keys:<End>")), sizes=(SMALL,)),
    Case("list-search", residue("list"), first(("keys:/", "keys:sea")), sizes=(USUAL,)),
    Case("list-filter", residue("list"), first(("keys:\\", "keys:or<Enter>", "keys:<Home>")), sizes=(USUAL,)),
    Case("watch", residue("cache"), WATCH, modes=("utf8", "ascii", "mono", "truecolor"), attrs=("utf8", "truecolor")),
    Case("watch-eight", residue("cache"), WATCH, sizes=(USUAL,), modes=("eight",), attrs=("eight",)),
    Case("watch-returned", residue("article"), WATCH, sizes=(USUAL,)),
    Case("watch-help", residue("cache"), WATCH + ("keys:?",), sizes=(USUAL,)),
    Case("watch-classes", residue("cache"), WATCH + ("keys:<F5>",), sizes=(USUAL, LARGE)),
    Case("watch-classes-plain", residue("compare"), WATCH + ("keys:<F5>",), sizes=(USUAL,), modes=("mono",)),
    Case("list-plain", residue("list"), LIST, sizes=(USUAL,), modes=("mono",), attrs=("mono",)),
    Case("list-plain-theme", residue("list", "--theme=midnight"), LIST, sizes=(USUAL,), modes=("mono",),
         attrs=("mono",)),
    Case("watch-cursor", residue("article"), WATCH + ("keys:<Left*3>",), sizes=(USUAL,)),
    Case("watch-zoom", residue("article"), WATCH + ("keys:+",), sizes=(USUAL,)),
    Case("watch-paused", residue("cache"), WATCH + ("keys:<Space>",), sizes=(USUAL,)),
    Case("watch-silent", residue("silent"), WATCH, sizes=(SMALL, USUAL), attrs=("utf8",)),
    Case("watch-before-gc", residue("gogc-off"), WATCH, sizes=(SMALL, USUAL)),
    Case("watch-untouched", residue("untouched"), WATCH, sizes=(SMALL, USUAL)),
    Case("watch-unreadable", residue("unreadable"), WATCH, sizes=(SMALL, USUAL)),
    Case("watch-just-opened", residue("list"), first(("keys:<End>", "keys:<Enter>")), sizes=(USUAL,)),
    Case("watch-resized", residue("cache"), WATCH + ("resize:40x10",), sizes=(USUAL,)),
    Case("watch-back", residue("cache"), WATCH + ("keys:<Esc>",), sizes=(USUAL,)),
    Case("compare", residue("compare"), COMPARE, attrs=("utf8",)),
    Case("compare-more", residue("list", "a1", "a2", "a3", "a4"), ("wait:2 of 4", "keys:n"),
         sizes=(SMALL, USUAL, ROOMY)),
    Case("compare-classes", residue("compare"), COMPARE + ("keys:<F5>",), sizes=(LARGE,)),
    Case("sites", residue("sites"), SITES, modes=("utf8", "ascii", "mono", "truecolor"), attrs=("utf8", "mono")),
    Case("sites-lines", residue("sites"), SITES + ("keys:<Enter>",)),
    Case("sites-objects", residue("sites"), SITES + ("keys:<Tab>",), sizes=(USUAL,)),
    Case("sites-growth", residue("sites"), SITES + ("keys:<F6>", "keys:<Down*5><Enter>"), sizes=(USUAL,)),
    Case("sites-menu", residue("sites"), SITES + ("keys:<F6>",), sizes=(USUAL,)),
    Case("sites-filter", residue("sites"), SITES + ("keys:\\", "keys:main<Enter>"), sizes=(USUAL,)),
    Case("sites-help", residue("sites"), SITES + ("keys:?",), sizes=(USUAL,)),
    Case("sites-none", residue("sites"), first(("keys:<Down>", "keys:a")), sizes=(SMALL, USUAL)),
    Case("sites-cost", residue("fetched"), SITES, sizes=(USUAL, ROOMY, LARGE)),
    Case("watch-cost", residue("fetched"), WATCH, sizes=(ROOMY, LARGE), modes=("utf8",)),
    Case("force-gc", residue("sites"), WATCH + ("keys:g",)),
    Case("force-gc-narrow", residue("sites"), ("wait:COMM", "keys:<Enter>", "keys:g"), sizes=((20, 8),)),
    Case("force-gc-refused", residue("sites"), first(("keys:<Down>", "keys:g")), sizes=(USUAL,)),
    Case("probe", residue("sites"), first(("keys:<Down>", "keys:e")), sizes=(SMALL, USUAL)),
    Case("log", residue("sites"), first(("keys:L",))),
    Case("list-hostile", residue("hostile"), first(()), sizes=(USUAL, LARGE)),
    Case("watch-hostile", residue("hostile", "a1"), ("wait:snapshot in",), sizes=(USUAL,)),
    Case("watch-exited", residue("exited", "a1"), ("wait:exited",), sizes=(SMALL, USUAL)),
    Case("watch-stopped", residue("stopped", "a1"), ("wait:stopped",), modes=("utf8",)),
    Case("watch-zombie", residue("stopped", "a2"), ("wait:zombie",), sizes=(SMALL, USUAL), modes=("utf8",)),
    Case("list-stopped", residue("stopped"), first(()), sizes=(USUAL,), modes=("utf8",), attrs=("utf8",)),
    Case("list-exited", residue("exited"), first(()), sizes=(USUAL,)),
)
