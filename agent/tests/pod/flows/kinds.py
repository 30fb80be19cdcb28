"""Every kind of step that could keep state, and some that keep none. Ends by itself."""

from datetime import datetime, timedelta, timezone

import bytewax.operators as op
import bytewax.operators.windowing as win
from bytewax.connectors.stdio import StdOutSink
from bytewax.dataflow import Dataflow, operator
from bytewax.inputs import (
    DynamicSource,
    FixedPartitionedSource,
    StatefulSourcePartition,
    StatelessSourcePartition,
)
from bytewax.outputs import FixedPartitionedSink, StatefulSinkPartition
from bytewax.testing import TestingSource


class Three:
    """Emits three items."""

    def __init__(self):
        self.left = 3

    def next_batch(self):
        if not self.left:
            raise StopIteration
        self.left -= 1
        return [("key", self.left)]


class ForgetfulPart(Three, StatefulSourcePartition):
    def snapshot(self):
        return None


class Forgetful(FixedPartitionedSource):
    def list_parts(self):
        return ["part"]

    def build_part(self, step_id, for_part, resume_state):
        return ForgetfulPart()


class AnywherePart(Three, StatelessSourcePartition):
    pass


class Anywhere(DynamicSource):
    def build(self, step_id, worker_index, worker_count):
        return AnywherePart()


class PartedSinkPart(StatefulSinkPartition):
    def write_batch(self, items):
        pass

    def snapshot(self):
        return 1


class PartedSink(FixedPartitionedSink):
    def list_parts(self):
        return ["part"]

    def build_part(self, step_id, for_part, resume_state):
        return PartedSinkPart()


def add(state, value):
    total = (state or 0) + value
    return total, total


@operator
def own(step_id: str, up):
    return op.stateful_map("inner", up, add)


NOW = datetime.now(timezone.utc)
CLOCK = win.EventClock(lambda _: NOW, wait_for_system_duration=timedelta(seconds=10))
HOUR = win.TumblingWindower(length=timedelta(hours=1), align_to=NOW)

flow = Dataflow("kinds")
items = op.input("parted", flow, TestingSource([("key", n) for n in range(3)]))
forgetful = op.input("forgetful", flow, Forgetful())
anywhere = op.input("anywhere", flow, Anywhere())
mapped = op.stateful_map("mapped", items, add)
op.stateful_flat_map("flat", items, lambda state, value: (state, [value]))
op.reduce_final("reduced", items, max)
op.collect("collected", items, timeout=timedelta(seconds=10), max_size=2)
op.join("joined", items, anywhere)
op.count_final("counted", items, lambda item: item[0])
op.output("to_parts", op.merge("merged", own("own", mapped), forgetful), PartedSink())
op.output("to_out", op.map("plain", anywhere, str), StdOutSink())
win.collect_window("windowed", items, CLOCK, HOUR)
