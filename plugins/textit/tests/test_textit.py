"""Through `polycast.connect`: which bytes leave, and what comes of those that come back."""

import json
import logging
import traceback
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polycast
import pytest
import requests
import urllib3
from polycast import (
    Action,
    AuthenticationFailed,
    Broadcast,
    Client,
    Conflict,
    InvalidAnswer,
    Message,
    NotFound,
    OutcomeUnknown,
    PolycastError,
    ProviderError,
    ProviderUnavailable,
    RateLimited,
    Recipient,
    Rejected,
    SettingsError,
    State,
    Unsupported,
    UsageError,
)
from polycast.testing import CannedWire
from polycast_textit import Options

UUID = "b97f69f7-5edf-45c7-9fda-d37066eae91d"
OTHER = "0199bb93-ec0f-703b-9b5b-d26d4b6b133c"
HELLO = Message("+250788123123", text="Hello")

# Settings


@pytest.mark.parametrize(
    ("settings", "url"),
    [
        ({}, "https://textit.com/api/v2/broadcasts.json"),
        ({"host": "app.rapidpro.io"}, "https://app.rapidpro.io/api/v2/broadcasts.json"),
        ({"host": "textit.com/"}, "https://textit.com/api/v2/broadcasts.json"),
        ({"host": "localhost:8000"}, "https://localhost:8000/api/v2/broadcasts.json"),
        ({"host": "http://a.example:8000/"}, "http://a.example:8000/api/v2/broadcasts.json"),
        ({"host": "https://a.example/rp"}, "https://a.example/rp/api/v2/broadcasts.json"),
        ({"base_url": "http://127.0.0.1:9/api/v2/"}, "http://127.0.0.1:9/api/v2/broadcasts.json"),
        (
            {"base_url": "http://127.0.0.1:9/x", "host": "http://b.example"},
            "http://127.0.0.1:9/x/broadcasts.json",
        ),
    ],
)
def test_the_host_is_a_name_or_an_address(
    wire: CannedWire, told: Any, settings: dict[str, Any], url: str
) -> None:
    """A bare host is reached over HTTPS, a whole address as it is; base_url is above both."""
    client = wire.attach(polycast.connect("textit", token="t", **settings))
    wire.answer(201, json=told())
    client.send(HELLO)
    assert wire.sent[0].url == url


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"token": ""},
        {"token": "line\nbreak"},
        {"token": "t", "host": ""},
        {"token": "t", "host": "two words"},
        {"token": "t", "host": "textit.com/api/v2"},
        {"token": "t", "host": "ftp://textit.com"},
        {"token": "t", "max_text_length": 0},
        {"token": "t", "tokn": "t"},
    ],
)
def test_settings_that_cannot_work_are_refused_at_once(settings: dict[str, Any]) -> None:
    """Connecting refuses them in a sentence, before any request."""
    with pytest.raises(SettingsError, match=r"\.$"):
        polycast.connect("textit", **settings)


def test_features_are_told_without_a_connection(textit: Client) -> None:
    """What TextIt can do is declared; each claim is proved below."""
    features = textit.features
    assert (features.channels, features.schemes, features.bulk_limit) == ((), ("*",), 100)
    assert (features.media, features.reports, features.actions) == (True, True, frozenset())
    refused = (features.scheduling, features.ttl, features.sender, features.callbacks)
    assert refused == (False, False, False, False)


# Sending


def test_a_message_is_a_broadcast_to_one(textit: Client, wire: CannedWire, told: Any) -> None:
    """The bytes of the simplest message, whole, with the token in its header."""
    wire.answer(201, json=told(status="pending"))
    receipt = textit.send(Message("+250788123123", text="Hëllo @contact.name"))
    (sent,) = wire.sent
    assert (sent.method, sent.url) == ("POST", "https://textit.com/api/v2/broadcasts.json")
    assert sent.headers["Authorization"] == "Token t0ken"
    assert sent.headers["Content-Type"] == "application/json"
    assert sent.body.decode() == '{"urns":["tel:+250788123123"],"text":"Hëllo @contact.name"}'
    assert (receipt.id, receipt.state, receipt.words) == ("1234", State.QUEUED, "pending")
    assert receipt.to == "+250788123123"


