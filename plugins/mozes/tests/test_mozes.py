"""Mozes through a connected client: these bytes leave, and those bytes mean this."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import polycast
import pytest
from polycast import (
    Broadcast,
    Client,
    Message,
    NotFound,
    OutcomeUnknown,
    Recipient,
    Rejected,
    SettingsError,
    State,
    Unsupported,
    UsageError,
)
from polycast.testing import CannedWire

from .calls import SENT, paths
from .conftest import Connect, Told

# One message


def test_phone_number(wire: CannedWire, client: Client, told: Told) -> None:
    """A phone number is looked up, and its user is sent to, under the address as it was given."""
    wire.answer(json=told({"mozes_id": "1283228"})).answer(json=told(SENT))
    receipt = client.send(Message("+13105551234", text="Hi {you}"))
    assert (receipt.id, receipt.state, receipt.to) == (
        SENT["client_id"], State.QUEUED, "+13105551234",
    )  # fmt: skip
    assert paths(wire) == ["user/lookup", "broadcast/send_sms_to_user"]
    assert wire.sent[0].json == {"phone": "13105551234"}
    assert wire.sent[1].json == {"project_id": 456442, "mozes_id": 1283228, "message": "Hi {you}"}


def test_a_number_is_looked_up_once(wire: CannedWire, client: Client, told: Told) -> None:
    """A client remembers whose a number is, however the number is written, in all that it does."""
    wire.answer(json=told({"mozes_id": 7}))
    for _ in range(4):
        wire.answer(json=told(SENT))
    client.send(Message("+13105551234", text="Hi"))
    client.send(Message("tel:13105551234", text="Hi"))
    client.send_bulk(Broadcast(text="Hi", recipients=["+13105551234"]))
    client.provider.unsubscribe("+13105551234")
    assert paths(wire).count("user/lookup") == 1
    assert [sent.json.get("mozes_ids") for sent in wire.sent[3:]] == [[7], None]


def test_a_client_remembers_for_itself(wire: CannedWire, connect: Connect, told: Told) -> None:
    """Another client asks again: what one account is told says nothing of another."""
    for _ in range(2):
        wire.answer(json=told({"mozes_id": 7})).answer(json=told(SENT))
        connect().send(Message("+13105551234", text="Hi"))
    assert paths(wire).count("user/lookup") == 2


def test_a_refused_number_is_asked_for_again(wire: CannedWire, client: Client, told: Told) -> None:
    """Only what was found is remembered; a message to a refused number is an error, unsent."""
    refusal = told(code=11004, name="USER_LANDLINE", text="No mobile phone")
    wire.answer(json=refusal).answer(json=told({"mozes_id": 7})).answer(json=told(SENT))
    with pytest.raises(Rejected, match="USER_LANDLINE: No mobile phone"):
        client.send(Message("+13105551234", text="Hi"))
    assert client.send(Message("+13105551234", text="Hi")).state is State.QUEUED


# Many


def test_broadcast_to_persons(wire: CannedWire, client: Client, told: Told) -> None:
    """Numbers are looked up one by one; then one call goes to all, in the order given."""
    wire.answer(json=told({"mozes_id": "11"})).answer(json=told({"mozes_id": 33}))
    wire.answer(json=told(SENT))
    sent = client.send_bulk(
        Broadcast(
            text="Dear guests",
            recipients=[
                Recipient("+13105551111", reference="guest 1"),
                Recipient("contact:22"),
                Recipient("+13105553333"),
            ],
            name="Friday",
        )
    )
    assert (sent.id, sent.state) == (SENT["client_id"], State.QUEUED)
    assert [(r.id, r.state, r.to, r.reference) for r in sent.receipts] == [
        (sent.id, State.QUEUED, "+13105551111", "guest 1"),
        (sent.id, State.QUEUED, "contact:22", None),
        (sent.id, State.QUEUED, "+13105553333", None),
    ]
    assert wire.sent[-1].json == {
        "project_id": 456442, "mozes_ids": [11, 22, 33], "message": "Dear guests",
    }  # fmt: skip


@pytest.mark.parametrize("code", [11003, 10004])
def test_a_refused_number_costs_nobody_else(
    wire: CannedWire, client: Client, told: Told, code: int
) -> None:
    """Those who are refused are told apart with Mozes's words; the others are sent to."""
    wire.answer(json=told({"mozes_id": "11"}))
    wire.answer(json=told(code=code, name="USER_BLOCKED", text="Blocked by the carrier"))
    wire.answer(json=told({"mozes_id": "soon"}))
    wire.answer(json=told(SENT))
    numbers = [f"+1310555{number}" for number in range(1111, 1114)]
    recipients = [*(Recipient(to, reference=to[-1]) for to in numbers), Recipient("contact:22")]
    sent = client.send_bulk(Broadcast(text="Hi", recipients=recipients))
    assert (sent.id, sent.state) == (SENT["client_id"], State.QUEUED)
    assert [r.state for r in sent.receipts] == [
        State.QUEUED, State.REJECTED, State.REJECTED, State.QUEUED,
    ]  # fmt: skip
    assert [r.reference for r in sent.receipts] == ["1", "2", "3", None]
    blocked, nobody = sent.receipts[1:3]
    assert (blocked.id, blocked.detail) == (None, "USER_BLOCKED: Blocked by the carrier")
    assert nobody.detail == "it names no Mozes ID"
    assert wire.sent[-1].json["mozes_ids"] == [11, 22]


