"""Mozes through a connected client: these bytes leave, and those bytes mean this."""

import functools
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import polycast
import pytest
from polycast import (
    Broadcast,
    Client,
    Conflict,
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
from polycast_mozes import Mozes

from .conftest import Connect, Told

SENT = {"client_id": "eb1ea30eaee7d0b37c04f56960f6c6bd"}


def paths(wire: CannedWire) -> list[str]:
    """Where the requests went."""
    return [sent.path.removeprefix("/v1/") for sent in wire.sent]


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


def test_a_refused_number_costs_nobody_else(wire: CannedWire, client: Client, told: Told) -> None:
    """Those who are refused are told apart with Mozes's words; the others are sent to."""
    wire.answer(json=told({"mozes_id": "11"}))
    wire.answer(json=told(code=11003, name="USER_BLOCKED", text="Blocked by the carrier"))
    wire.answer(json=told(["?"])).answer(json=told({"mozes_id": "soon"}))
    wire.answer(json=told(SENT))
    numbers = [f"+1310555{number}" for number in range(1111, 1115)]
    recipients = [*(Recipient(to, reference=to[-1]) for to in numbers), Recipient("contact:22")]
    sent = client.send_bulk(Broadcast(text="Hi", recipients=recipients))
    assert (sent.id, sent.state) == (SENT["client_id"], State.QUEUED)
    assert [r.state for r in sent.receipts] == [
        State.QUEUED, State.REJECTED, State.REJECTED, State.REJECTED, State.QUEUED,
    ]  # fmt: skip
    assert [r.reference for r in sent.receipts] == ["1", "2", "3", "4", None]
    blocked, odd, nobody = sent.receipts[1:4]
    assert (blocked.id, blocked.words) == (None, "USER_BLOCKED: Blocked by the carrier")
    assert odd.words is not None
    assert odd.words.startswith("$.response: expected an object")
    assert nobody.words == "it names no Mozes ID"
    assert wire.sent[-1].json["mozes_ids"] == [11, 22]


def test_all_are_refused(wire: CannedWire, client: Client, told: Told) -> None:
    """When nobody is left nothing is sent, and every receipt says why."""
    for _ in range(2):
        wire.answer(json=told(code=11002, name="USER_UNDERAGE", text=""))
    sent = client.send_bulk(Broadcast(text="Hi", recipients=["+13105551111", "+13105552222"]))
    assert (sent.id, sent.state) == (None, State.REJECTED)
    assert {(r.id, r.state, r.words) for r in sent.receipts} == {
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
        )
    )
    assert [sent.json["message"] for sent in wire.sent] == ["Dear Ann!", "Dear all!", "Dear Bob!"]
    assert [r.id for r in sent.receipts] == ["a1", "b2", "c3"]
    assert sent.id == "batches:a1,b2,c3"


# What cannot be said