@pytest.mark.parametrize("status", [200, 201])
def test_older_and_newer_servers_confirm_differently(
    textit: Client, wire: CannedWire, told: Any, status: int
) -> None:
    """200 and 201 both mean that the broadcast was created."""
    wire.answer(status, json=told(uuid=UUID))
    assert textit.send(HELLO).id == UUID


def test_a_broadcast_answers_for_every_recipient(
    textit: Client, wire: CannedWire, told: Any
) -> None:
    """URNs, contacts and groups travel in one call; receipts come in the order given."""
    wire.answer(201, json=told(uuid=UUID, urns=None, status="queued"))
    sent = textit.send_bulk(
        Broadcast(
            text="Hello",
            name="our own label",
            recipients=[
                Recipient("group:VIP"),
                Recipient("+250788123123", reference="guest 7"),
                Recipient("contact:09d23a05-47fe-11e4-bfe9-b8f6b119e9ab"),
            ],
        )
    )
    assert wire.sent[0].json == {
        "urns": ["tel:+250788123123"],
        "contacts": ["09d23a05-47fe-11e4-bfe9-b8f6b119e9ab"],
        "groups": ["VIP"],
        "text": "Hello",
    }
    assert (sent.id, sent.state) == (UUID, State.QUEUED)
    assert [(each.to, each.reference, each.id) for each in sent.receipts] == [
        ("group:VIP", None, UUID),
        ("+250788123123", "guest 7", UUID),
        ("contact:09d23a05-47fe-11e4-bfe9-b8f6b119e9ab", None, UUID),
    ]


def test_each_distinct_text_is_a_broadcast_of_its_own(
    textit: Client, wire: CannedWire, told: Any
) -> None:
    """TextIt has no variables of Polycast's kind, so people with one text share a call."""
    wire.answer(201, json=told(id=1)).answer(201, json=told(id=2))
    sent = textit.send_bulk(
        Broadcast(
            text="Dear {name}!",
            recipients=[
                Recipient("+250788123123", variables={"name": "Ann"}),
                Recipient("+250788123124", variables={"name": "Bob"}),
                Recipient("+250788123125", variables={"name": "Ann"}),
            ],
        )
    )
    assert [(each.json["text"], each.json["urns"]) for each in wire.sent] == [
        ("Dear Ann!", ["tel:+250788123123", "tel:+250788123125"]),
        ("Dear Bob!", ["tel:+250788123124"]),
    ]
    assert [receipt.id for receipt in sent.receipts] == ["1", "2", "1"]


def test_a_recipient_without_any_text_stops_the_whole_broadcast(
    textit: Client, wire: CannedWire
) -> None:
    """Those who have a text of their own are not sent it while another has none."""
    with pytest.raises(UsageError, match="nothing to say to recipient 2"):
        textit.send_bulk(
            Broadcast(recipients=[Recipient("+250788123123", text="Hi"), "+250788123124"])
        )
    with pytest.raises(UsageError, match="nothing to say"):
        textit.send(Message("+250788123123"))
    assert wire.sent == []


def test_a_long_list_is_divided(textit: Client, wire: CannedWire, told: Any) -> None:
    """101 recipients are two calls of 100 and 1."""
    wire.answer(201, json=told(id=1)).answer(201, json=told(id=2))
    numbers = [f"+2507881{number:05}" for number in range(101)]
    sent = textit.send_bulk(Broadcast(text="Hello", recipients=numbers))
    assert [len(each.json["urns"]) for each in wire.sent] == [100, 1]
    assert [batch.size for batch in sent.batches] == [100, 1]


