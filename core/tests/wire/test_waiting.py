"""What the transport does about time: when it does not wait, and what it knows of clocks."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from polycast import wire
from polycast.errors import PolycastError, ProviderUnavailable, RateLimited

from .conftest import Api, ScriptedServer


@pytest.mark.parametrize(("status", "kind"), [(429, RateLimited), (503, ProviderUnavailable)])
def test_a_send_does_not_wait_where_it_may_not(
    api: Api,
    server: ScriptedServer,
    pauses: list[float],
    status: int,
    kind: type[PolycastError],
) -> None:
    """
    Inside `without_waiting` a refused send is one request, and its error comes at once and says
    that it is safe to repeat; afterwards sends wait again.
    """
    server.answer(status, b"", "Retry-After: 7")
    with wire.without_waiting(), pytest.raises(kind) as caught:
        api.create({})

    assert (len(server.requests), pauses) == (1, [])
    assert caught.value.safe_to_retry
    assert caught.value.retry_after == 7  # type: ignore[attr-defined]

    server.answer(status, b"", "Retry-After: 7")
    server.json(201, {"id": 2})
    assert api.create({}) == {"id": 2}
    assert pauses == [7]


def test_a_send_that_is_not_connected_does_not_wait_either(
    make_api: Callable[..., Api], pauses: list[float]
) -> None:
    """
    Inside `without_waiting` a refused connection is told at once, too.
    """
    api = make_api("http://127.0.0.1:1/v1")

    with wire.without_waiting(), pytest.raises(ProviderUnavailable) as caught:
        api.create({})

    assert pauses == []
    assert caught.value.safe_to_retry


@pytest.mark.parametrize("asked", [["Retry-After: 7"], []])
def test_a_read_waits_for_nobody_who_asks_to_wait(
    api: Api, server: ScriptedServer, pauses: list[float], asked: list[str]
) -> None:
    """
    Inside `without_waiting` a read that is told to slow down raises: a question that is asked
    before a send would else hold the claim for as long as the provider likes.
    """
    server.answer(429, b"", *asked)

    with wire.without_waiting(), pytest.raises(RateLimited):
        api.read()

    assert (len(server.requests), pauses) == (1, [])


def test_a_read_is_repeated_after_a_failure_as_ever(
    api: Api, server: ScriptedServer, pauses: list[float]
) -> None:
    """
    Inside `without_waiting` a read keeps its bounded retries after a passing failure.
    """
    server.answer(502, b"")
    server.json(200, {"id": 1})

    with wire.without_waiting():
        assert api.read() == {"id": 1}

    assert len(pauses) == 1


@pytest.mark.parametrize("ahead", [timedelta(hours=1), timedelta(0), timedelta(hours=-1)])
def test_the_provider_s_clock_is_known_from_its_answers(
    api: Api, server: ScriptedServer, ahead: timedelta
) -> None:
    """
    The `Date` of the latest answer tells how far the provider's clock is from ours.
    """
    server.json(200, {}, f"Date: {format_datetime(datetime.now(UTC) + ahead, usegmt=True)}")

    api.read()

    assert api.transport.clock_skew is not None
    assert abs(api.transport.clock_skew - ahead) < timedelta(minutes=5)


@pytest.mark.parametrize("date", ["yesterday", "Wed, 21 Oct 99999999999999 07:28:00 GMT", ""])
def test_a_date_that_cannot_be_tells_nothing(api: Api, server: ScriptedServer, date: str) -> None:
    """
    A `Date` that is none leaves the provider's clock unknown, and the answer is an answer.
    """
    server.json(200, {"id": 1}, f"Date: {date}")

    assert api.read() == {"id": 1}
    assert api.transport.clock_skew is None