def test_a_text_too_long_is_so_for_everybody(wire: CannedWire, client: Client, told: Told) -> None:
    """The refusal names each recipient: no other call would fare better."""
    wire.answer(json=told(code=11004, name="USER_LANDLINE", text=""))
    wire.answer(json=told(code=14000, name="BROADCAST_MESSAGE_LENGTH_EXCEEDED", text=""))
    recipients = (Recipient("+13105551111"), Recipient("contact:1"))
    broadcast = Broadcast(text="Hi", recipients=recipients)
    with pytest.raises(Rejected) as caught:
        client.provider.send_bulk(broadcast, client.provider.prepare(broadcast))
    assert caught.value.refused == {0: "USER_LANDLINE", 1: "BROADCAST_MESSAGE_LENGTH_EXCEEDED"}


def test_an_unknown_user_is_not_named(wire: CannedWire, client: Client, told: Told) -> None:
    """Mozes refuses the whole call and does not say for whom: nothing was carried out."""
    wire.answer(json=told(code=10004, name="INVALID_MOZES_ID", text=""))
    recipients = (Recipient("contact:1"), Recipient("contact:2"))
    broadcast = Broadcast(text="Hi", recipients=recipients)
    with pytest.raises(Rejected) as caught:
        client.provider.send_bulk(broadcast, client.provider.prepare(broadcast))
    assert (caught.value.refused, caught.value.carried_out) == (None, False)


def test_an_unknown_user_costs_nobody_else(wire: CannedWire, client: Client, told: Told) -> None:
    """Whom Mozes means is found by calls with fewer of them: the others are sent to once."""
    unknown = told(code=10004, name="INVALID_MOZES_ID", text="")
    wire.answer(json=unknown).answer(json=told(SENT)).answer(json=unknown)
    sent = client.send_bulk(Broadcast(text="Hi", recipients=["contact:1", "contact:2"]), workers=1)
    assert [r.state for r in sent.receipts] == [State.QUEUED, State.REJECTED]
    assert [each.json["mozes_ids"] for each in wire.sent] == [[1, 2], [1], [2]]


def test_the_first_project_has_number_one(connect: Connect) -> None:
    """A project's number is positive: 1 is taken, 0 is a mistake."""
    connect(project_id=1)
    with pytest.raises(SettingsError, match="project_id is a whole number, at least 1"):
        connect(project_id=0)


def test_all_are_refused(wire: CannedWire, client: Client, told: Told) -> None:
    """When nobody is left nothing is sent, and every receipt says why."""
    for _ in range(2):
        wire.answer(json=told(code=11002, name="USER_UNDERAGE", text=""))
    sent = client.send_bulk(Broadcast(text="Hi", recipients=["+13105551111", "+13105552222"]))
    assert (sent.id, sent.state) == (None, State.REJECTED)
    assert {(r.id, r.state, r.detail) for r in sent.receipts} == {
        (None, State.REJECTED, "USER_UNDERAGE")
    }
    assert paths(wire) == ["user/lookup", "user/lookup"]


def test_texts_of_their_own(wire: CannedWire, client: Client, told: Told) -> None:
    """Each text is a call of its own; lists and persons may differ in it. All share one id."""
    for id_ in ("a1", "b2", "c3"):
        wire.answer(json=told({"client_id": id_}))
    sent = client.send_bulk(
        Broadcast(
            text="Dear {name}!",
            recipients=[
                Recipient("contact:1", {"name": "Ann"}),
                Recipient("group:9", text="Dear all!"),
                Recipient("contact:2", {"name": "Bob"}),
            ],
        ),
        workers=1,
    )
    assert [sent.json["message"] for sent in wire.sent] == ["Dear Ann!", "Dear all!", "Dear Bob!"]
    assert [r.id for r in sent.receipts] == ["a1", "b2", "c3"]
    assert sent.id == "batches:a1,b2,c3"


def test_lists_and_persons(wire: CannedWire, client: Client, told: Told) -> None:
    """Each list is a call of its own, and all persons are one: there is no call for both."""
    for id_ in ("a1", "b2", "c3"):
        wire.answer(json=told({"client_id": id_}))
    sent = client.send_bulk(
        Broadcast(text="Hi", recipients=["contact:1", "group:9", "contact:2", "group:8"]),
        workers=1,
    )
    assert paths(wire) == [
        "broadcast/send_sms_to_users",
        "broadcast/send_sms_to_broadcast_list",
        "broadcast/send_sms_to_broadcast_list",
    ]
    assert wire.sent[0].json["mozes_ids"] == [1, 2]
    assert [each.json["broadcast_list_id"] for each in wire.sent[1:]] == [9, 8]
    assert [(r.to, r.id) for r in sent.receipts] == [
        ("contact:1", "a1"),
        ("group:9", "b2"),
        ("contact:2", "a1"),
        ("group:8", "c3"),
    ]