def test_a_long_list_by_hand_through_the_hook_is_refused(textit: Client, wire: CannedWire) -> None:
    """The hook itself takes 100 of a kind: more is a sentence, and nothing leaves."""
    numbers = [f"+2507881{number:05}" for number in range(101)]
    with pytest.raises(UsageError, match="at most 100 urns in one broadcast, not 101"):
        textit.provider.send_bulk(Broadcast(text="Hello", recipients=numbers))
    assert wire.sent == []


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"channels": ("sms",)}, "does not send by 'sms'; it chooses the channel itself"),
        ({"sender": "Cafe"}, "cannot be told sender"),
        ({"ttl": timedelta(hours=1)}, "cannot be told ttl"),
        ({"send_at": datetime(2030, 1, 1, tzinfo=UTC)}, "cannot be told send_at"),
        ({"callback_url": "https://example.org"}, "cannot be told callback_url"),
        ({"media": ["https://example.org/cat.jpg"]}, "attaches only files that it holds"),
        ({"options": object()}, "give polycast_textit.Options"),
    ],
)
def test_what_textit_cannot_be_told_is_refused(
    textit: Client, wire: CannedWire, fields: dict[str, Any], words: str
) -> None:
    """Nothing is dropped in silence: the field is named, and nothing leaves."""
    with pytest.raises(Unsupported, match=words):
        textit.send(Message("+250788123123", text="Hello", **fields))
    with pytest.raises(Unsupported, match=words):
        textit.send_bulk(Broadcast(text="Hello", recipients=["+250788123123"], **fields))
    assert wire.sent == []


def test_the_length_of_a_text_is_a_setting(wire: CannedWire, told: Any) -> None:
    """4096 characters unless the server takes fewer."""
    client = wire.attach(polycast.connect("textit", token="t", max_text_length="640"))
    with pytest.raises(UsageError, match="has 641 characters; textit takes 640"):
        client.send(Message("+250788123123", text="x" * 641))
    assert wire.sent == []
    wire.answer(201, json=told())
    wire.attach(polycast.connect("textit", token="t")).send(
        Message("+250788123123", text="x" * 4096)
    )


def test_half_a_character_is_refused_before_any_request(textit: Client, wire: CannedWire) -> None:
    """A lone surrogate in a translation cannot travel, and is a sentence."""
    options = Options(translations={"eng": "half \ud83d"})
    with pytest.raises(UsageError):
        textit.send(Message("+250788123123", options=options))
    assert wire.sent == []


# Files


def media(uuid: str = UUID) -> dict[str, Any]:
    return {"uuid": uuid, "content_type": "image/png", "url": "https://x.example/a.png"}


def test_a_file_is_uploaded_before_the_broadcast(
    textit: Client, wire: CannedWire, told: Any, tmp_path: Path
) -> None:
    """One multipart part named `file` with name and type; its UUID is then attached."""
    picture = tmp_path / "steve marten.jpg"
    picture.write_bytes(b"\xff\xd8 picture")
    wire.answer(201, json=media()).answer(201, json=told())
    textit.send(Message("+250788123123", text="Hello", media=[picture]))
    upload, create = wire.sent
    assert upload.url == "https://textit.com/api/v2/media.json"
    assert upload.headers["Content-Type"].startswith("multipart/form-data; boundary=")
    assert b'name="file"; filename="steve marten.jpg"' in upload.body
    assert b"Content-Type: image/jpeg\r\n\r\n\xff\xd8 picture\r\n" in upload.body
    assert create.json["attachments"] == [UUID]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.webp", "image/webp"),
        ("a.AVIF", "image/avif"),
        ("a.apng", "image/apng"),
        ("a.pdf", "application/pdf"),
        ("a.mp3", "audio/mpeg"),
        ("a.mp4", "video/mp4"),
        ("a.strange", "application/octet-stream"),
    ],
)
def test_a_file_goes_by_its_type(
    textit: Client, wire: CannedWire, told: Any, tmp_path: Path, name: str, kind: str
) -> None:
    """The type is that of the name, on every machine; TextIt judges it."""
    (tmp_path / name).write_bytes(b"x")
    wire.answer(201, json=media()).answer(201, json=told())
    textit.send(Message("+250788123123", media=[tmp_path / name]))
    assert f"Content-Type: {kind}\r\n".encode() in wire.sent[0].body


def test_a_file_is_uploaded_once(
    textit: Client, wire: CannedWire, told: Any, tmp_path: Path
) -> None:
    """A broadcast in several calls, and later messages, name the file that TextIt holds."""
    picture = tmp_path / "a.png"
    picture.write_bytes(b"x")
    wire.answer(201, json=media())
    for _ in range(3):
        wire.answer(201, json=told())
    numbers = [f"+2507881{number:05}" for number in range(101)]
    textit.send_bulk(Broadcast(text="Hello", recipients=numbers, media=[picture, picture]))
    textit.send(Message("+250788123123", text="Hello", media=[picture]))
    assert [sent.path.rpartition("/")[2] for sent in wire.sent] == [
        "media.json",
        "broadcasts.json",
        "broadcasts.json",
        "broadcasts.json",
    ]
    assert [sent.json["attachments"] for sent in wire.sent[1:]] == [[UUID, UUID]] * 2 + [[UUID]]


