#!/usr/bin/env python3
"""Tests the table of measures.py with a recorded run, and that measured.sh records a run."""

import os
import subprocess
import tempfile
import unittest

import measures

HERE = os.path.dirname(os.path.abspath(__file__))

RECORDED = """\
phase 1000.0 10.00 20.00 0.00 units
test operator model::walks 68.000 60.000 2.000
test store::lock held 0.500 0.100 0.100
phase 1100.0 200.00 220.00 5.00 whole-path tests
test wax-tests::state bucket::away 90.250 3.000 1.500
test wax-tests::state moves::exact 30.000 2.000 1.000
phase 1200.0 300.00 420.00 105.00 end
"""

TABLE = """\
phase                                                       seconds   busy  box CPU s
units                                                           100    95%          5
whole-path tests                                                100    50%        100

suite                                     tests  seconds    CPU s
wax-tests::state                              2      120        8
operator                                      1       68       62
store::lock                                   1        0        0

the slowest tests, by seconds and CPU seconds                                           seconds    CPU s
operator model::walks                                                                      68.0     62.0
wax-tests::state bucket::away                                                              90.2      4.5
wax-tests::state moves::exact                                                              30.0      3.0
store::lock held                                                                            0.5      0.2"""


class Table(unittest.TestCase):
    """The printed table."""

    def test_table_of_a_recorded_run(self):
        self.assertEqual(measures.table(RECORDED.splitlines()), TABLE)

    def test_a_stopped_box_counts_zero_seconds(self):
        phases, _ = measures.read(["phase 0 0 0 9 one", "phase 1 1 2 0 two"])
        self.assertEqual(phases, [("one", 1.0, 0.5, 0.0)])

    def test_table_has_at_most_fifteen_tests(self):
        lines = [f"test suite t{number} {number} 0 0" for number in range(20)]
        self.assertEqual(measures.table(lines).count("\nsuite t"), 15)


class Measured(unittest.TestCase):
    """The lines that measured.sh records."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.file = os.path.join(folder.name, "measures")

    def run_measured(self, script, *arguments):
        """Runs a shell script with arguments as a test program."""
        command = [os.path.join(HERE, "measured.sh"), "sh", "-c", script, *arguments]
        environment = {"PATH": os.environ["PATH"], "WAX_MEASURES": self.file}
        environment["NEXTEST_BINARY_ID"] = "suite"
        return subprocess.run(
            command, env=environment, capture_output=True, text=True, check=False
        )

    def lines(self):
        """Returns the lines of the file."""
        if not os.path.exists(self.file):
            return []
        with open(self.file, encoding="utf-8") as file:
            return file.read().splitlines()

    def test_output_and_exit_code_are_passed_on(self):
        ended = self.run_measured("echo out; echo err >&2; exit 7")
        self.assertEqual((ended.stdout, ended.stderr, ended.returncode), ("out\n", "err\n", 7))
        self.assertEqual(len(self.lines()), 1)

    def test_awaited_children_are_measured(self):
        self.run_measured("sh -c 'i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done'; true")
        _, tests = measures.read(self.lines())
        self.assertGreater(tests[0][3], 0.0)

    def test_list_of_tests_is_not_recorded(self):
        self.run_measured("echo", "--list")
        self.assertEqual(self.lines(), [])

    def test_phases_are_recorded_with_their_names(self):
        measures.begin_phase(self.file, "the first")
        measures.begin_phase(self.file, "the end")
        phases, _ = measures.read(self.lines())
        self.assertEqual([phase[0] for phase in phases], ["the first"])


if __name__ == "__main__":
    unittest.main()
