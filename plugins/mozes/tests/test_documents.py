"""Mozes's own page, "Broadcasting": each of its examples, and the test that proves it.

The examples stand here as the page prints them. What is wrong with the page: the path of the
first endpoint is misspelt (`broadacst`); the response of the last lacks a comma, so that it is
mended before it is read, and refused on the wire; `recipient_count` is a number in quotes; and
the name of a return code is called `message`, where the README calls it `name`.
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime

import polycast
import pytest
from polycast import Broadcast, Client, InvalidResponse, Message, State, Status
from polycast.testing import CannedWire

BASE = "https://partnerapi.mozes.com/v1/"

TO_USER = """
{
    "project_id": 12345,
    "mozes_id": 1283228,
    "message": "My message. Be careful about the length!"
}
"""

TO_LIST = """
{
    "project_id": 456442,
    "broadcast_list_id": 1483228,
    "message": "My message. Be careful about the length!"
}
"""

TO_USERS = """
{
    "project_id": 456442,
    "mozes_ids": [1483228,3838234,2349059,589834],
    "message": "My message. Be careful about the length!"
}
"""

#: The response of all three.
SENT = """
{
    "status": {
        "code": 0,
        "message": "OK",
        "description": "OK"
    },
    "response": {
        "client_id":"eb1ea30eaee7d0b37c04f56960f6c6bd"
    }
}
"""

ASKED = """
{
    "project_id": 456442,
    "client_id": "eb1ea30eaee7d0b37c04f56960f6c6bd"
}
"""

TOLD = """
{
    "status": {
        "code": 0,
        "message": "OK",
        "description": "OK"
    },
    "response": {
        "created_ts": "2012-06-13T12:01:52Z"
        "delivered_ts": "2012-06-13T12:01:55Z",
        "recipient_count": "1",
        "delivered": 1
    }
}
"""

#: Every example of the page, in its order, and the test that proves it.
EXAMPLES = {
    "Send Broadcast to a Single User, the request": "test_the_requests",
    "Send Broadcast to a Single User, the response": "test_the_answer_to_a_message",
    "Send Broadcast to Broadcast List, the request": "test_the_requests",
    "Send Broadcast to Broadcast List, the response": "test_the_answer_to_a_list",
    "Send Broadcast to Users, the request": "test_the_requests",
    "Send Broadcast to Users, the response": "test_the_answer_to_users",
    "Get Broadcast Status, the request": "test_the_requests",
    "Get Broadcast Status, the response": "test_the_answer_of_the_status",
}

TEXT = "My message. Be careful about the length!"
ID = "eb1ea30eaee7d0b37c04f56960f6c6bd"
USERS = ("contact:1483228", "contact:3838234", "contact:2349059", "contact:589834")


def mozes(wire: CannedWire, project_id: int = 456442) -> Client:
    """A client of one of the page's projects."""
    client = polycast.connect("mozes", api_key="KEY", shared_secret="SECRET", project_id=project_id)
    return wire.attach(client)


def test_every_example_is_proved() -> None:
    """The table names tests that are there."""
    assert all(callable(globals().get(test)) for test in EXAMPLES.values())


