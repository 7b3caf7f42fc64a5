"""How far a broadcast has come, and each of its recipients."""

from typing import Any

import pytest
from polycast import (
    Action,
    Client,
    InvalidResponse,
    NotFound,
    State,
    Unsupported,
    UsageError,
)
from polycast.testing import CannedWire

UUID = "b97f69f7-5edf-45c7-9fda-d37066eae91d"
OTHER = "0199bb93-ec0f-703b-9b5b-d26d4b6b133c"


def page(*results: object, next: str | None = None) -> dict[str, Any]:  # noqa: A002
    return {"next": next, "previous": None, "results": list(results)}


def test_a_number_is_asked_for_as_a_number(textit: Client, wire: CannedWire, told: Any) -> None:
    """The status of a broadcast of an older server."""
    wire.answer(json=page(told(status="started", progress={"total": -1, "started": 0})))
    status = textit.status("1234")
    assert wire.sent[0].url == "https://textit.com/api/v2/broadcasts.json?id=1234"
    assert (status.id, status.state, status.detail) == ("1234", State.SENDING, "started")
    assert status.expected is None
    assert not status.is_final


def test_a_uuid_is_asked_for_as_a_uuid(textit: Client, wire: CannedWire, told: Any) -> None:
    """The status of a broadcast of a newer server, which also tells how many there are."""
    wire.answer(json=page(told(uuid=UUID, status="completed", progress={"total": 3, "started": 3})))
    status = textit.status(UUID)
    assert wire.sent[0].query == {"uuid": [UUID]}
    assert (status.state, status.detail, status.expected) == (State.SENT, "completed", 3)


@pytest.mark.parametrize(
    ("word", "final"),
    [
        ("pending", False),
        ("queued", False),
        ("started", False),
        ("completed", True),
        ("sent", True),
        ("failed", True),
        ("interrupted", True),
        ("exploded", False),
        (None, False),
    ],
)
def test_asking_ends_where_textit_has_no_more_to_say(
    textit: Client, wire: CannedWire, told: Any, word: str | None, final: bool
) -> None:
    """A completed broadcast is SENT and that is its last word; the reports go further."""
    wire.answer(json=page(told(status=word)))
    assert textit.status("1234").is_final is final


def test_an_id_that_nobody_knows(textit: Client, wire: CannedWire) -> None:
    """TextIt answers an unknown id with an empty list."""
    wire.answer(json=page())
    with pytest.raises(NotFound, match="there is no broadcast 1234 in this workspace"):
        textit.status("1234")


def test_an_id_that_cannot_be_one_is_not_asked_for(textit: Client, wire: CannedWire) -> None:
    """It is refused before any request."""
    with pytest.raises(UsageError, match="'abc' is not the id of a textit broadcast"):
        textit.status("abc")
    assert wire.sent == []


@pytest.mark.parametrize("id", ["99", OTHER])
def test_a_server_that_passes_the_filter_over_is_not_believed(
    textit: Client, wire: CannedWire, told: Any, id: str
) -> None:
    """Another broadcast's state is never taken for the one asked for."""
    wire.answer(json=page(told(uuid=UUID)))
    with pytest.raises(InvalidResponse, match=f"asked for the broadcast {id}, it lists others"):
        textit.status(id)


def test_a_page_in_place_of_an_answer(textit: Client, wire: CannedWire) -> None:
    """HTML with status 200, as from a login page, is one readable sentence."""
    wire.answer(200, "<html><title>Sign in</title></html>")
    with pytest.raises(InvalidResponse, match="an HTML page titled 'Sign in'"):
        textit.status("1234")


def test_a_read_is_repeated(textit: Client, wire: CannedWire, told: Any) -> None:
    """Asking again does nothing twice."""
    wire.lose().answer(503, "busy").answer(json=page(told()))
    assert textit.status("1234").state is State.QUEUED


def test_control_is_refused_in_one_sentence(textit: Client, wire: CannedWire) -> None:
    """TextIt's API neither pauses nor stops a broadcast."""
    for action in Action:
        with pytest.raises(Unsupported) as caught:
            textit.control("1234", action)
        assert str(caught.value) == (f"textit cannot {action}; it offers no actions on broadcasts.")
    assert wire.sent == []


# Reports


def message(id: int, status: str = "delivered", broadcast: int | None = 1234) -> dict[str, Any]:
    return {
        "id": id,
        "broadcast": broadcast,
        "contact": {"uuid": "09d23a05-47fe-11e4-bfe9-b8f6b119e9ab", "name": "Joe"},
        "urn": f"tel:+25078812312{id}",
        "channel": {"uuid": "9a8b001e-a913-486c-80f4-1356e23f582e", "name": "MTN"},
        "direction": "out",
        "status": status,
        "text": "Hello",
        "created_on": "2026-01-02T17:28:12.123456Z",
        "sent_on": "2026-01-02T17:28:13Z",
        "modified_on": "2026-01-02T17:28:14Z",
    }