def test_a_changed_file_is_another(
    textit: Client, wire: CannedWire, told: Any, tmp_path: Path
) -> None:
    """A file is known by its bytes, so an edited one is uploaded again."""
    picture = tmp_path / "a.png"
    picture.write_bytes(b"x")
    wire.answer(201, json=media()).answer(201, json=told())
    textit.send(Message("+250788123123", media=[picture]))
    picture.write_bytes(b"y")
    wire.answer(201, json=media(OTHER)).answer(201, json=told())
    textit.send(Message("+250788123123", media=[picture]))
    assert wire.sent[-1].json["attachments"] == [OTHER]


def test_a_file_that_cannot_be_sent_stops_everything(
    textit: Client, wire: CannedWire, tmp_path: Path
) -> None:
    """Missing, empty, too large, no file: a sentence, and not even the good file leaves."""
    good, empty, large = (tmp_path / name for name in ("good.png", "empty.png", "large.mp4"))
    good.write_bytes(b"x")
    empty.touch()
    with large.open("wb") as file:
        file.truncate(25 * 2**20 + 1)
    for bad, words in (
        (tmp_path / "missing.png", "cannot be read: No such file"),
        (tmp_path, "cannot be read: Is a directory"),
        (empty, "is empty"),
        (large, r"has 25\.0 MB: textit takes at most 25 MB"),
    ):
        with pytest.raises(UsageError, match=words):
            textit.send(Message("+250788123123", text="Hello", media=[good, bad]))
    assert wire.sent == []


def test_what_is_wrong_with_the_message_is_said_before_files_leave(
    textit: Client, wire: CannedWire, tmp_path: Path
) -> None:
    """A message that will be refused here costs no upload."""
    picture = tmp_path / "a.png"
    picture.write_bytes(b"x")
    with pytest.raises(UsageError, match="characters"):
        textit.send(Message("+250788123123", text="x" * 4097, media=[picture]))
    assert wire.sent == []


def test_a_refused_file_sends_no_message(textit: Client, wire: CannedWire, tmp_path: Path) -> None:
    """TextIt's own words come through, and no broadcast is created."""
    picture = tmp_path / "a.exe"
    picture.write_bytes(b"x")
    wire.answer(400, json={"file": ["Unsupported file type."]})
    with pytest.raises(Rejected, match=r"upload_media .*file: Unsupported file type\.") as caught:
        textit.send(Message("+250788123123", media=[picture]))
    assert caught.value.operation == "upload_media"


@pytest.mark.parametrize("answer", ["lost", "html", "500"])
def test_a_lost_upload_leaves_no_doubt_about_the_message(
    textit: Client, wire: CannedWire, told: Any, tmp_path: Path, answer: str
) -> None:
    """At worst a file lies unused at TextIt: nobody was sent anything, and trying is safe."""
    picture = tmp_path / "a.png"
    picture.write_bytes(b"x")
    if answer == "lost":
        wire.lose()
    elif answer == "html":
        wire.answer(200, "<html><title>Hello</title></html>")
    else:
        wire.answer(500, "Server Error. Site administrators have been notified.")
    message = Message("+250788123123", text="Hello", media=[picture])
    with pytest.raises(ProviderUnavailable, match="so the message was not sent") as caught:
        textit.send(message)
    assert caught.value.safe_to_retry
    assert len(wire.sent) == 1
    wire.answer(201, json=media()).answer(201, json=told())
    assert textit.send(message).id == "1234"


# Refusals


