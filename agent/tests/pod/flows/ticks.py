"""Runs for ever on every process; BAD names the partition that fails, HOW says in which way."""

import os
import subprocess
import time

import bytewax.operators as op
from bytewax.dataflow import Dataflow
from bytewax.inputs import FixedPartitionedSource, StatefulSourcePartition
from bytewax.connectors.stdio import StdOutSink


class Ticks(StatefulSourcePartition):
    def __init__(self, name):
        self.name = name
        self.count = 0

    def next_batch(self):
        time.sleep(0.01)
        self.count += 1
        return [(self.name, self.count)]

    def snapshot(self):
        return self.count


class Source(FixedPartitionedSource):
    def list_parts(self):
        return ["a", "b", "c", "d"]

    def build_part(self, step_id, name, resume):
        return Ticks(name)


def parse(tick):
    name, count = tick
    if name == os.environ.get("BAD") and count > 20:
        how = os.environ["HOW"]
        if how == "raise":
            raise ValueError(f"bad row {name}")
        if how == "chain":
            try:
                int("no number")
            except ValueError as error:
                raise RuntimeError("row cannot be read") from error
        if how == "exit":
            os._exit(0)
        if how == "type":
            return 1 / 0
        if how == "unkeyed":
            return count
    return tick


if os.environ.get("CHILD"):
    child = subprocess.Popen(["sleep", "1000"])
    print("child", child.pid, flush=True)

flow = Dataflow("ticks")
ticks = op.input("inp", flow, Source())
parsed = op.map("parse", ticks, parse)
keyed = op.stateful_map("last", parsed, lambda state, count: (count, count))
op.output("out", op.map("text", keyed, lambda pair: f"tick {pair[0]} {pair[1]}"), StdOutSink())
