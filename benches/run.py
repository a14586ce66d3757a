#!/usr/bin/env python3
"""Measures lastgood beside what people use instead, in one run, and prints tables for benches/README.md.

  run.py [--lastgood target/release/lastgood] [--logs GLOB] [--mb 500] [--most-mb 4000] [--peers FOLDER] [--rounds 3]

The peers are installed by this script (`cargo install ripgrep logdelta --root FOLDER`) unless they are there. All is
measured with the page cache warm; of each command the best of the rounds counts, of two that are compared each round is
one after the other, so that a busy machine is busy for both. CPU is user and system time together.
"""
import argparse
import glob
import os
import pathlib
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).parent


def measured(command, env=None):
    """Seconds of wall and of CPU, and the peak of resident memory in MB."""
    start = time.monotonic()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, **(env or {})})
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.monotonic() - start
    # What differs, or was found, is told by 1, and by one of the peers by 2.
    if os.waitstatus_to_exitcode(status) not in (0, 1, 2):
        sys.exit(f"{command} failed")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def rounds(commands, n):
    """The best of n rounds of each command, every round through all of them."""
    best = {}
    for _ in range(n):
        for name, (command, env) in commands.items():
            now = measured(command, env)
            best[name] = [min(pair) for pair in zip(now, best.get(name, now))]
            best[name][2] = max(now[2], best[name][2])
    return best


def table(title, heads, rows):
    print(f"\n### {title}\n\n| {' | '.join(heads)} |\n|{'---|' * len(heads)}")
    for row in rows:
        print(f"| {' | '.join(row)} |")


def generate(*arguments):
    subprocess.run([sys.executable, str(HERE / "logs.py"), *map(str, arguments)], check=True)


