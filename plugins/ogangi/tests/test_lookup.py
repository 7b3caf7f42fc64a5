"""Asking Ogangi whether a broadcast arrived whose reply was lost."""

from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import polycast
import pytest
from polycast import Broadcast, Client, OutcomeUnknown, State
from polycast.sandbox import LoseReply, ManualClock, Refuse, host
from polycast_ogangi import Options
from polycast_ogangi.sandbox import OgangiSandbox

from .losing import GUESTS, LATER, LOST, STRANGERS, go_on, lose, sends

BROADCASTS = {
    "variables": Broadcast(text="Dear {name},\nwelcome!", recipients=GUESTS),
    "braces": Broadcast(text="{{ok}} № {name}", recipients=GUESTS, sender="0000000"),
    "own texts": Broadcast(recipients=[attrs.evolve(guest, text="You!") for guest in GUESTS]),
    "a name": Broadcast(text="Hi", recipients=GUESTS, name="Фієста & co: 100 %"),
    "later": Broadcast(text="Hi", recipients=GUESTS, send_at=LATER),
    "overdue": Broadcast(text="Hi", recipients=GUESTS, send_at=datetime(2025, 1, 1, tzinfo=UTC)),
    "no short code": Broadcast(text="Hi", recipients=GUESTS, options=Options(use_shortcode=False)),
    "one guest": Broadcast(text="Dear {name}", recipients=GUESTS[:1]),
}


@pytest.mark.parametrize("fault", LOST, ids=["closed", "reset", "cut off"])
@pytest.mark.parametrize("broadcast", BROADCASTS.values(), ids=BROADCASTS)
@pytest.mark.parametrize("told", [True, False], ids=["in the report", "when asked for"])
@pytest.mark.parametrize("normalises", [False, True], ids=["as given", "normalised"])
def test_what_arrived_is_found(
    online: Client,
    server: OgangiSandbox,
    broadcast: Broadcast,
    fault: Any,
    told: bool,
    normalises: bool,
) -> None:
    """A broadcast whose reply was lost is known by whom it goes to, and not sent again."""
    server.reports_blasts, server.normalises = told, normalises
    server.listing.shuffled = normalises
    since = server.clock.now()
    lose(online, server, broadcast, fault)
    strangers = [
        attrs.evolve(stranger, text=guest.text)
        for guest, stranger in zip(broadcast.recipients, STRANGERS, strict=False)
    ]
    online.send_bulk(attrs.evolve(broadcast, recipients=strangers))
    go_on(server, broadcast.send_at)

    found = online.lookup(broadcast, since)

    assert found is not None
    assert (found.id, found.state) == ("broadcast:1542", State.SENT)
    assert [(r.to, r.reference) for r in found.receipts] == [
        (each.to, each.reference) for each in broadcast.recipients
    ]
    assert online.status(str(found.id)).expected == len(found.receipts)
    assert sends(server) == 2


@pytest.mark.parametrize("broadcast", BROADCASTS.values(), ids=BROADCASTS)
def test_what_did_not_arrive_is_none(
    online: Client, server: OgangiSandbox, broadcast: Broadcast
) -> None:
    """A request that was dropped before it was read left no broadcast, and others are not it."""
    online.send_bulk(Broadcast(text="Yesterday's", recipients=GUESTS))
    assert isinstance(server.clock, ManualClock)
    server.clock.advance(24 * 3600)
    since = server.clock.now()
    online.send_bulk(Broadcast(text="Another", recipients=[*GUESTS, "+380963456789"]))
    lose(online, server, broadcast, Refuse())
    assert online.lookup(broadcast, since) is None


@pytest.mark.parametrize("name", [None, "Evening"])
def test_one_that_is_alike_is_not_taken_for_it(
    online: Client, server: OgangiSandbox, name: str | None
) -> None:
    """What says the same to as many others, at the same time, is a candidate and no more."""
    since = server.clock.now()
    lost = Broadcast(text="Hi", recipients=GUESTS, name=name)
    lose(online, server, lost, Refuse())
    online.send_bulk(Broadcast(text="Hi", recipients=STRANGERS[:2], name="Noon"))
    go_on(server)
    with pytest.raises(OutcomeUnknown, match="and may be another: broadcast:1542") as told:
        online.lookup(lost, since)
    assert told.value.candidates == frozenset({"broadcast:1542"})


def test_before_its_first_message_it_is_in_doubt(online: Client, server: OgangiSandbox) -> None:
    """What has sent nothing yet looks like any other that is alike; later it is known."""
    since = server.clock.now()
    broadcast = Broadcast(text="Hi", recipients=GUESTS, send_at=LATER)
    lose(online, server, broadcast, LoseReply())
    with pytest.raises(OutcomeUnknown) as told:
        online.lookup(broadcast, since)
    assert told.value.candidates == frozenset({"broadcast:1542"})
    go_on(server, LATER)
    assert online.lookup(broadcast, since) is not None


