"""The kit for fake providers: what a plugin's sandbox is made of, and what serves it.

    with polycast.sandbox.host([TextItSandbox(clock)]) as hosted:
        client = polycast.connect("textit", base_url=hosted.base_url("textit"), **settings)

A plugin offers its sandbox under the entry point group `polycast.sandboxes`, as a
subclass of `ProviderSandbox` (or of `Sandbox`, where there is no spec) whose name is the
provider's.

This package needs the extra `polycast[sandbox]`.
"""

from polycast.sandbox.clock import Clock, ManualClock
from polycast.sandbox.course import Course, RequestLimit
from polycast.sandbox.fake import (
    Accepted,
    Arrived,
    Call,
    Received,
    Sandbox,
    json_response,
    raw_path,
    read_json,
)
from polycast.sandbox.faults import (
    Answer,
    ConnectionDropped,
    Delay,
    Error,
    Fault,
    Faults,
    Garbage,
    LoseReply,
    Refuse,
    Throttle,
    Truncate,
)
from polycast.sandbox.listing import Listing
from polycast.sandbox.outcomes import SimulatedOutcome
from polycast.sandbox.posting import post_json
from polycast.sandbox.provider import ProviderSandbox, Refused
from polycast.sandbox.registry import installed
from polycast.sandbox.server import LOOPBACK, Hosted, host
from polycast.sandbox.spec import read_spec

__all__ = [
    "LOOPBACK",
    "Accepted",
    "Answer",
    "Arrived",
    "Call",
    "Clock",
    "ConnectionDropped",
    "Course",
    "Delay",
    "Error",
    "Fault",
    "Faults",
    "Garbage",
    "Hosted",
    "Listing",
    "LoseReply",
    "ManualClock",
    "ProviderSandbox",
    "Received",
    "Refuse",
    "Refused",
    "RequestLimit",
    "Sandbox",
    "SimulatedOutcome",
    "Throttle",
    "Truncate",
    "host",
    "installed",
    "json_response",
    "post_json",
    "raw_path",
    "read_json",
    "read_spec",
]
