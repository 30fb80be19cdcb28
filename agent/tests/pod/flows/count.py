"""Counts to ten and ends. Each run adds a line to runs.txt."""

import bytewax.operators as op
from bytewax.connectors.stdio import StdOutSink
from bytewax.dataflow import Dataflow
from bytewax.testing import TestingSource

with open("runs.txt", "a") as runs:
    runs.write("run\n")

flow = Dataflow("count")
numbers = op.input("inp", flow, TestingSource(range(10)))
texts = op.map("text", numbers, str)
op.output("out", texts, StdOutSink())