@pytest.mark.parametrize(
    ("status", "body", "kind", "words"),
    [
        (400, {"urns": {"0": ["Invalid URN: foo:bar."]}}, Rejected, "urns[0]: Invalid URN"),
        (400, {"text": {"base": ["Not an allowed code."]}}, Rejected, "text.base: Not an allowed"),
        (400, {"non_field_errors": ["Flagged."]}, Rejected, "(HTTP 400): Flagged."),
        (400, ["Msg1", "Msg2"], Rejected, "Msg1; Msg2"),
        (400, "XYZ", Rejected, "(HTTP 400): XYZ"),
        (400, "<html><title>Bad Request</title></html>", Rejected, "an HTML page titled 'Bad"),
        (401, {"detail": "Invalid token"}, AuthenticationFailed, "Invalid token"),
        (403, {"detail": "Invalid token"}, AuthenticationFailed, "Invalid token"),
        (404, {"detail": "Not found."}, NotFound, "Not found."),
        (409, {"detail": "Workspace has reached limit."}, Conflict, "has reached limit."),
        (413, {"detail": "Too long."}, Rejected, "Too long."),
        (500, "Server Error. Notified.", ProviderUnavailable, "Server Error. Notified."),
        (502, "<html><title>Bad Gateway</title></html>", ProviderUnavailable, "'Bad Gateway'"),
    ],
)
def test_every_refusal_is_an_error_of_its_kind_with_textits_words(
    textit: Client,
    wire: CannedWire,
    status: int,
    body: object,
    kind: type[ProviderError],
    words: str,
) -> None:
    """A POST that was refused is made once, and the error is TextIt's own sentence."""
    wire.answer(status, body if isinstance(body, str) else json.dumps(body))
    with pytest.raises(kind) as caught:
        textit.send(HELLO)
    assert words in str(caught.value)
    assert (caught.value.http_status, caught.value.operation) == (status, "create_broadcast")
    assert not caught.value.safe_to_retry
    assert len(wire.sent) == 1


def test_a_moved_server_says_where_to(textit: Client, wire: CannedWire) -> None:
    """A redirect is not followed, for it would carry the token away."""
    wire.answer(301, headers={"Location": "https://textit.example/api/v2/broadcasts.json"})
    with pytest.raises(
        ProviderUnavailable, match=r"redirects to https://textit\.example.*base_url"
    ):
        textit.send(HELLO)
    assert len(wire.sent) == 1


# Trying again


def test_a_throttled_send_is_repeated_when_textit_says(
    textit: Client, wire: CannedWire, told: Any
) -> None:
    """429 means that nothing was accepted: the same bytes leave again, after the time asked."""
    throttled = {"detail": "Request was throttled. Expected available in 7 seconds."}
    wire.answer(429, json=throttled, headers={"Retry-After": "7"}).answer(201, json=told())
    assert textit.send(HELLO).id == "1234"
    assert wire.pauses == [7.0]
    assert wire.sent[0].body == wire.sent[1].body


def test_a_throttled_send_without_a_time_backs_off(
    textit: Client, wire: CannedWire, told: Any
) -> None:
    """The header is missing when TextIt does not know: from a second up, at random."""
    for _ in range(4):
        wire.answer(429, json={"detail": "Request was throttled."})
    wire.answer(201, json=told())
    textit.send(HELLO)
    assert len(wire.pauses) == 4
    for pause, most in zip(wire.pauses, (1, 2, 4, 8), strict=True):
        assert 0 <= pause <= most


def test_a_throttle_that_stays_is_said_in_the_end(textit: Client, wire: CannedWire) -> None:
    """After five tries, or when asked to wait for long, the error names the time."""
    for _ in range(5):
        wire.answer(429, json={"detail": "Request was throttled."})
    with pytest.raises(RateLimited, match=r"Request was throttled\."):
        textit.send(HELLO)
    wire.answer(429, json={"detail": "Request was throttled."}, headers={"Retry-After": "1800"})
    with pytest.raises(RateLimited, match="asks to wait 1800 s") as caught:
        textit.send(HELLO)
    assert caught.value.safe_to_retry
    assert len(wire.sent) == 6


def test_a_lost_reply_is_never_repeated(textit: Client, wire: CannedWire) -> None:
    """The broadcast may be on its way: the error says so, and one request was made."""
    for lost in (None, requests.ReadTimeout("slow")):
        wire.lose(lost)
        with pytest.raises(OutcomeUnknown, match="Nobody knows whether textit") as caught:
            textit.send(HELLO)
        assert not caught.value.safe_to_retry
    assert len(wire.sent) == 2