def test_reports_are_fetched_page_by_page_when_read(
    textit: Client, wire: CannedWire, told: Any
) -> None:
    """Asking for a status lists no messages; reading on asks for the next page."""
    wire.answer(json=page(told(uuid=UUID, status="completed")))
    reports = textit.status(UUID).reports
    assert len(wire.sent) == 1
    further = "https://textit.com/api/v2/messages.json?broadcast=1234&cursor=cD0y%3D"
    wire.answer(json=page(message(1), message(2, "failed"), next=further))
    found = iter(reports)
    assert (next(found).state, next(found).state) == (State.DELIVERED, State.FAILED)
    assert wire.sent[1].query == {"broadcast": ["1234"]}
    assert len(wire.sent) == 2
    wire.answer(json=page(message(3, "wired")))
    (third,) = found
    assert wire.sent[2].query == {"broadcast": ["1234"], "cursor": ["cD0y="]}
    assert (third.to, third.state, third.id) == ("+250788123123", State.SENDING, "3")
    assert (third.detail, third.channel) == ("wired", "MTN")


def test_the_token_goes_to_no_other_host(textit: Client, wire: CannedWire, told: Any) -> None:
    """A next page at another host is asked for at ours: only its cursor is taken."""
    wire.answer(json=page(told()))
    reports = textit.status("1234").reports
    elsewhere = "https://evil.example/collect?cursor=abc&broadcast=7"
    wire.answer(json=page(message(1), next=elsewhere)).answer(json=page())
    assert len(list(reports)) == 1
    assert wire.sent[2].url == ("https://textit.com/api/v2/messages.json?broadcast=1234&cursor=abc")


@pytest.mark.parametrize(
    ("addresses", "words"),
    [
        (["https://textit.com/api/v2/messages.json?page=2"], "next page has no cursor"),
        (["https://textit.com/m?cursor=a", "https://textit.com/m?cursor=a"], "in a circle"),
    ],
)
def test_pages_that_lead_nowhere_end(
    textit: Client, wire: CannedWire, told: Any, addresses: list[str], words: str
) -> None:
    """A next page without a cursor, or one that was seen before, is an error and no loop."""
    wire.answer(json=page(told()))
    reports = textit.status("1234").reports
    for address in addresses:
        wire.answer(json=page(message(1), next=address))
    with pytest.raises(InvalidResponse, match=words):
        list(reports)


def test_an_empty_page_is_the_last(textit: Client, wire: CannedWire, told: Any) -> None:
    """Even one that names a next page."""
    wire.answer(json=page(told()))
    reports = textit.status("1234").reports
    wire.answer(json=page(next="https://textit.com/m?cursor=a"))
    assert list(reports) == []


@pytest.mark.parametrize("broadcast", [None, 99])
def test_a_server_without_the_filter_is_said_to_have_none(
    textit: Client, wire: CannedWire, told: Any, broadcast: int | None
) -> None:
    """Newer servers list everybody's messages then: they are not taken for this broadcast's."""
    wire.answer(json=page(told()))
    reports = textit.status("1234").reports
    wire.answer(json=page(message(1, broadcast=broadcast)))
    with pytest.raises(Unsupported, match="asked for the messages of broadcast 1234, it lists"):
        list(reports)


def test_a_broadcast_without_number_has_no_reports(
    textit: Client, wire: CannedWire, told: Any
) -> None:
    """Messages are listed by a broadcast's number, which the newest servers may not give."""
    wire.answer(json=page(told(uuid=UUID, id=...)))
    status = textit.status(UUID)
    with pytest.raises(Unsupported, match="lists messages by a broadcast's number"):
        list(status.reports)
    assert len(wire.sent) == 1


def test_a_row_that_cannot_be_read_costs_that_row_only(
    textit: Client, wire: CannedWire, told: Any
) -> None:
    """The messages around it are told; its own report is UNKNOWN, with what came."""
    bad = 5
    wire.answer(json=page(told())).answer(json=page(message(1), bad, message(2)))

    reports = list(textit.status("1234").reports)

    assert [report.state for report in reports] == [State.DELIVERED, State.UNKNOWN, State.DELIVERED]
    assert reports[1].raw == bad
    assert "$: expected an object" in str(reports[1].detail)


def test_a_broadcast_that_cannot_be_read_is_said_to_be(textit: Client, wire: CannedWire) -> None:
    """The sentence names the place that is not what TextIt documents."""
    wire.answer(json=page(5))
    with pytest.raises(InvalidResponse, match=r"cannot be read \(\$: expected an object"):
        textit.status("1234")