@pytest.mark.parametrize("type_", range(1, 12))
def test_whatever_type_it_is(online: Client, server: OgangiSandbox, type_: int) -> None:
    """Which type Ogangi gives its broadcasts is not told, so all of them are asked for."""
    server.broadcast_type = type_
    since = server.clock.now()
    lose(online, server, BROADCASTS["variables"], LoseReply())
    go_on(server)
    assert online.lookup(BROADCASTS["variables"], since) is not None


@pytest.mark.parametrize("zone", ["America/Caracas", "Pacific/Kiritimati", "Pacific/Pago_Pago"])
@pytest.mark.parametrize("known", [True, False])
def test_whatever_day_it_is_there(zone: str, known: bool) -> None:
    """Days are counted on the workspace's clock; one is added on either side, known or not."""
    server = OgangiSandbox(ManualClock(), timezone=zone)
    settings: dict[str, Any] = {**server.settings(), "timezone": zone if known else None}
    broadcast = BROADCASTS["variables"]
    with (
        host([server]) as hosted,
        polycast.connect("ogangi", base_url=hosted.base_url("ogangi"), **settings) as online,
    ):
        online.api.transport.clock = lambda: server.clock.now().timestamp()
        since = server.clock.now()
        lose(online, server, broadcast, LoseReply())
        go_on(server)
        assert online.lookup(broadcast, since) is not None


def test_the_only_one_that_its_name_finds(online: Client, server: OgangiSandbox) -> None:
    """Where Ogangi's search finds campaigns by name, one is known before it has sent a message."""
    server.searches_names = True
    morning, evening = (
        Broadcast(text="Hi", recipients=GUESTS, name=f"The {time}", send_at=LATER)
        for time in ("morn", "evening")
    )
    since = server.clock.now()
    online.send_bulk(morning)
    lose(online, server, evening, LoseReply())
    found = online.lookup(evening, since)
    assert found is not None
    assert found.id == "broadcast:1543"
    # The other was sent twice, and so its name proves nothing.
    online.send_bulk(morning)
    with pytest.raises(OutcomeUnknown):
        online.lookup(morning, since)


@pytest.mark.parametrize(("name", "text"), [("Evening", "Hi"), ("fiesta", "Fiesta!")])
def test_names_that_tell_nothing(
    online: Client, server: OgangiSandbox, name: str, text: str
) -> None:
    """A name that is not searched for proves nothing, nor does one that is in the text as well."""
    server.searches_names = name in text.casefold()
    since = server.clock.now()
    broadcast = Broadcast(text=text, recipients=GUESTS, name=name)
    lose(online, server, broadcast, LoseReply())
    with pytest.raises(OutcomeUnknown) as told:
        online.lookup(broadcast, since)
    assert told.value.candidates == frozenset({"broadcast:1542"})


def test_lists_that_lag_prove_nothing(online: Client, server: OgangiSandbox) -> None:
    """What the list does not show yet is in doubt, and found as soon as it does."""
    assert isinstance(server.clock, ManualClock)
    online.send_bulk(Broadcast(text="Another", recipients=[*GUESTS, "+380963456789"]))
    server.clock.advance(3600)
    server.listing.lag = 300
    since = server.clock.now()
    broadcast = BROADCASTS["variables"]
    lose(online, server, broadcast, LoseReply())
    with pytest.raises(OutcomeUnknown, match="may list this later") as told:
        online.lookup(broadcast, since)
    assert told.value.candidates is None
    server.clock.advance(301)
    assert online.lookup(broadcast, since) is not None
    assert sends(server) == 2


@pytest.mark.parametrize("hours", [-1, 1])
def test_clocks_that_differ(online: Client, server: OgangiSandbox, hours: int) -> None:
    """An hour between our clock and Ogangi's hides nothing that arrived."""

    def ours() -> datetime:
        return server.clock.now() + timedelta(hours=hours)

    online.api.transport.clock = lambda: ours().timestamp()
    since, broadcast = ours(), BROADCASTS["variables"]
    lose(online, server, broadcast, LoseReply())
    go_on(server)
    found = online.lookup(broadcast, since)
    assert found is not None
    assert found.id == "broadcast:1542"


def test_an_edit_is_in_doubt(online: Client, server: OgangiSandbox) -> None:
    """An edit leaves no mark: where to look is said, and nothing is claimed."""
    since = server.clock.now()
    made = online.send_bulk(BROADCASTS["later"])
    edit = Broadcast(
        text="Hi", recipients=GUESTS, send_at=LATER, options=Options(broadcast_id=made.id)
    )
    lose(online, server, edit, LoseReply())
    with pytest.raises(OutcomeUnknown, match=r"leaves no mark.* broadcast:1542 ") as told:
        online.lookup(edit, since)
    assert told.value.candidates is None
