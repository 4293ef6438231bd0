#!/usr/bin/env python3
"""What people read, held against what is there: manual, completion, docs/. TAP.

  check.py --apply DIR    make the changes of docs/adding.md in the tree DIR

The manual's tables are the program's, every command is in it, it is clean mdoc;
bash completes what --help says; the documents name no file that is not there;
and the worked examples of docs/adding.md compile.
"""
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [os.path.join(TOP, "tests", "lib"), os.path.join(TOP, "tests")]
from tap import Plan, Skip, finish  # noqa: E402

BUILD = os.environ.get("abs_top_builddir", os.path.join(TOP, "build"))
RESIDUE = os.environ.get("RESIDUE", os.path.join(BUILD, "residue"))
CC = os.environ.get("CC") or "cc"
MANUAL = os.path.join(TOP, "man", "residue.1")
COMPLETION = os.path.join(TOP, "completions", "residue.bash")
DOCUMENTS = sorted(glob.glob(os.path.join(TOP, "*.md")) + glob.glob(os.path.join(TOP, "docs", "*.md")))


def read(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


def output(*command, **more):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **more)


def tables():
    done = output(sys.executable, os.path.join(TOP, "man", "tables.py"), "--check")
    assert done.returncode == 0, "run man/tables.py\n" + done.stdout


def lint():
    if not shutil.which("mandoc"):
        raise Skip("needs mandoc")
    done = output("mandoc", "-Tlint", "-W", "warning", MANUAL)
    assert done.returncode == 0, done.stdout


def help_text():
    done = output(RESIDUE, "--help")
    assert done.returncode == 0, done.stdout
    return done.stdout


def commands():
    """The commands that --help names."""
    part = help_text().split("Commands:\n")[1].split("\n\n")[0]
    found = re.findall(r"^  ([a-z]+)", part, re.M)
    assert "list" in found and "snapshot" in found, found
    return found


def commands_in_manual():
    manual = read(MANUAL)
    synopsis, items = manual.split(".Sh DESCRIPTION")
    for name in commands():
        assert re.search(r"^\.Cm %s$" % name, synopsis, re.M), "SYNOPSIS lacks " + name
        assert re.search(r"^\.It Cm %s$" % name, items, re.M), "Commands lacks " + name


def complete(*words):
    """What bash offers for the last of `words`."""
    script = ('. "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); compopt() { :; }; '
              '_residue "$1"; printf "%s\\n" "${COMPREPLY[@]}"')
    done = output("bash", "-c", script, "bash", COMPLETION, RESIDUE, *words)
    return done.stdout.split()


def completion():
    if not shutil.which("bash"):
        raise Skip("needs bash")
    wanted = set(re.findall(r"^  (?:-.,|   ) (--[a-z_-]+=?)", help_text(), re.M))
    got = set(complete("--"))
    assert got == wanted and "--json" in got, "offered %s of %s" % (sorted(got), sorted(wanted))
    assert complete("--jso") == ["--json"], complete("--jso")
    got = complete("")
    assert set(commands()) <= set(got), got
    themes = {os.path.basename(t)[:-6] for t in glob.glob(os.path.join(TOP, "themes", "*.theme"))}
    assert set(complete("--theme", "=", "")) == themes, themes
    assert complete("--color", "=", "au") == ["auto"]


def names_files(document):
    text = read(document)
    inside = r"(?:src|include|tests|docs|man|themes|tools|completions|\.ci)/[\w./-]*\w"
    named = re.findall(r"`(%s)`" % inside, text)
    linked = re.findall(r"\]\(([^)#:]+)[^):]*\)", text)
    here = os.path.dirname(document)
    # Of a worked example: files that its reader makes.
    made = set(re.findall(r"^\*\*`(%s)`\*\*$" % inside, text, re.M))
    lost = [n for n in named if n not in made and not glob.glob(os.path.join(TOP, n))]
    lost += [n for n in linked if not os.path.exists(os.path.join(here, n))]
    assert not lost, "not there: " + ", ".join(sorted(set(lost)))


def folders():
    """docs/architecture.md and tests/layers.py have the same table."""
    from layers import LAYERS
    text = read(os.path.join(TOP, "docs", "architecture.md"))
    told = re.findall(r"^\| `src/(\w+)` \|[^|]*\| ([^|]*) \|$", text, re.M)
    ours = [(name, uses or "libc") for name, uses in LAYERS.items()]
    assert sorted(told) == sorted(ours), "docs/architecture.md: %s" % sorted(set(ours) - set(told))


def apply(top):
    """Make the changes of docs/adding.md in the tree at `top`; the C files that
    are new or changed."""
    text = read(os.path.join(TOP, "docs", "adding.md"))
    touched = []

    def change(name, old, new):
        path = os.path.join(top, name)
        code = read(path)
        assert old in code, "%s has no %s" % (name, old)
        with open(path, "w", encoding="utf-8") as f:
            f.write(code.replace(old, new, 1))
        touched.append(name)

    for name, code in re.findall(r"^\*\*`([\w/.]+)`\*\*\n\n```\w+\n(.*?)^```", text, re.M | re.S):
        with open(os.path.join(top, name), "w", encoding="utf-8") as f:
            f.write(code)
        touched.append(name)
    for name, anchor, code in re.findall(r"`([\w/.]+)`,\s+before\s+`([^`]+)`:\n\n```\w+\n(.*?)^```", text, re.M | re.S):
        found = re.search(r"^.*?%s" % re.escape(anchor), read(os.path.join(top, name)), re.M)
        assert found, "%s has no %s" % (name, anchor)
        change(name, found.group(), code + found.group())
    for name, old, new in re.findall(r"`([\w/.]+)`,\s+`([^`]+)`\s+becomes\s+`([^`]+)`", text):
        change(name, old, new)
    return sorted({name for name in touched if name.endswith(".c")})


def compiles(top, name):
    done = output(*CC.split(), "-std=gnu11", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Wmissing-prototypes",
                  "-Wno-missing-field-initializers", "-Werror", "-fsyntax-only", "-I" + os.path.join(top, "include"),
                  "-I" + os.path.join(top, "src"), os.path.join(top, name))
    assert done.returncode == 0, done.stdout


def examples(plan):
    with tempfile.TemporaryDirectory() as top:
        for folder in ("include", "src", "themes", "completions"):
            shutil.copytree(os.path.join(TOP, folder), os.path.join(top, folder))
            # distcheck's tree is read-only.
            for path, _, names in os.walk(os.path.join(top, folder)):
                os.chmod(path, 0o755)
                for name in names:
                    os.chmod(os.path.join(path, name), 0o644)
        changed = []
        plan.run("the changes of docs/adding.md can be made", lambda: changed.extend(apply(top)))
        plan.ok(len(changed) >= 5, "docs/adding.md has its four examples", changed)
        for name in changed:
            plan.run("docs/adding.md: %s compiles" % name, compiles, top, name)


def main():
    if sys.argv[1:2] == ["--apply"]:
        print("\n".join(apply(sys.argv[2])))
        return
    with Plan() as plan:
        plan.run("the manual's tables are the program's", tables)
        plan.run("the manual is clean mdoc", lint)
        plan.run("every command is in the manual", commands_in_manual)
        plan.run("bash completes what --help says", completion)
        for document in DOCUMENTS:
            plan.run("%s names only what is there" % os.path.relpath(document, TOP), names_files, document)
        plan.run("docs/architecture.md has the layers that are enforced", folders)
        examples(plan)
    finish(plan)


if __name__ == "__main__":
    main()
