"""Sessions and status counts over a web server's access log.

The log's lines are dealt to partitions by client address, so several processes share the work and
each visitor's requests stay in order. Lines on standard output:

    status=404 requests=100             after every hundredth request with that status
    status=404 requests=437 total       at the end of the log
    session client=127.11.0.56 requests=9 seconds=41 errors=1 bytes=70211
                                        when a visitor stays away for SESSION_GAP seconds
"""

import gzip
import os
import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from zlib import crc32

import bytewax.operators as op
from bytewax.connectors.stdio import StdOutSink
from bytewax.dataflow import Dataflow
from bytewax.inputs import FixedPartitionedSource, StatefulSourcePartition
from bytewax.operators import StatefulLogic

PARTITIONS = 4
LINES_PER_SECOND = float(os.environ.get("LINES_PER_SECOND", "0"))  # 0: as fast as it goes
SESSION_GAP = timedelta(seconds=int(os.environ.get("SESSION_GAP", "60")))
HERE = Path(__file__).parent

COMBINED = re.compile(
    r'(?P<client>\S+) \S+ \S+ \[(?P<time>[^\]]+)\] "(?P<request>[^"]*)" (?P<status>\d{3}) (?P<bytes>\d+|-)'
)


@dataclass(frozen=True)
class Request:
    client: str
    time: datetime
    status: int
    size: int


def parse(line):
    fields = COMBINED.match(line)
    if fields is None:
        raise ValueError(f"not a line of an access log: {line!r}")
    return Request(
        client=fields["client"],
        time=datetime.strptime(fields["time"], "%d/%b/%Y:%H:%M:%S %z"),
        status=int(fields["status"]),
        size=int(fields["bytes"].replace("-", "0")),
    )


def read_log():
    packed = HERE / "access.log.gz"
    if packed.exists():
        return gzip.open(packed, "rt", encoding="utf-8")
    return open(HERE / "access.log", encoding="utf-8")


class ReplayedPart(StatefulSourcePartition):
    """Every line whose client belongs to this partition, at this partition's share of the rate."""

    def __init__(self, part, resume_at):
        with read_log() as log:
            self.lines = [line for line in log if crc32(line.split(" ", 1)[0].encode()) % PARTITIONS == part]
        self.next_line = resume_at or 0
        self.pause = timedelta(seconds=PARTITIONS / LINES_PER_SECOND) if LINES_PER_SECOND else timedelta(0)
        self.due = datetime.now(timezone.utc)

    def next_batch(self):
        if self.next_line >= len(self.lines):
            raise StopIteration()
        line = self.lines[self.next_line]
        self.next_line += 1
        self.due += self.pause
        return [line]

    def next_awake(self):
        return self.due if self.pause else None

    def snapshot(self):
        return self.next_line


class ReplayedLog(FixedPartitionedSource):
    def list_parts(self):
        return [str(part) for part in range(PARTITIONS)]

    def build_part(self, step_id, for_part, resume_state):
        return ReplayedPart(int(for_part), resume_state)


class StatusCount(StatefulLogic):
    def __init__(self, resume_state):
        self.requests = resume_state or 0

    def on_item(self, _request):
        self.requests += 1
        seen = [f"requests={self.requests}"] if self.requests % 100 == 0 else []
        return (seen, StatefulLogic.RETAIN)

    def on_eof(self):
        return ([f"requests={self.requests} total"], StatefulLogic.DISCARD)

    def snapshot(self):
        return self.requests


class Visit(StatefulLogic):
    """One visitor's requests, cut into sessions where the visitor stayed away."""

    def __init__(self, resume_state):
        self.session = list(resume_state or [])

    def on_item(self, request):
        ended = []
        if self.session and request.time - self.session[-1].time > SESSION_GAP:
            ended, self.session = [self.summary()], []
        self.session.append(request)
        return (ended, StatefulLogic.RETAIN)

    def on_eof(self):
        return ([self.summary()], StatefulLogic.DISCARD)

    def summary(self):
        seconds = (self.session[-1].time - self.session[0].time).total_seconds()
        errors = sum(request.status >= 400 for request in self.session)
        size = sum(request.size for request in self.session)
        return f"requests={len(self.session)} seconds={seconds:.0f} errors={errors} bytes={size}"

    def snapshot(self):
        return list(self.session)


flow = Dataflow("access_log")
lines = op.input("replay", flow, ReplayedLog())
requests = op.map("parse", lines, parse)

by_status = op.key_on("by_status", requests, lambda request: str(request.status))
statuses = op.stateful("count_status", by_status, StatusCount)
op.output("print_statuses", op.map("show_status", statuses, lambda kv: f"status={kv[0]} {kv[1]}"), StdOutSink())

by_client = op.key_on("by_client", requests, lambda request: request.client)
sessions = op.stateful("sessions", by_client, Visit)
op.output("print_sessions", op.map("show_session", sessions, lambda kv: f"session client={kv[0]} {kv[1]}"), StdOutSink())
