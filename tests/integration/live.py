#!/usr/bin/env python3
"""The command line on live processes: what cli.md promises, seen to hold.

Counts and orders only: nothing here depends on how fast the machine is.
"""
import glob
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
TESTS = os.path.dirname(HERE)
sys.path[:0] = [os.path.join(TESTS, "lib"), os.path.join(TESTS, "bench"), os.path.join(TESTS, "truth")]
from live import RESIDUE, WORKLOAD, Workload  # noqa: E402
from tap import Plan, Skip, finish  # noqa: E402
import score  # noqa: E402
import toolchains  # noqa: E402

MIB = 1 << 20


def residue(*args, timeout=120, **kw):
    return subprocess.run([RESIDUE, *map(str, args)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, timeout=timeout, **kw)


def lines(text, kind=None):
    every = [json.loads(line) for line in text.splitlines()]
    return [x for x in every if kind in (None, x["type"])]


def expect(result, code, words=""):
    assert result.returncode == code, "exit %d, wanted %d: %s%s" % (
        result.returncode, code, result.stdout[-500:], result.stderr)
    assert words in result.stderr, "no %r in %r" % (words, result.stderr)


def watched(binary, how, scenario="article", dwell=1.0):
    """(journal, lines) of a whole run, read by `how` at 10 Hz, without its endpoint where it needs none."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "journal")
        with Workload(binary, scenario, journal=path, dwell=dwell, linger=1.0) as w:
            target = str(w.pid) if how == "agentless" else "%d@%s" % (w.pid, w.url)
            r = residue("-b", "--json", "-d", "0.1", "--read", how, "--profile-every", "1", target)
            expect(r, 0)
        return score.Journal(path), lines(r.stdout)


def every_gc_once(journal, got):
    true = sorted(g["n"] for g in journal.of("gc"))
    found = sorted(x["num_gc"] for x in got if x["type"] == "event" and x["kind"] == "gc")
    # The last GC may end after the last reading: nothing else may be missing.
    assert len(found) == len(set(found)), found
    assert set(found) <= set(range(1, max(true) + 1)) and set(true[:-1]) <= set(found), (true, found)


def scavenger_may_be_first(got):
    """Go 1.19 and 1.20 on a busy machine: the background scavenger, woken by the forced GC of FreeOSMemory, has often
    given back everything by its own counter before that call comes to it. That is a scavenge then."""
    version = [x["go"] for x in got if x["type"] == "target" and "go" in x][-1]
    return version.startswith(("go1.19", "go1.20"))


def article(binary, how):
    journal, got = watched(binary, how)
    samples = [x for x in got if x["type"] == "sample"]
    times = [s["t"] for s in samples]
    assert times == sorted(times), "a sample's t fell"
    assert len(samples) > 10, len(samples)
    assert [x["read"] for x in got if x["type"] == "target"][-1] == how
    every_gc_once(journal, got)
    kinds = [x["kind"] for x in got if x["type"] == "event"]
    assert "growth" in kinds and kinds[-1] == "exit", kinds
    calls, told = len(journal.events()["free_os_memory"]), kinds.count("free_os_memory")
    if how == "agentless" and scavenger_may_be_first(got):
        assert told <= calls <= told + kinds.count("scavenge"), kinds
    else:
        assert told == calls, kinds
    # The heap that the runtime says is the heap that we say.
    held = max(s["heap_alloc"] for s in journal.samples)
    assert abs(max(s["heap_alloc"] for s in samples if "heap_alloc" in s) - held) < 16 * MIB
    if how != "agentless":
        assert any("pprof_inuse" in s and s["residue_of"] == "pprof" for s in samples)


def proc_alone(binary):
    _, got = watched(binary, "metrics")  # the workload has /metrics: no ring there
    assert any(x["type"] == "sample" and "heap_inuse" in x for x in got)


def identities(_):
    with Workload(WORKLOAD, "steady", dwell=30) as w:
        r = residue("-b", "--json", "-n", 10, "-d", "0.2", w.pid)
        expect(r, 0)
        for s in lines(r.stdout, "sample"):
            assert s["rss"] == s["rss_anon"] + s["rss_file"] + s["rss_shmem"], s
            if "heap_sys" in s:
                assert s["heap_sys"] == s["heap_inuse"] + s["heap_idle"], s
            if "sys" in s and "heap_sys" in s:
                assert s["sys"] == sum(s[k] for k in ("heap_sys", "stack_sys", "mspan_sys", "mcache_sys",
                                                      "buckhash_sys", "gc_sys", "other_sys")), s
            if "heap_live" in s:
                assert s["residue"] == s["rss"] - s["heap_live"] and s["residue_of"] == "heap_live"
        assert any("heap_live" in s for s in lines(r.stdout, "sample")), "never read"


def bad_endpoints(_):
    with Workload(WORKLOAD, "steady", dwell=30) as w:
        for fault in ("hang", "drip", "503", "html", "empty", "garbage", "loop"):
            r = residue("-b", "--json", "-n", 12, "-d", "0.1", "--timeout", "0.5", "--read", "expvar",
                        "%d@%s/fault/%s" % (w.pid, w.url, fault))
            expect(r, 0)
            samples = lines(r.stdout, "sample")
            assert len(samples) == 12, (fault, len(samples))
            assert all("rss" in s and "heap_alloc" not in s for s in samples), fault


def exits(_):
    with Workload(WORKLOAD, "steady", dwell=0.5) as w:
        r = residue("-b", "--json", "-d", "0.1", w.pid)
        expect(r, 0)
        assert lines(r.stdout, "event")[-1]["kind"] == "exit"
    with Workload(WORKLOAD, "steady", dwell=0.3) as w:
        expect(residue("-b", "--json", "-d", "0.1", "-n", 1000, w.pid), 3)
    expect(residue("-b", w.pid), 3, "gone")


def exec_is_seen(_):
    shell = subprocess.Popen(["sh", "-c", "read x; exec sleep 30"], stdin=subprocess.PIPE)
    watch = subprocess.Popen([RESIDUE, "-b", "--json", "-d", "0.1", str(shell.pid)], stdout=subprocess.PIPE,
                             stdin=subprocess.DEVNULL, text=True)
    said, kinds = False, []
    for line in watch.stdout:
        x = json.loads(line)
        if x["type"] == "sample" and not said:
            shell.stdin.write(b"go\n")
            shell.stdin.close()
            said = True
        if x["type"] == "event":
            kinds.append(x["kind"])
            if x["kind"] == "exec":
                shell.kill()
                shell.wait()
    assert watch.wait() == 0 and kinds[0] == "exec" and kinds[-1] == "exit", kinds


def usage(_):
    expect(residue("-b", "no-such"), 2, "target")
    expect(residue("-b", "-d", "0.01", os.getpid()), 2, "0.1")
    expect(residue("--no-such"), 2, "--no-such")
    expect(residue("-b", "--json", "--csv", os.getpid()), 2)
    expect(residue(os.getpid()), 2, "residue -b")
    expect(residue("-b", "-H", "ftp://x", os.getpid()), 2)
    assert residue("--help").stdout.startswith("Usage: residue")
    assert residue("--version").stdout.startswith("residue ")


def output_ends(_):
    with Workload(WORKLOAD, "steady", dwell=30) as w:
        full = open("/dev/full", "w")
        r = subprocess.run([RESIDUE, "-b", "--json", "-n", "2", "-d", "0.1", str(w.pid)], stdout=full,
                           stderr=subprocess.PIPE, text=True)
        assert r.returncode == 1 and "space" in r.stderr, (r.returncode, r.stderr)
        head = subprocess.Popen([RESIDUE, "-b", "--json", "-d", "0.1", str(w.pid)], stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True)
        head.stdout.readline()
        head.stdout.close()
        said = head.stderr.read()
        assert (head.wait(), said) == (0, ""), said
        stopped = subprocess.Popen([RESIDUE, "-b", "--json", "-d", "0.1", str(w.pid)], stdout=subprocess.PIPE, text=True)
        stopped.stdout.readline()
        stopped.send_signal(signal.SIGINT)
        rest = stopped.communicate()[0]
        assert stopped.returncode == 0
        for line in rest.splitlines():
            json.loads(line)


def lists(_):
    with Workload(WORKLOAD, "steady", dwell=30) as w:
        r = residue("list", "--json")
        expect(r, 0)
        mine = [x for x in map(json.loads, r.stdout.splitlines()) if x["pid"] == w.pid]
        assert len(mine) == 1 and mine[0]["module"] == "residue/workload" and mine[0]["rss"] > 0, mine
        assert all(x["pid"] != os.getpid() for x in map(json.loads, r.stdout.splitlines()))
        expect(residue("list", "--sort", "nothing"), 2)
        named = residue("-b", "--json", "-n", 1, "-d", "0.1", "=residue/workload")
        assert named.returncode in (0, 2), named.stderr  # 2: another test's workload runs too


def snapshots(_):
    with Workload(WORKLOAD, "steady", dwell=30) as w, tempfile.TemporaryDirectory() as folder:
        r = residue("snapshot", "-o", folder, "%d@%s" % (w.pid, w.url))
        expect(r, 0)
        path = r.stdout.strip()
        names = sorted(os.listdir(path))
        assert names == ["events.jsonl", "heap.pb.gz", "limits", "memstats.json", "meta.json", "samples.jsonl",
                         "smaps", "status", "summary.txt"], names
        with open(path + "/heap.pb.gz", "rb") as f:
            assert f.read(2) == b"\x1f\x8b"
        assert os.listdir(folder) == [os.path.basename(path)], "something half is left"
        expect(residue("top", path + "/heap.pb.gz"), 0)


def runs(_):
    expect(residue("run", "-b", "-d", "0.1", "--", "sh", "-c", "sleep 0.5; exit 7"), 7)
    expect(residue("run", "-b", "/no/such/program"), 1, "/no/such/program")
    for path in glob.glob(os.path.join(tempfile.gettempdir(), "residue-run-*")):
        if os.path.getsize(path) == 0:
            os.unlink(path)


def url_alone(_):
    with Workload(WORKLOAD, "steady", dwell=30) as w:
        r = residue("-b", "--json", "-n", 2, "-d", "0.5", w.url)
        expect(r, 0)
        samples = lines(r.stdout, "sample")
        assert samples and all("rss" not in s and "heap_alloc" in s for s in samples), r.stdout


def fixture(root, number, pid, memory):
    """A process of a --proc root, as of a live one; `memory` makes its mem file."""
    folder = os.path.join(root, str(number))
    os.makedirs(folder)
    for name in ("stat", "statm", "status", "cmdline", "maps", "auxv", "smaps_rollup", "cgroup"):
        with open("/proc/%d/%s" % (pid, name), "rb") as f, open(os.path.join(folder, name), "wb") as out:
            out.write(f.read())
    os.symlink(os.readlink("/proc/%d/exe" % pid), os.path.join(folder, "exe"))
    memory(os.path.join(folder, "mem"))


def stuck_target(_):
    """One target whose memory never answers (a FIFO nobody writes) keeps no other from being read."""
    with Workload(WORKLOAD, "steady", dwell=60) as w, tempfile.TemporaryDirectory() as root:
        fixture(root, 100, w.pid, os.mkfifo)
        fixture(root, 101, w.pid, lambda path: os.symlink("/proc/%d/mem" % w.pid, path))
        watch = subprocess.Popen([RESIDUE, "-b", "--json", "-d", "0.1", "--proc", root, "100", "101"],
                                 stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
        ids, read = {}, {100: 0, 101: 0}
        for line in watch.stdout:
            x = json.loads(line)
            if x["type"] == "sample":
                read[x["pid"]] += "heap_alloc" in x
                ids[x["pid"]] = ids.get(x["pid"], 0) + 1
                if read[101] >= 3 or ids[x["pid"]] > 300:
                    break
        watch.send_signal(signal.SIGTERM)
        watch.communicate(timeout=30)
        assert read[101] >= 3 and read[100] == 0, (read, ids)
        assert abs(ids[100] - ids[101]) <= 1, "the stuck target lost ticks: %s" % ids


def main():
    plan = Plan()
    with plan:
        if not os.access(WORKLOAD, os.X_OK):
            plan.skip("live processes", "the workload is not built: no Go tool chain")
        else:
            for name, function in (("identities", identities), ("bad endpoints cost only their figures", bad_endpoints),
                                   ("exit", exits), ("exec", exec_is_seen), ("wrong usage", usage),
                                   ("the end of output", output_ends), ("list", lists), ("snapshot", snapshots),
                                   ("run", runs), ("an endpoint alone", url_alone),
                                   ("a target whose memory blocks the reader", stuck_target)):
                plan.run(name, function, WORKLOAD)
            for how in ("agentless", "expvar"):
                plan.run("the article's experiment by " + how, article, WORKLOAD, how)
            plan.run("metrics", proc_alone, WORKLOAD)
    return plan


if __name__ == "__main__":
    finish(main())