def test_what_never_left_is_repeated(textit: Client, wire: CannedWire, told: Any) -> None:
    """Where no connection was made nothing was accepted."""
    wire.refuse_connection().answer(201, json=told())
    assert textit.send(HELLO).id == "1234"


@pytest.mark.parametrize(
    "body",
    [
        "",
        "<html><title>Sign in</title></html>",
        '{"id": 1234, "urns": [',
        "[]",
        '{"status": "queued"}',
        '{"urns":[],"contacts":[],"groups":[],"text":{},"created_on":"2026-01-02T17:28:12Z"}',
    ],
)
def test_a_confirmation_that_is_none_leaves_doubt(
    textit: Client, wire: CannedWire, body: str
) -> None:
    """A 201 that is not a broadcast, or one without an id, is nobody's receipt."""
    wire.answer(201, body)
    with pytest.raises(OutcomeUnknown):
        textit.send(HELLO)
    assert len(wire.sent) == 1


# Status


def page(*results: object, next: str | None = None) -> dict[str, Any]:  # noqa: A002
    return {"next": next, "previous": None, "results": list(results)}


def test_a_number_is_asked_for_as_a_number(textit: Client, wire: CannedWire, told: Any) -> None:
    """The status of a broadcast of an older server."""
    wire.answer(json=page(told(status="started", progress={"total": -1, "started": 0})))
    status = textit.status("1234")
    assert wire.sent[0].url == "https://textit.com/api/v2/broadcasts.json?id=1234"
    assert (status.id, status.state, status.words) == ("1234", State.SENDING, "started")
    assert status.expected is None
    assert not status.is_final


def test_a_uuid_is_asked_for_as_a_uuid(textit: Client, wire: CannedWire, told: Any) -> None:
    """The status of a broadcast of a newer server, which also tells how many there are."""
    wire.answer(json=page(told(uuid=UUID, status="completed", progress={"total": 3, "started": 3})))
    status = textit.status(UUID)
    assert wire.sent[0].query == {"uuid": [UUID]}
    assert (status.state, status.words, status.expected) == (State.SENT, "completed", 3)


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
    with pytest.raises(InvalidAnswer, match=f"asked for the broadcast {id}, it lists others"):
        textit.status(id)


def test_a_page_in_place_of_an_answer(textit: Client, wire: CannedWire) -> None:
    """HTML with status 200, as from a login page, is one readable sentence."""
    wire.answer(200, "<html><title>Sign in</title></html>")
    with pytest.raises(InvalidAnswer, match="an HTML page titled 'Sign in'"):
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
    assert (third.words, third.channel) == ("wired", "MTN")


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
    with pytest.raises(InvalidAnswer, match=words):
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


# Secrets


def test_the_token_is_shown_nowhere(
    wire: CannedWire, told: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """Not in reprs, errors, causes, logs or tracebacks, whatever goes wrong."""
    token = "s3ntinel-t0ken"
    caplog.set_level(logging.DEBUG)
    client = wire.attach(polycast.connect("textit", token=token))
    wire.answer(201, json=told())
    client.send(HELLO)
    assert wire.sent[0].headers["Authorization"] == f"Token {token}"
    address = f"https://user:{token}@rapidpro.example.org"
    elsewhere = polycast.connect("textit", token="t", host=address)
    shown = [repr(elsewhere.provider.settings), repr(elsewhere.api)]
    shown += [
        repr(each)
        for each in (client, client.provider, client.provider.settings, client.api, client.features)
    ]
    wire.answer(403, json={"detail": f"Invalid token {token}", token: [token]})
    wire.answer(400, f"<html><title>{token}</title></html>")
    wire.answer(200, json={"id": token})
    wire.lose(
        requests.ConnectionError(urllib3.exceptions.ProtocolError(f"Authorization: Token {token}"))
    )
    for _ in range(4):
        with pytest.raises(PolycastError) as caught:
            client.send(HELLO)
        error = caught.value
        shown += ["".join(traceback.format_exception(error)), repr(vars(error))]
    shown += [record.getMessage() for record in caplog.records]
    assert [text for text in shown if token in text] == []
    assert any("***" in text for text in shown)
