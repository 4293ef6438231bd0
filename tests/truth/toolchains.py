#!/usr/bin/env python3
"""The Go toolchains at hand, and the test programs built with each.

  toolchains.py                  list them: version, command
  toolchains.py OUTDIR [VERSION...]   build the workload (and stress) with each

At hand are `go` on the PATH (or $GO), Debian's and /usr/local's, and those that
Go has already downloaded. RESIDUE_TEST_TOOLCHAINS="go1.21.13 go1.23.12" names
more; only for those is anything downloaded.
"""
import glob
import os
import re
import shutil
import subprocess
import sys

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
OLDEST = (1, 19)


def version_of(go, env=None):
    """"go1.26.8" as a tuple (1, 26, 8); None where it does not run."""
    try:
        said = subprocess.run([go, "env", "GOVERSION"], env={**os.environ, "GOTOOLCHAIN": "local", **(env or {})},
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, timeout=300).stdout
    except (OSError, subprocess.TimeoutExpired):
        return None
    m = re.match(r"go(\d+)\.(\d+)(?:\.(\d+))?", said)
    return tuple(int(x or 0) for x in m.groups()) if m else None


def name_of(version):
    return "go%d.%d.%d" % version


def quirks(version):
    """Go 1.19 and 1.20 that stand in the module cache (where the go command puts those it fetched) take each import
    path without a dot for the standard library's by their index of it (cmd/go/internal/modindex, IsStandardPackage)."""
    return {"GODEBUG": "goindex=0"} if version[:2] <= (1, 20) else {}


def at_hand():
    """[(version, command, environment)], oldest first, one for each minor version.

    Of one minor version what the PATH or the system has goes before downloads."""
    first = os.environ.get("GO") or shutil.which("go")
    commands = [first] if first else []
    commands += sorted(glob.glob("/usr/lib/go-*/bin/go") + glob.glob("/usr/local/go*/bin/go"))
    if first:
        cache = subprocess.run([first, "env", "GOMODCACHE"], stdout=subprocess.PIPE, text=True).stdout.strip()
        commands += sorted(glob.glob(os.path.join(cache, "golang.org/toolchain@*/bin/go")))
    found = {}
    for go in commands:
        version = version_of(go)
        if version and version[:2] >= OLDEST:
            found.setdefault(version[:2], (version, go, {"GOTOOLCHAIN": "local", **quirks(version)}))
    for wanted in os.environ.get("RESIDUE_TEST_TOOLCHAINS", "").split():
        env = {"GOTOOLCHAIN": wanted}
        version = version_of(first, env) if first else None
        if version is None or name_of(version) != wanted:
            print("toolchains.py: %s cannot be had" % wanted, file=sys.stderr)
            continue
        found[version[:2]] = (version, first, {**env, **quirks(version)})
    return [found[minor] for minor in sorted(found)]


def newest(toolchains, minor=None):
    """The newest toolchain, or the newest of one minor version like (1, 19); None."""
    fit = [t for t in toolchains if minor in (None, t[0][:2])]
    return fit[-1] if fit else None


def build(toolchain, outdir, program="workload"):
    """Build tests/PROGRAM with a toolchain; the path of what it made."""
    version, go, env = toolchain
    out = os.path.join(os.path.abspath(outdir), "%s-%s" % (os.path.basename(program), name_of(version)))
    subprocess.run([go, "build", "-buildvcs=false", "-o", out, "."], check=True,
                   cwd=os.path.join(TESTS, program), env={**os.environ, "CGO_ENABLED": "0", **env})
    return out


def main():
    toolchains = at_hand()
    if len(sys.argv) == 1:
        for version, go, _ in toolchains:
            print("%-10s %s" % (name_of(version), go))
        return
    os.makedirs(sys.argv[1], exist_ok=True)
    for t in toolchains:
        if len(sys.argv) == 2 or name_of(t[0]) in sys.argv[2:]:
            print(build(t, sys.argv[1]))
            print(build(t, sys.argv[1], "stress"))


if __name__ == "__main__":
    main()
