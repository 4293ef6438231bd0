"""Test results as TAP, the Test Anything Protocol, for automake's driver.

    with Plan() as plan:
        plan.ok(1 + 1 == 2, "sums", "what went wrong, if it did")
        plan.run("a function's name", function, argument)   # fails when it raises
        plan.skip("needs a Go tool chain", "why not")
"""
import sys
import traceback


class Skip(Exception):
    """Raised by a test that cannot run here; its text says why."""


class Plan:
    def __init__(self):
        self.count = self.failed = 0

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if kind is None:
            print("1..%d" % self.count, flush=True)

    def _line(self, good, name, rest=""):
        self.count += 1
        self.failed += not good
        name = name.replace("#", "no. ")
        print("%s %d - %s%s" % ("ok" if good else "not ok", self.count, name, rest), flush=True)

    def ok(self, good, name, why=""):
        self._line(bool(good), name)
        if not good:
            for line in str(why).splitlines():
                print("# " + line, flush=True)
        return bool(good)

    def skip(self, name, why):
        self._line(True, name, " # SKIP " + why)

    def run(self, name, function, *args):
        """One test: a function that returns, or raises with the reason."""
        try:
            function(*args)
        except Skip as why:
            self.skip(name, str(why))
        except Exception as error:  # any failure of a test is its result
            detail = str(error) if isinstance(error, AssertionError) and str(error) else traceback.format_exc()
            self.ok(False, name, detail)
        else:
            self.ok(True, name)

    def status(self):
        return 1 if self.failed else 0


def finish(plan):
    sys.exit(plan.status())
