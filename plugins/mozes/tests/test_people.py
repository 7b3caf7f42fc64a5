"""Users, lists, subscriptions: what a sender needs beside sending; and settings."""

import functools
from datetime import date, datetime

import polycast
import pytest
from polycast import (
    Client,
    Conflict,
    Message,
    OutcomeUnknown,
    Rejected,
    SettingsError,
    UsageError,
)
from polycast.testing import CannedWire
from polycast_mozes import Mozes

from .calls import SENT, paths
from .conftest import Connect, Told


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
        ({"project_id": 0}, "project_id is a whole number, at least 1"),
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
