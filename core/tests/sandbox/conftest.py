"""A provider as small as one can be, and a way to host it."""

import time
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

import pytest
from polycast.sandbox import Accepted, Call, Hosted, ManualClock, Sandbox, SimulatedOutcome, host
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Response


class Echo(Sandbox):
    """Takes a message by POST and says its text back; GET tells how many there are."""

    name = "echo"
    urls = Map(
        [
            Rule("/messages/<to>", endpoint="send", methods=["POST"]),
            Rule("/messages", endpoint="count", methods=["GET"]),
            Rule("/broken", endpoint="fail", methods=["GET"]),
        ]
    )

    def __init__(self, clock: ManualClock) -> None:
        super().__init__(clock)
        self.taken: list[Accepted] = []

    @classmethod
    def base_url(cls, root: str) -> str:
        return root

    @classmethod
    def settings(cls) -> dict[str, object]:
        return {}

    def traffic(self) -> Iterable[tuple[Accepted, datetime | None]]:
        for message in self.taken:
            arrives = SimulatedOutcome.of(message.to).arrives
            yield message, message.at + timedelta(seconds=2) if arrives else None

    def send(self, call: Call) -> Response:
        text = call.request.get_data(as_text=True)
        number = len(self.taken) + 1
        # Whoever could come between would get the same number.
        time.sleep(0.001)
        message = Accepted(call.values["to"], text, "me", self.clock.now(), str(number))
        self.taken.append(message)
        return Response(text, 201)

    def count(self, call: Call) -> Response:
        return Response(str(len(self.taken)))

    def fail(self, call: Call) -> Response:
        raise ZeroDivisionError


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def echo(clock: ManualClock) -> Echo:
    return Echo(clock)


@pytest.fixture
def hosted(echo: Echo) -> Iterator[Hosted]:
    with host([echo]) as hosted:
        yield hosted