# What cannot be said


@pytest.mark.parametrize(
    ("recipients", "text", "sentence"),
    [
        (["contact:1", "+380961111111"], "Hi", "+380961111111 cannot be reached"),
        (["contact:x"], "Hi", "is not a Mozes ID"),
        (["twitter:somebody"], "Hi", "it takes tel, contact, group"),
        (["contact:1"], "x" * 161, "has 161 characters"),
    ],
)
def test_refused_before_any_request(
    client: Client, recipients: list[str], text: str, sentence: str
) -> None:
    """What Mozes cannot be told is refused whole, before anybody is looked up."""
    with pytest.raises(UsageError, match=sentence.replace("+", r"\+")):
        client.send_bulk(Broadcast(text=text, recipients=["+13105551234", *recipients]))
    with pytest.raises(UsageError):
        client.send_bulk(Broadcast(text=text, recipients=recipients))


@pytest.mark.parametrize(
    ("to", "text"),
    [("+380961111111", "Hi"), ("group:all", "Hi"), ("contact:1", "x" * 161)],
)
def test_a_message_refused_before_any_request(client: Client, to: str, text: str) -> None:
    """The same holds for one message."""
    with pytest.raises(UsageError):
        client.send(Message(to, text=text))


@pytest.mark.parametrize(
    "content",
    [
        {"sender": "Mozes"},
        {"send_at": datetime(2030, 1, 1, tzinfo=ZoneInfo("UTC"))},
        {"ttl": timedelta(hours=1)},
        {"media": ["https://example.org/a.png"]},
        {"callback_url": "https://example.org/reports"},
        {"channels": ["viber"]},
        {"options": object()},
    ],
)
def test_what_mozes_does_not_offer(client: Client, content: dict[str, object]) -> None:
    """Mozes has no word for these: they are refused, not left out."""
    with pytest.raises(Unsupported):
        client.send(Message("contact:1", text="Hi", **content))  # type: ignore[arg-type]


def test_no_control(client: Client) -> None:
    """A broadcast cannot be taken back or held."""
    with pytest.raises(Unsupported, match="offers no actions on broadcasts"):
        client.control("eb1ea30eaee7d0b37c04f56960f6c6bd", polycast.Action.STOP)


# The misspelt path

NO_SUCH_PAGE = "<html><head><title>404 Not Found</title></head></html>"


def test_the_misspelt_path_is_not_tried_unasked(wire: CannedWire, client: Client) -> None:
    """Unless it is wished for, a missing path is an error like any other."""
    wire.answer(404, NO_SUCH_PAGE)
    with pytest.raises(NotFound):
        client.send(Message("contact:1", text="Hi"))


def test_the_misspelt_path_is_tried_once(wire: CannedWire, connect: Connect) -> None:
    """Where that is missing too the error says so, and there is no third try."""
    wire.answer(404, NO_SUCH_PAGE).answer(404, NO_SUCH_PAGE)
    with pytest.raises(NotFound) as caught:
        connect(try_misspelt_path=True).send(Message("contact:1", text="Hi"))
    assert caught.value.operation == "send_sms_to_user_as_printed"
    assert paths(wire) == ["broadcast/send_sms_to_user", "broadacst/send_sms_to_user"]


@pytest.mark.parametrize("status", [400, 410, 500, 502])
def test_nothing_but_404_leads_to_the_misspelt_path(
    wire: CannedWire, connect: Connect, status: int
) -> None:
    """Only 404 says that the message was not read; anything else is not sent again."""
    wire.answer(status, NO_SUCH_PAGE)
    with pytest.raises(polycast.ProviderError):
        connect(try_misspelt_path=True).send(Message("contact:1", text="Hi"))


def test_mozes_not_finding_is_no_missing_path(
    wire: CannedWire, connect: Connect, told: Told
) -> None:
    """A code under HTTP 404 is Mozes's own answer: it has read the message."""
    wire.answer(404, json=told(code=14002, name="BROADCAST_STATUS_NOT_FOUND", text=""))
    with pytest.raises(NotFound) as caught:
        connect(try_misspelt_path=True).send(Message("contact:1", text="Hi"))
    assert caught.value.code == 14002


def test_a_lost_reply_from_the_misspelt_path(wire: CannedWire, connect: Connect) -> None:
    """The second try is a send like the first: its lost reply leaves the outcome unknown."""
    wire.answer(404, NO_SUCH_PAGE).lose()
    with pytest.raises(OutcomeUnknown):
        connect(try_misspelt_path=True).send(Message("contact:1", text="Hi"))