@pytest.mark.parametrize(
    ("recipients", "text", "sentence"),
    [
        (["contact:1", "+380961111111"], "Hi", "+380961111111 cannot be reached"),
        (["contact:1", "group:2"], "Hi", "goes to lists and persons"),
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
    wire.answer(404, json=told(code=10004, name="INVALID_MOZES_ID", text=""))
    with pytest.raises(NotFound) as caught:
        connect(try_misspelt_path=True).send(Message("contact:1", text="Hi"))
    assert caught.value.code == 10004


def test_a_lost_reply_from_the_misspelt_path(wire: CannedWire, connect: Connect) -> None:
    """The second try is a send like the first: its lost reply leaves the outcome unknown."""
    wire.answer(404, NO_SUCH_PAGE).lose()
    with pytest.raises(OutcomeUnknown):
        connect(try_misspelt_path=True).send(Message("contact:1", text="Hi"))


# Users, lists and subscriptions


@pytest.fixture
def mozes(client: Client) -> Mozes:
    """The provider behind the client."""
    assert isinstance(client.provider, Mozes)
    return client.provider


def test_find_user(wire: CannedWire, mozes: Mozes, told: Told) -> None:
    """A user's address can be kept, and sent to without looking it up."""
    wire.answer(json=told({"mozes_id": "123456"}))
    assert mozes.find_user("+13105551234") == "contact:123456"
    assert mozes.find_user("contact:5") == "contact:5"


def test_create_list(wire: CannedWire, mozes: Mozes, told: Told) -> None:
    """A new list is an address at once."""
    wire.answer(json=told({"broadcast_list_id": 132141}))
    assert mozes.create_list("Friday's guests") == "group:132141"
    assert wire.sent[0].path == "/v1/broadcast_list/create"
    assert wire.sent[0].json == {"project_id": 456442, "name": "Friday's guests"}


def test_create_list_again(wire: CannedWire, mozes: Mozes, told: Told) -> None:
    """A name that is taken is a conflict."""
    wire.answer(json=told(code=12000, name="BROADCAST_LIST_DUPLICATE_LIST", text=""))
    with pytest.raises(Conflict):
        mozes.create_list("Friday's guests")


@pytest.mark.parametrize("number", ["", "first", 0])
def test_a_list_without_a_number(
    wire: CannedWire, mozes: Mozes, told: Told, number: object
) -> None:
    """A list that may be there, and cannot be named, is an unknown outcome."""
    wire.answer(json=told({"broadcast_list_id": number}))
    with pytest.raises(OutcomeUnknown, match="it names no list"):
        mozes.create_list("Friday's guests")


def test_add_to_list(wire: CannedWire, mozes: Mozes, told: Told) -> None:
    """Numbers are looked up; who is refused is told apart, and the others are on the list."""
    wire.answer(json=told({"mozes_id": 11})).answer(json=told(code=11004, name="USER_LANDLINE"))
    wire.answer(json=told())
    refused = mozes.add_to_list(
        "group:132141", ["+13105551111", "+13105552222", "contact:33", "contact:33"]
    )
    assert {to: error.code for to, error in refused.items()} == {"+13105552222": 11004}
    assert wire.sent[-1].path == "/v1/broadcast_list/insert_users"
    assert wire.sent[-1].json == {
        "broadcast_list_id": 132141, "project_id": 456442, "mozes_ids": [11, 33],
    }  # fmt: skip


def test_add_nobody_to_list(wire: CannedWire, mozes: Mozes, told: Told) -> None:
    """Without anybody to put on it the list is left alone."""
    assert mozes.add_to_list("group:132141", []) == {}
    wire.answer(json=told(code=11004, name="USER_LANDLINE"))
    assert list(mozes.add_to_list("group:132141", ["+13105552222"])) == ["+13105552222"]
    assert paths(wire) == ["user/lookup"]


@pytest.mark.parametrize(
    ("stored", "people"),
    [
        ("contact:1", ["contact:2"]),
        ("group:1", ["+13105551111", "group:2"]),
        ("group:1", ["+13105551111", "+380961111111"]),
        ("group:1", "contact:2"),
    ],
)
def test_add_to_list_is_checked_first(mozes: Mozes, stored: str, people: list[str]) -> None:
    """What cannot be right is refused before anybody is looked up."""
    with pytest.raises(UsageError):
        mozes.add_to_list(stored, people)


@pytest.mark.parametrize(
    ("method", "path"), [("empty_list", "truncate"), ("delete_list", "delete")]
)
def test_empty_and_delete_list(
    wire: CannedWire, mozes: Mozes, told: Told, method: str, path: str
) -> None:
    """Both name the list and the project; a list of another project is refused."""
    call = functools.partial(getattr(mozes, method), "group:132141")
    wire.answer(json=told())
    call()
    assert wire.sent[0].path == f"/v1/broadcast_list/{path}"
    assert wire.sent[0].json == {"broadcast_list_id": 132141, "project_id": 456442}
    wire.answer(json=told(code=12002, name="BROADCAST_LIST_INVALID_LIST_PROJECT"))
    with pytest.raises(Rejected):
        call()


@pytest.mark.parametrize("born", [date(1980, 11, 3), datetime(1980, 11, 3, 23, 59)])  # noqa: DTZ001
def test_subscribe(wire: CannedWire, mozes: Mozes, told: Told, born: date) -> None:
    """A date of birth travels as eight digits."""
    wire.answer(json=told({"mozes_id": "11"})).answer(json=told())
    assert mozes.subscribe("+13105551111", born) is True
    assert wire.sent[1].path == "/v1/project/subscribe"
    assert wire.sent[1].json == {"mozes_id": 11, "project_id": 456442, "dob": "19801103"}


def test_subscribe_again(wire: CannedWire, mozes: Mozes, told: Told) -> None:
    """Who is subscribed already stays so: that is no error."""
    wire.answer(json=told(code=13000, name="PROJECT_ALREADY_SUBSCRIBED"))
    assert mozes.subscribe("contact:11", date(1980, 11, 3)) is False


@pytest.mark.parametrize(("http_status", "code"), [(200, 11002), (200, 11003), (409, 13999)])
def test_subscribe_refused(
    wire: CannedWire, mozes: Mozes, told: Told, http_status: int, code: int
) -> None:
    """Any other refusal is an error."""
    wire.answer(http_status, json=told(code=code, name="NO"))
    with pytest.raises((Rejected, Conflict)) as caught:
        mozes.subscribe("contact:11", date(1980, 11, 3))
    assert caught.value.code == code


def test_unsubscribe(wire: CannedWire, mozes: Mozes, told: Told) -> None:
    """Who leaves is named by their Mozes ID."""
    wire.answer(json=told())
    mozes.unsubscribe("contact:11")
    assert wire.sent[0].path == "/v1/project/unsubscribe"
    assert wire.sent[0].json == {"mozes_id": 11, "project_id": 456442}


# Settings


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"project_id": 0}, "project_id is a positive number"),
        ({"project_id": "guests"}, "project_id: a whole number is needed"),
        ({"api_key": "a\nb"}, "X-API-Key holds characters"),
        ({"shared_secret": "пароль"}, "X-API-Shared-Secret holds characters"),
        ({"shared_secret": ""}, "shared_secret: the secret is empty"),
        ({"apikey": "k"}, "no setting 'apikey'"),
    ],
)
def test_settings_are_checked(connect: Connect, changes: dict[str, object], sentence: str) -> None:
    """A setting that cannot work is refused when connecting."""
    with pytest.raises(SettingsError, match=sentence):
        connect(**changes)


def test_project_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, wire: CannedWire, told: Told
) -> None:
    """A project's number may come as text, and travels as a number."""
    for name, value in {"API_KEY": "k", "SHARED_SECRET": "s", "PROJECT_ID": "77"}.items():
        monkeypatch.setenv(f"POLYCAST_MOZES_{name}", value)
    wire.answer(json=told(SENT))
    wire.attach(polycast.connect("mozes")).send(Message("contact:1", text="Hi"))
    assert wire.sent[0].json["project_id"] == 77


def test_base_url(wire: CannedWire, connect: Connect, told: Told) -> None:
    """Another address is taken as it is, its path included."""
    wire.answer(json=told(SENT))
    connect(base_url="http://127.0.0.1:9/mozes/v1").send(Message("contact:1", text="Hi"))
    assert wire.sent[0].url == "http://127.0.0.1:9/mozes/v1/broadcast/send_sms_to_user"