class Bench:
    def __init__(self, arguments, folder):
        self.a, self.folder = arguments, folder
        self.logs = glob.glob(arguments.logs, recursive=True)
        self.rg, self.logdelta = (str(pathlib.Path(arguments.peers) / "bin" / n) for n in ("rg", "logdelta"))
        self.lg = arguments.lastgood
        self.one = {"LASTGOOD_THREADS": "1"}

    def of_size(self, mb):
        out = str(self.folder / f"{mb}.log")
        if not os.path.exists(out):
            generate("size", mb * 1_000_000, out, *self.logs)
        return out

    def ratios(self):
        log, other = self.of_size(self.a.mb), str(self.folder / "other.log")
        subprocess.run(["cp", log, other], check=True)
        rg = [self.rg, "-j1", "-c", "MCP server"]
        commands = {
            "`rg -j1 -c 'MCP server'`": (rg + [log], None),
            "`diagnose`, one thread": ([self.lg, "diagnose", log], self.one),
            "`diagnose`": ([self.lg, "diagnose", log], None),
            "`diagnose --format json` (digests)": ([self.lg, "diagnose", log, "--format", "json"], None),
            "`timeline`": ([self.lg, "timeline", log], None),
        }
        self.ratio_table(f"One log of {self.a.mb} MB", commands)
        pair = {
            "`rg -j1 -c` over both": (rg + [log, other], None),
            "`diff`": ([self.lg, "diff", log, other], None),
        }
        self.ratio_table(f"Two logs of {self.a.mb} MB", pair)
        small = [str(self.folder / n) for n in ("a.log", "b.log")]
        for out in small:
            generate("size", 20_000_000, out, *self.logs)
        peers = {
            "`rg -j1 -c` over both": (rg + small, None),
            "`lastgood diff`": ([self.lg, "diff", *small], None),
            "`logdelta diff`": ([self.logdelta, "diff", *small], None),
        }
        self.ratio_table("Two logs of 20 MB, beside logdelta", peers)

    def ratio_table(self, title, commands):
        best = rounds(commands, self.a.rounds)
        base = next(iter(best.values()))
        rows = [
            [name, f"{w:.2f}", f"{w / base[0]:.1f}", f"{c:.2f}", f"{c / base[1]:.1f}", f"{m:.0f}"]
            for name, (w, c, m) in best.items()
        ]
        table(title, ["command", "wall s", "ratio", "CPU s", "ratio", "peak MB"], rows)

    def growth(self, title, of, cases, rate=lambda case: case):
        rows = []
        for case in cases:
            command = of(case)
            (w, c, m) = rounds({"": (command, self.one)}, self.a.rounds)[""]
            rows.append([f"{case:,}", f"{w:.3f}", f"{c:.3f}", f"{c / rate(case) * 1e6:.2f}", f"{m:.0f}"])
        table(title, ["n", "wall s", "CPU s", "CPU µs per n", "peak MB"], rows)

    def starts(self):
        """Start to end on a small log: with the built-in signatures, and with given packs that make them 300."""
        log, simple, real = (str(self.folder / n) for n in ("small.log", "simple", "real"))
        generate("size", 20_000, log, *self.logs)
        builtin = sorted((HERE.parent / "patterns/mcp/signatures").glob("*.json"))
        more = 300 - len(builtin)
        generate("signatures", more, simple)
        generate("copies", more, real, *map(str, builtin))
        commands = {
            f"the {len(builtin)} built-in signatures": [],
            f"and {more} of a given pack, two steps each": ["--patterns", simple],
            f"and {more} of a given pack that are copies of those, with their tests": ["--patterns", real],
        }
        times = {name: [] for name in commands}
        for _ in range(50 * self.a.rounds):
            for name, patterns in commands.items():
                times[name].append(measured([self.lg, "diagnose", *patterns, log])[0] * 1000)
        rows = [[name, f"{min(all):.1f}", f"{sorted(all)[len(all) // 2]:.1f}"] for name, all in times.items()]
        table("Start to end on a log of 20 KB", ["with", "best ms", "middle ms"], rows)

    def all_growth(self):
        sizes = [n for n in (1, 10, 100, 1000, 4000) if n <= self.a.most_mb]
        self.growth("Size of a log, MB: `diagnose`", lambda n: [self.lg, "diagnose", self.of_size(n)], sizes)
        place = lambda name, n: str(self.folder / f"{name}{n}")

        def made(name, *more):
            def of(n):
                out = place(name, n)
                generate(name, n, out)
                return [self.lg, *more, out]
            return of

        self.growth("Turns of a reconnect loop: `timeline`", made("loop", "timeline"), [1000, 10_000, 100_000, 1_000_000])
        self.growth("Turns of a reconnect loop: `diff` with itself", lambda n: [self.lg, "diff", place("loop", n), place("loop", n)], [1000, 10_000, 100_000, 1_000_000])

        def unlike(n):
            generate("calls", n, place("calls", n))
            generate("calls", n - 1, place("calls", n - 1))
            return [self.lg, "diff", place("calls", n - 1), place("calls", n)]

        self.growth("Events of two lives that have none in common: `diff`", unlike, [1000, 10_000, 100_000])
        self.growth("Servers: `diagnose`", made("servers", "diagnose"), [10, 100, 1000, 10_000])
        log = self.of_size(10)

        def patterns(n):
            generate("signatures", n, place("signatures", n))
            return [self.lg, "diagnose", "--patterns", place("signatures", n), log]

        self.growth("Signatures beside the built-in ones: `diagnose` of 10 MB", patterns, [10, 100, 300, 1000])
        self.growth("One line of so many bytes: `diagnose`", made("line", "diagnose"), [1 << 20, 100 << 20])
        self.growth("One line of so many bytes: `redact`", lambda n: [self.lg, "redact", place("line", n)], [1 << 20, 100 << 20])

    def many(self):
        folder = str(self.folder / "many")
        generate("files", 10_000, 50_000, folder, *self.logs)
        commands = {
            "`rg -c` over the folder": ([self.rg, "-c", "MCP server", folder], None),
            "`diagnose`, one thread": ([self.lg, "diagnose", folder], self.one),
            "`diagnose`": ([self.lg, "diagnose", folder], None),
        }
        self.ratio_table("10,000 files of 50 KB", commands)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lastgood", default="target/release/lastgood")
    parser.add_argument("--logs", default="samples/*/*.log", help="the real logs that are repeated")
    parser.add_argument("--mb", type=int, default=500)
    parser.add_argument("--most-mb", type=int, default=4000)
    parser.add_argument("--peers", default=str(pathlib.Path.home() / ".cache/lastgood-bench"))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=["ratios", "starts", "growth", "many"])
    arguments = parser.parse_args()
    if not (pathlib.Path(arguments.peers) / "bin/logdelta").exists():
        subprocess.run(["cargo", "install", "--locked", "ripgrep", "logdelta", "--root", arguments.peers], check=True)
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(arguments, pathlib.Path(folder))
        for name, part in (("ratios", bench.ratios), ("starts", bench.starts), ("many", bench.many), ("growth", bench.all_growth)):
            if arguments.only in (None, name):
                part()


if __name__ == "__main__":
    main()