CALLS: dict[str, tuple[str, str, str, int, Callable[[Client], object]]] = {
    "to a user": (
        TO_USER, SENT, "broadcast/send_sms_to_user", 12345,
        lambda client: client.send(Message("contact:1283228", text=TEXT)),
    ),
    "to a list, as a message": (
        TO_LIST, SENT, "broadcast/send_sms_to_broadcast_list", 456442,
        lambda client: client.send(Message("group:1483228", text=TEXT)),
    ),
    "to a list": (
        TO_LIST, SENT, "broadcast/send_sms_to_broadcast_list", 456442,
        lambda client: client.send_bulk(Broadcast(text=TEXT, recipients=["group:1483228"])),
    ),
    "to users": (
        TO_USERS, SENT, "broadcast/send_sms_to_users", 456442,
        lambda client: client.send_bulk(Broadcast(text=TEXT, recipients=USERS)),
    ),
    "status": (
        ASKED, TOLD.replace('52Z"', '52Z",'), "broadcast/get_broadcast_status", 456442,
        lambda client: client.status(ID),
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("request_", "answer", "path", "project", "call"), CALLS.values(), ids=CALLS
)
def test_the_requests(
    wire: CannedWire,
    request_: str,
    answer: str,
    path: str,
    project: int,
    call: Callable[[Client], object],
) -> None:
    """Our words leave as the page's request, numbers as numbers, at the path spelt right."""
    wire.answer(200, answer)
    call(mozes(wire, project))
    (sent,) = wire.sent
    assert (sent.method, sent.url) == ("POST", BASE + path)
    assert sent.headers["Content-Type"] == "application/json"
    assert (sent.headers["X-API-Key"], sent.headers["X-API-Shared-Secret"]) == ("KEY", "SECRET")
    assert sent.json == json.loads(request_)
    assert list(sent.json) == list(json.loads(request_))


def test_the_answer_to_a_message(wire: CannedWire) -> None:
    """The broadcast's id, and that it is on its way; no more is known."""
    wire.answer(200, SENT)
    receipt = mozes(wire, 12345).send(Message("contact:1283228", text=TEXT))
    assert (receipt.id, receipt.state, receipt.to) == (ID, State.QUEUED, "contact:1283228")
    assert receipt.raw.status.message == "OK"  # type: ignore[attr-defined]


def test_the_answer_to_a_list(wire: CannedWire) -> None:
    """One receipt for the whole list: Mozes does not tell who is on it."""
    wire.answer(200, SENT)
    sent = mozes(wire).send_bulk(Broadcast(text=TEXT, recipients=["group:1483228"]))
    assert (sent.id, sent.state, sent.batches[0].size) == (ID, State.QUEUED, 1)
    assert [(r.id, r.state, r.to) for r in sent.receipts] == [(ID, State.QUEUED, "group:1483228")]


def test_the_answer_to_users(wire: CannedWire) -> None:
    """One receipt per user, in the order given, all known by the one broadcast."""
    wire.answer(200, SENT)
    sent = mozes(wire).send_bulk(Broadcast(text=TEXT, recipients=USERS))
    assert (sent.id, sent.state, len(sent.batches)) == (ID, State.QUEUED, 1)
    assert [(r.id, r.state, r.to) for r in sent.receipts] == [
        (ID, State.QUEUED, to) for to in USERS
    ]


def test_the_answer_of_the_status(wire: CannedWire) -> None:
    """Completed is sent, which is the last that Mozes tells; a count in quotes is a count."""
    wire.answer(200, TOLD.replace('52Z"', '52Z",'))
    assert mozes(wire).status(ID) == Status(
        id=ID,
        state=State.SENT,
        counts={State.SENT: 1},
        started_at=datetime(2012, 6, 13, 12, 1, 52, tzinfo=UTC),
        finished_at=datetime(2012, 6, 13, 12, 1, 55, tzinfo=UTC),
        detail="completed",
        expected=1,
        final=True,
    )


def test_the_status_as_it_is_printed(wire: CannedWire) -> None:
    """Without its comma the answer is no JSON: a slip of the page, which nothing is made of."""
    wire.answer(200, TOLD)
    with pytest.raises(InvalidResponse):
        mozes(wire).status(ID)


@pytest.mark.parametrize("sample", [SENT, SENT.replace('"message"', '"name"')])
def test_the_name_of_a_code_has_two_names(wire: CannedWire, sample: str) -> None:
    """An answer is read the same whether its name is called `message` or `name`."""
    wire.answer(200, sample)
    assert mozes(wire).send(Message("contact:1283228", text=TEXT)).id == ID


def test_the_path_as_it_is_printed(wire: CannedWire) -> None:
    """Where only the misspelt path is there, the same request goes to it, if that is wished."""
    client = polycast.connect(
        "mozes", api_key="KEY", shared_secret="SECRET", project_id=12345, try_misspelt_path=True
    )
    wire.attach(client)
    wire.answer(404, "<html><title>Not Found</title></html>").answer(200, SENT)
    assert client.send(Message("contact:1283228", text=TEXT)).id == ID
    assert [sent.url.removeprefix(BASE) for sent in wire.sent] == [
        "broadcast/send_sms_to_user",
        "broadacst/send_sms_to_user",
    ]
    assert wire.sent[0].body == wire.sent[1].body
