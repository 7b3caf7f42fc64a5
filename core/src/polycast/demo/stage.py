"""What the steps of the demo stand on: one provider, its sandbox, and ways to look things up."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol, Self

import attrs

from polycast import sandbox
from polycast.client import Client
from polycast.config.settings import build_settings
from polycast.errors import UsageError
from polycast.masking.secret import Secret
from polycast.model.messages import State, Status
from polycast.plugins.registry import load_provider, make_provider
from polycast.sandbox import Accepted, Hosted, Sandbox

__all__ = ["BrokenPromise", "Clock", "Expected", "Outcome", "Stage", "Voice"]

#: Seconds of real time that anything may take; it takes far less where nothing is wrong.
PATIENCE = 15.0
_INTERVAL = 0.1

#: Somebody's address, and the text they should read.
Expected = tuple[str, str]


class BrokenPromise(Exception):
    """Something that the demo claims did not happen."""


class Voice(Protocol):
    """Tells the person who looks on what is going on."""

    def title(self, text: str) -> None:
        """Begin a part."""

    def step(self, text: str) -> None:
        """Begin a step of a part."""

    def says(self, text: str) -> None:
        """Say a sentence or two."""

    def code(self, text: str) -> None:
        """Show what a script would say."""


@attrs.frozen
class Outcome:
    """What became of one step.

    Args:
        provider: whose step it was.
        step: its title.
        result: what happened, in a few words.
        passed: whether all that it claims has happened.
    """

    provider: str
    step: str
    result: str
    passed: bool


class Clock(sandbox.Clock):
    """The time of the sandboxes: faster than ours, so that nobody has to wait for long."""

    speed = 6.0

    def __init__(self) -> None:
        self._began = super().now()
        self._reading = time.monotonic()

    def now(self) -> datetime:
        """Return the present moment, there."""
        return self._began + timedelta(seconds=(time.monotonic() - self._reading) * self.speed)

    def rest(self, seconds: float) -> None:
        """Let so many seconds pass, there."""
        time.sleep(seconds / self.speed)


@attrs.define
class Stage:
    """One provider, connected to its sandbox.

    Args:
        name: the provider's name.
        client: an account that the sandbox accepts.
        sandbox: where everything is looked up.
        clock: the sandbox's.
        voice: says what is going on.
        last_id: the last broadcast that was sent.
    """

    name: str
    client: Client
    sandbox: Sandbox
    clock: Clock
    voice: Voice
    base_url: str
    last_id: str = ""

    @classmethod
    def open(cls, name: str, hosted: Hosted, clock: Clock, voice: Voice) -> Self:
        """Connect to the sandbox of one provider."""
        base_url = hosted.base_url(name)
        client = _connect(name, {**hosted.sandboxes[name].settings(), "base_url": base_url})
        transport = getattr(getattr(client.provider, "api", None), "transport", None)
        if transport is not None:
            # The client lives in the sandbox's time: its `Date` shows no difference.
            transport.clock = lambda: clock.now().timestamp()
        return cls(name, client, hosted.sandboxes[name], clock, voice, base_url)

    def connect(self, settings: Mapping[str, object]) -> Client:
        """Connect to the same sandbox once more, some settings being others."""
        return _connect(
            self.name,
            {**self.sandbox.settings(), "base_url": self.base_url, **settings},
        )

    def secrets(self) -> list[str]:
        """Return the names of the settings that are credentials."""
        kind = load_provider(self.name).Settings
        return [
            field.name
            for field in attrs.fields(kind)
            if field.type is Secret and field.name in self.sandbox.settings()
        ]

    def claim(self, holds: bool, otherwise: str) -> None:
        """Check one claim.

        Raises:
            BrokenPromise: it does not hold.
        """
        if not holds:
            raise BrokenPromise(otherwise)

    def follow(self, id: str) -> Status | None:
        """Ask how far it has come until its state is final, and say so; None where one cannot."""
        seen: list[Status] = []
        try:
            seen += self.client.watch(id, timeout=PATIENCE, interval=_INTERVAL)
        except UsageError as error:
            self.voice.says(f"The receipt is all that {self.name} tells of it: {error}")
            return None
        course = [str(status.state) for status in seen]
        kept = [state for place, state in enumerate(course) if course[place - 1 : place] != [state]]
        self.claim(seen[-1].is_final, f"{id} did not come to an end: {' -> '.join(kept)}.")
        self.voice.says(f"Asked until its state was final: {' -> '.join(kept)}.")
        if self.client.features.reports:
            self._follow_reports(id)
        return seen[-1]

    def _follow_reports(self, id: str) -> None:
        states: list[State] = []

        def all_final() -> bool:
            states[:] = [report.state for report in self.client.status(id).reports]
            return bool(states) and all(state.is_final for state in states)

        self.until(all_final, f"some of its recipients' reports never came to an end: {states}.")
        counted = ", ".join(f"{states.count(state)} {state}" for state in dict.fromkeys(states))
        self.voice.says(f"Its recipients' own reports: {counted}.")

    def until(self, happened: Callable[[], bool], otherwise: str) -> None:
        """Wait for something to happen.

        Raises:
            BrokenPromise: it has not happened after a long while.
        """
        give_up = time.monotonic() + PATIENCE
        while not happened():
            self.claim(time.monotonic() < give_up, otherwise)
            time.sleep(_INTERVAL)

    def arrive_once(self, expected: Sequence[Expected]) -> None:
        """Check that each of these texts arrives at its recipient, once and not twice."""
        self.until(
            lambda: all(_count(self.sandbox.inbox, each) for each in expected),
            "not every text has arrived where it should have.",
        )
        self.claim(
            all(_count(self.sandbox.accepted, each) == 1 for each in expected),
            "a text was sent more than once.",
        )

    def arrived(self, text: str) -> int:
        """Return how many handsets show this text by now."""
        return sum(message.text == text for message in self.sandbox.inbox)

    def accepted(self, to: str) -> int:
        """Return how many messages to this address the provider took on."""
        return sum(_is_to(message, to) for message in self.sandbox.accepted)


def _connect(name: str, settings: Mapping[str, object]) -> Client:
    """Connect with these settings alone: a real account's in the environment stay out of it."""
    provider = load_provider(name)
    checked = build_settings(provider.Settings, name, keywords=settings, environment={})
    return Client(name, make_provider(name, provider, checked))


def _is_to(message: Accepted, to: str) -> bool:
    # Each provider writes a number in its own way, the digits being the same.
    return message.to.endswith(to.removeprefix("+"))


def _count(messages: Iterable[Accepted], expected: Expected) -> int:
    to, text = expected
    return sum(message.text == text and _is_to(message, to) for message in messages)
