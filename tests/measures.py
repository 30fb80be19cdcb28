#!/usr/bin/env python3
"""Makes a table of the time that a run of tests took, by phase, suite and test.

    measures.py phase FILE NAME    records that a phase begins; it ends when the next one begins
    measures.py table FILE         prints the table

FILE also has the lines that measured.sh appends, one for each test.
"""

import glob
import os
import sys
import time
from collections import defaultdict

SLOWEST = 15


def cpu_times():
    """Returns the processor seconds of this machine so far: busy, and in total."""
    with open("/proc/stat", encoding="ascii") as stat:
        ticks = [int(word) for word in stat.readline().split()[1:9]]
    second = os.sysconf("SC_CLK_TCK")
    idle = ticks[3] + ticks[4]
    return (sum(ticks) - idle) / second, sum(ticks) / second


def box_seconds():
    """Returns the processor seconds of all running boxes, by their cgroups (version 1 or 2)."""
    seconds = 0.0
    for path in glob.glob("/sys/fs/cgroup/cpuacct/waxbox*/cpuacct.usage"):
        with open(path, encoding="ascii") as usage:
            seconds += int(usage.read()) / 1e9
    for path in glob.glob("/sys/fs/cgroup/waxbox*/cpu.stat"):
        with open(path, encoding="ascii") as usage:
            seconds += int(usage.readline().split()[1]) / 1e6
    return seconds


def begin_phase(path, name):
    """Appends the line of a phase that begins now."""
    busy, everything = cpu_times()
    with open(path, "a", encoding="utf-8") as file:
        file.write(
            f"phase {time.time():.1f} {busy:.2f} {everything:.2f} {box_seconds():.2f} {name}\n"
        )


def read(lines):
    """Returns the phases as (name, seconds, busy share, box seconds), and the tests as (suite, test,
    seconds, processor seconds)."""
    marks, tests = [], []
    for line in lines:
        kind, _, rest = line.strip().partition(" ")
        if kind == "phase":
            when, busy, everything, box, name = rest.split(" ", 4)
            marks.append((name, float(when), float(busy), float(everything), float(box)))
        elif kind == "test":
            suite, rest = rest.split(" ", 1)
            test, seconds, user, system = rest.rsplit(" ", 3)
            tests.append((suite, test, float(seconds), float(user) + float(system)))
    phases = []
    for (name, when, busy, everything, box), end in zip(marks, marks[1:]):
        share = (end[2] - busy) / max(end[3] - everything, 0.01)
        # The count of a box that was stopped is lost.
        phases.append((name, end[1] - when, share, max(end[4] - box, 0.0)))
    return phases, tests


def table(lines):
    """Returns the whole table as text."""
    phases, tests = read(lines)
    rows = [f"{'phase':<58} {'seconds':>8} {'busy':>6} {'box CPU s':>10}"]
    for name, seconds, share, box in phases:
        rows.append(f"{name:<58} {seconds:>8.0f} {share:>6.0%} {box:>10.0f}")
    suites = defaultdict(lambda: [0, 0.0, 0.0])
    for suite, _, seconds, cpu in tests:
        of_suite = suites[suite]
        of_suite[0] += 1
        of_suite[1] += seconds
        of_suite[2] += cpu
    rows += ["", f"{'suite':<40} {'tests':>6} {'seconds':>8} {'CPU s':>8}"]
    for suite, (count, seconds, cpu) in sorted(suites.items(), key=lambda item: -item[1][1]):
        rows.append(f"{suite:<40} {count:>6} {seconds:>8.0f} {cpu:>8.0f}")
    rows += ["", f"{'the slowest tests, by seconds and CPU seconds':<86} {'seconds':>8} {'CPU s':>8}"]
    slowest = sorted(tests, key=lambda test: -(test[2] + test[3]))[:SLOWEST]
    for suite, test, seconds, cpu in slowest:
        rows.append(f"{suite + ' ' + test:<86} {seconds:>8.1f} {cpu:>8.1f}")
    return "\n".join(rows)


def main(arguments):
    """Runs the subcommand that the first argument names."""
    match arguments:
        case ["phase", path, name]:
            begin_phase(path, name)
        case ["table", path]:
            with open(path, encoding="utf-8") as file:
                print(table(file))
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
