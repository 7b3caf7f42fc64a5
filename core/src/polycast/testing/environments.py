"""A client and the sandbox it talks to, over real HTTP, with a clock that the test drives."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar

import attrs

from polycast.client import Client
from polycast.connecting import connect
from polycast.sandbox import ManualClock, Sandbox, host
from polycast.testing.moments import at

__all__ = ["Environment", "environments"]

S = TypeVar("S", bound=Sandbox)


@attrs.frozen
class Environment(Generic[S]):
    """One client, the server it talks to, and the time there.

    Args:
        client: connected with the sandbox's own settings, but for those a test changed.
        server: the sandbox; count its `accepted` to know what was really sent.
        clock: the sandbox's time; it stands still until `advance` moves it.
        pauses: the seconds that the client asked to wait between tries; nothing really waits.
        connect: connects once more to the same server, with these settings changed.
    """

    client: Client
    server: S
    clock: ManualClock
    pauses: list[float]
    connect: Callable[..., Client]


class _RunningClock(ManualClock):
    """A time that passes by itself, and can be moved forward besides."""

    def __init__(self, start: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> None:
        super().__init__(start)
        self._begun = time.monotonic()

    def now(self) -> datetime:
        return super().now() + timedelta(seconds=time.monotonic() - self._begun)


@contextmanager
def environments(
    sandbox: type[S], start: datetime | None = None, *, running: bool = False
) -> Iterator[Callable[..., Environment[S]]]:
    """Make environments of one provider, and take them down again.

    What is yielded makes one; it takes the client's `settings` that differ from the sandbox's
    own, and passes everything else to the sandbox::

        with environments(AcmeSandbox) as make:
            here = make(settings={"timeout": 1.0}, balance=0)

    At the end every request that any server received must have fitted the provider's spec.

    Args:
        sandbox: the provider's sandbox.
        start: when time begins there, aware; the beginning of 2026 when not given.
        running: whether time passes there by itself, too.
    """
    servers: list[S] = []
    with ExitStack() as stack:

        def make(settings: Mapping[str, object] | None = None, **server: Any) -> Environment[S]:
            kind = _RunningClock if running else ManualClock
            clock = kind() if start is None else kind(start)
            stack.enter_context(at(clock.now))
            made = sandbox(clock, **server)
            servers.append(made)
            hosted = stack.enter_context(host([made]))
            pauses: list[float] = []

            def connected(**changes: object) -> Client:
                account: dict[str, Any] = {
                    **made.settings(),
                    "base_url": hosted.base_url(made.name),
                    **changes,
                }
                # Profiles of the folder that the tests happen to run in are none of theirs.
                client = connect(made.name, config=None, **account)
                stack.callback(client.close)
                transport = getattr(getattr(client.provider, "api", None), "transport", None)
                if transport is not None:
                    transport.sleep = pauses.append
                    # What passes at the server passes here: its `Date` shows no difference.
                    transport.clock = lambda: clock.now().timestamp()
                return client

            return Environment(connected(**(settings or {})), made, clock, pauses, connected)

        yield make
    misfits = [
        f"{entry.method} {entry.path}: {' '.join(entry.problems)}"
        for server in servers
        for entry in server.requests
        if entry.problems
    ]
    assert not misfits, f"Requests that do not fit the provider's spec: {'; '.join(misfits)}"
