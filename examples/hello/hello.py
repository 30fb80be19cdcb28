"""The smallest dataflow worth running: one greeting a second, for ever."""

import os
from datetime import timedelta

import bytewax.operators as op
from bytewax.connectors.stdio import StdOutSink
from bytewax.dataflow import Dataflow
from bytewax.inputs import SimplePollingSource


class Seconds(SimplePollingSource):
    count = 0

    def next_item(self):
        self.count += 1
        return self.count


flow = Dataflow("hello")
seconds = op.input("seconds", flow, Seconds(timedelta(seconds=1)))
greetings = op.map("greet", seconds, lambda n: f"{os.environ.get('GREETING', 'hello')} {n}")
op.output("print", greetings, StdOutSink())
