"""The kit for fake providers: what a plugin's sandbox is made of, and what serves it.

    with polycast.sandbox.host([TextItSandbox(clock)]) as hosted:
        client = polycast.connect("textit", base_url=hosted.base_url("textit"), **settings)

A plugin offers its sandbox under the entry point group `polycast.sandboxes`, as a
subclass of `Sandbox` whose name is the provider's. Requests are judged against the
provider's spec by `polycast.sandbox.openapi` and `polycast.sandbox.wadl`, which are
imported apart because of what they need.

This package needs the extra `polycast[sandbox]`.
"""

from polycast.sandbox.clock import Clock, ManualClock
from polycast.sandbox.fake import Accepted, Arrived, Call, Received, Sandbox, raw_path, read_json
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
from polycast.sandbox.registry import installed
from polycast.sandbox.server import LOOPBACK, Hosted, host

__all__ = [
    "LOOPBACK",
    "Accepted",
    "Answer",
    "Arrived",
    "Call",
    "Clock",
    "ConnectionDropped",
    "Delay",
    "Error",
    "Fault",
    "Faults",
    "Garbage",
    "Hosted",
    "Listing",
    "LoseReply",
    "ManualClock",
    "Received",
    "Refuse",
    "Sandbox",
    "SimulatedOutcome",
    "Throttle",
    "Truncate",
    "host",
    "installed",
    "raw_path",
    "read_json",
]
