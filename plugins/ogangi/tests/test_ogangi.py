"""Ogangi through a connected client: these bytes leave, and those bytes mean this."""

import json
import logging
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import polycast
import pytest
from polycast import (
    Action,
    AuthenticationFailed,
    Broadcast,
    Client,
    InvalidAnswer,
    Message,
    OutcomeUnknown,
    PolycastError,
    ProviderError,
    ProviderUnavailable,
    RateLimited,
    Recipient,
    SettingsError,
    State,
    Unsupported,
    UsageError,
)
from polycast.testing import CannedWire
from polycast_ogangi import Ogangi, Options, Settings
from polycast_ogangi.recipients import Entry

PUBLIC_KEY = "PUBLIC-SENTINEL"
PRIVATE_KEY = "PRIVATE-SENTINEL"
GUESTS = [
    Recipient("+380961111111", {"name": "Іван"}, reference="guest 1"),
    Recipient("+380962222222", {"name": "Олена"}),
]


def connect(wire: CannedWire, **changes: object) -> Client:
    """A client over a canned wire."""
    settings: dict[str, Any] = {
        "instance_id": 8,
        "user_name": "peter",
        "public_key": PUBLIC_KEY,
        "private_key": PRIVATE_KEY,
        "shortcode": "0434",
    }
    return wire.attach(polycast.connect("ogangi", **{**settings, **changes}))


@pytest.fixture
def wire() -> CannedWire:
    """The wire under the client."""
    return CannedWire()


@pytest.fixture
def client(wire: CannedWire) -> Client:
    """A client of workspace 8."""
    return connect(wire)


def ok(result: str = "") -> str:
    """An answer of Ogangi's: elements without a root."""
    inner = f"<result>{result}</result>" if result else ""
    return f"<input>x</input><status>OK</status><description>Completed</description>{inner}"


def messages(*facts: tuple[str, str, str]) -> str:
    """An answer with messages of these ids, numbers and statuses."""
    inner = "".join(
        f"<message><id>{id_}</id><to>{to}</to><status>{status}</status></message>"
        for id_, to, status in facts
    )
    return ok(f"<messages>{inner}</messages>")


def broadcast(inner: str = "<statusDescription>SENDING</statusDescription>") -> str:
    """An answer with broadcast 1542."""
    return ok(f"<broadcast><id>1542</id>{inner}</broadcast>")


def refusal(status: str, description: str = "Internal error") -> str:
    """An answer that says no."""
    return f"<input>x</input><status>{status}</status><description>{description}</description>"


def uploaded(wire: CannedWire) -> str:
    """The file in the last request's multipart body."""
    body = wire.sent[-1].body.decode()
    head, _, rest = body.partition("\r\n\r\n")
    assert 'name="file"; filename="recipients.' in head
    return rest.rpartition("\r\n--")[0]


# One message


def test_message_goes_as_a_file_of_one_row(wire: CannedWire, client: Client) -> None:
    """A message is a recipients file with one row, signed without the file."""
    wire.answer(200, messages(("-671", "380961111111", "SENT_TO_CARRIER")))
    receipt = client.send(Message("+380961111111", text='Say "so", Іване'))
    assert (receipt.id, receipt.state, receipt.to) == ("message:-671", State.SENT, "+380961111111")
    assert receipt.words == "SENT_TO_CARRIER"
    (sent,) = wire.sent
    assert sent.method == "POST"
    assert sent.segments[:-1] == [
        *("messangi_mmc", "rest", "api", "tools", "sendSMSByFile"),
        *("8", PUBLIC_KEY),
    ]
    assert sent.headers["Content-Type"].startswith("multipart/form-data; boundary=")
    assert uploaded(wire) == ('"380961111111","0434","","UTF-8","UTC","Say ""so"", Іване"')


def test_columns_come_from_options_then_settings(wire: CannedWire) -> None:
    """The file's columns are the options', else the settings', else the page's defaults."""
    client = connect(
        wire, timezone="America/Caracas", carrier="Movilnet", dialect="legacy-semicolon"
    )
    for _ in range(2):
        wire.answer(200, messages(("1", "380961111111", "SENT")))
    client.send(Message("+380961111111", text="Hi"))
    assert uploaded(wire) == "380961111111;0434;Movilnet;UTF-8;America/Caracas;Hi"
    options = Options(
        carrier="Digitel", encoding="ISO-8859-1", timezone="America/New_York", dialect="csv"
    )
    client.send(Message("+380961111111", text="Hi", sender="0555", options=options))
    assert uploaded(wire) == (
        '"380961111111","0555","Digitel","ISO-8859-1","America/New_York","Hi"'
    )


def test_refused_recipient_is_a_receipt(wire: CannedWire, client: Client) -> None:
    """A number that Ogangi refuses is REJECTED with its word, not an exception."""
    wire.answer(200, messages(("-1", "380961111111", "BAD ADDRESS")))
    receipt = client.send(Message("+380961111111", text="Hi"))
    assert (receipt.state, receipt.words) == (State.REJECTED, "BAD ADDRESS")


def test_scheduled_message_is_a_broadcast_to_one(wire: CannedWire) -> None:
    """Only broadcasts can be scheduled, so a message with a time becomes one, on local time."""
    client = connect(wire, timezone="America/Caracas")
    wire.answer(200, broadcast("<statusDescription>SCHEDULED</statusDescription>"))
    receipt = client.send(
        Message("+380961111111", text="Hi", send_at=datetime(2030, 6, 1, 12, 0, tzinfo=UTC))
    )
    assert (receipt.id, receipt.state) == ("broadcast:1542", State.SCHEDULED)
    assert wire.sent[0].segments[4:-2] == [
        *("8", "-1", "0434", "peter", "true", "null", "01-06-2030 08:00"),
    ]
    assert wire.sent[0].path.count("01-06-2030%2008%3A00") == 1
    assert json.loads(wire.sent[0].form["to"][0]) == [
        {"mobileNumber": "380961111111", "text": "Hi", "params": []}
    ]


def test_message_as_a_broadcast_on_demand(wire: CannedWire, client: Client) -> None:
    """A message can be made a broadcast, so that its status can be asked for."""
    wire.answer(200, broadcast())
    message = Message("+380961111111", text="Hi", options=Options(delivery="broadcast"))
    assert client.send(message).id == "broadcast:1542"


# Many messages


def test_broadcast(wire: CannedWire, client: Client) -> None:
    """A broadcast is one signed call, with its variables numbered and its name in the path."""
    wire.answer(200, broadcast())
    sent = client.send_bulk(
        Broadcast(text="Dear {name}!", recipients=GUESTS, name="Фієста & co?", sender="0555")
    )
    assert (sent.id, sent.state) == ("broadcast:1542", State.SENDING)
    assert [(r.id, r.state, r.to, r.reference) for r in sent.receipts] == [
        (None, State.SENDING, "+380961111111", "guest 1"),
        (None, State.SENDING, "+380962222222", None),
    ]
    (request,) = wire.sent
    assert request.method == "POST"
    assert request.segments == [
        *("messangi_mmc", "rest", "api", "createBroadcastFromJson"),
        *("8", "-1", "0555", "peter", "true", "Фієста & co?", "null"),
        *(PUBLIC_KEY, request.segments[-1]),
    ]
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert json.loads(request.form["to"][0]) == [
        {"mobileNumber": "380961111111", "text": "Dear {0}!", "params": ["Іван"]},
        {"mobileNumber": "380962222222", "text": "Dear {0}!", "params": ["Олена"]},
    ]


def test_edited_broadcast(wire: CannedWire, client: Client) -> None:
    """An existing broadcast is edited under its number, its text kept where none is given."""
    wire.answer(200, broadcast())
    options = Options(broadcast_id="broadcast:1542", use_shortcode=False)
    client.send_bulk(Broadcast(recipients=["+380961111111"], options=options))
    assert wire.sent[0].segments[4:9] == ["8", "1542", "0434", "peter", "false"]
    assert json.loads(wire.sent[0].form["to"][0]) == [
        {"mobileNumber": "380961111111", "params": []}
    ]


def test_broadcast_by_file(wire: CannedWire, client: Client) -> None:
    """By file each recipient has a receipt of their own, and the whole has no id."""
    wire.answer(
        200, messages(("2", "380962222222", "BAD_TO"), ("1", "380961111111", "SENT_TO_CARRIER"))
    )
    sent = client.send_bulk(
        Broadcast(text="Dear {name}!", recipients=GUESTS, options=Options(delivery="file"))
    )
    assert (sent.id, sent.state) == (None, State.SENT)
    assert [(r.id, r.state, r.reference) for r in sent.receipts] == [
        ("message:1", State.SENT, "guest 1"),
        ("message:2", State.REJECTED, None),
    ]
    assert uploaded(wire).split("\n") == [
        '"380961111111","0434","","UTF-8","UTC","Dear {0}!","Іван"',
        '"380962222222","0434","","UTF-8","UTC","Dear {0}!","Олена"',
    ]


# What cannot be said


REFUSED: list[tuple[Callable[[], Message | Broadcast], str]] = [
    (
        lambda: Message("+380961111111", text="Hi", send_at=datetime(2030, 1, 1, tzinfo=UTC)),
        "set timezone",
    ),
    (
        lambda: Message(
            "+380961111111",
            text="Hi",
            send_at=datetime(2030, 1, 1, tzinfo=UTC),
            options=Options(delivery="file"),
        ),
        "no place for send_at when sending by file",
    ),
    (
        lambda: Message("+380961111111", text="Hi", options=Options(use_shortcode=True)),
        "no place for use_shortcode when sending by file",
    ),
    (
        lambda: Broadcast(text="Hi", recipients=GUESTS, options=Options(carrier="C")),
        "no place for carrier when sending by broadcast",
    ),
    (
        lambda: Broadcast(
            text="Hi", recipients=GUESTS, sender="1", options=Options(use_shortcode=False)
        ),
        "asks to ignore it",
    ),
    (lambda: Broadcast(text="Hi", recipients=GUESTS, name="May/June"), "the name 'May/June'"),
    (lambda: Broadcast(text="Hi", recipients=GUESTS, sender="1/2"), "the sender '1/2'"),
    (lambda: Broadcast(text="Hi", recipients=GUESTS, name="null"), "the name 'null'"),
    (
        lambda: Broadcast(
            text="Hi", recipients=GUESTS, options=Options(broadcast_id="broadcast:-1")
        ),
        "is not an id of Ogangi's",
    ),
    (lambda: Broadcast(recipients=GUESTS, options=Options()), "nothing to say"),
    (lambda: Message("+380961111111", options=Options()), "nothing to say"),
    (lambda: Message("+380961111111", text="Use {0}"), r"literal \{0\}"),
    (lambda: Message("group:7", text="Hi"), "does not take 'group' addresses"),
    (
        lambda: Message("+380961111111", text="Hi", media=["https://example.org/a.png"]),
        "cannot be told media",
    ),
    (
        lambda: Message("+380961111111", text="a;b", options=Options(dialect="legacy-semicolon")),
        "semicolon dialect",
    ),
]


@pytest.mark.parametrize(("content", "sentence"), REFUSED)
def test_refused_before_any_request(
    wire: CannedWire, client: Client, content: Callable[[], Message | Broadcast], sentence: str
) -> None:
    """What Ogangi cannot be told is refused in a sentence, and nothing is sent."""
    asked = content()
    with pytest.raises(UsageError, match=sentence):
        client.send(asked) if isinstance(asked, Message) else client.send_bulk(asked)
    # A dry run asks the plugin alone.
    with pytest.raises(UsageError, match=sentence):
        client.plan(asked) if isinstance(asked, Broadcast) else client.send(asked)
    assert wire.sent == []


@pytest.mark.parametrize("field", ["delivery", "dialect"])
def test_options_refuse_unknown_words(field: str) -> None:
    """An option outside its few words is refused, naming them."""
    with pytest.raises(UsageError, match=f"{field} is '.*' or '.*', not 'pigeon'"):
        Options(**{field: "pigeon"})  # type: ignore[arg-type]


# Status and control


def test_status(wire: CannedWire, client: Client) -> None:
    """A broadcast's status is asked for by its number, and done is the last there is."""
    wire.answer(
        200,
        broadcast(
            "<status>2</status><expectedMessages>3</expectedMessages>"
            "<sentMessages>3</sentMessages><endDate>2013-09-05T15:10:14-04:00</endDate>"
        ),
    )
    status = client.status("broadcast:1542")
    assert (status.id, status.state, status.words) == ("broadcast:1542", State.SENT, "STATUS_DONE")
    assert status.is_final
    assert (dict(status.counts), status.expected) == ({State.SENT: 3}, 3)
    assert status.finished_at == datetime(2013, 9, 5, 19, 10, 14, tzinfo=UTC)
    assert wire.sent[0].method == "GET"
    assert wire.sent[0].segments[3:6] == ["getBroadcast", "8", "1542"]


@pytest.mark.parametrize(
    ("action", "method", "name", "state"),
    [
        (Action.PAUSE, "GET", "suspendBroadcast", State.PAUSED),
        (Action.RESUME, "GET", "resumeBroadcast", State.SENDING),
        (Action.STOP, "GET", "stopBroadcast", State.CANCELLED),
        (Action.DELETE, "DELETE", "broadcast", State.CANCELLED),
    ],
)
def test_control(
    wire: CannedWire, client: Client, action: Action, method: str, name: str, state: State
) -> None:
    """Each action is its own call, and says what the broadcast is after it."""
    wire.answer(200, ok())
    status = client.control("broadcast:1542", action)
    assert (status.id, status.state) == ("broadcast:1542", state)
    assert wire.sent[0].method == method
    assert wire.sent[0].segments[3:6] == [name, "8", "1542"]


@pytest.mark.parametrize("id_", ["message:-671", "1542", "broadcast:x"])
def test_ids_that_cannot_be_asked_about(wire: CannedWire, client: Client, id_: str) -> None:
    """Neither status nor control makes a call for an id that is no broadcast's."""
    with pytest.raises(UsageError, match=id_):
        client.status(id_)
    with pytest.raises(UsageError, match=id_):
        client.control(id_, Action.PAUSE)
    assert wire.sent == []


def test_shortcodes(wire: CannedWire, client: Client) -> None:
    """Short codes are strings, for some begin with zeros; a workspace may have none."""
    wire.answer(
        200,
        ok(
            "<shortcodes><shortcode><sc>0000000</sc></shortcode>"
            "<shortcode><sc>19893653744</sc></shortcode></shortcodes>"
        ),
    ).answer(200, ok("<shortcodes/>")).answer(200, ok())
    provider = client.provider
    assert isinstance(provider, Ogangi)
    assert provider.shortcodes() == ("0000000", "19893653744")
    assert wire.sent[0].segments[3:6] == ["getShortcodes", "8", "peter"]
    assert provider.shortcodes() == ()
    assert provider.shortcodes() == ()


# Answers in other shapes


@pytest.mark.parametrize(
    "shape",
    [
        "{}",
        "\ufeff{}",
        "<?xml version='1.0' encoding='UTF-8'?>\n{}",
        "<response>{}</response>",
        "<?xml version='1.0'?><a><b>{}</b></a>",
        "\n  {}\n",
    ],
)
def test_roots(wire: CannedWire, client: Client, shape: str) -> None:
    """The elements are found without a root, in one, and in a wrapper in one."""
    wire.answer(200, shape.format(broadcast()))
    assert client.status("broadcast:1542").state is State.SENDING


def test_status_of_a_part_is_not_the_envelopes(wire: CannedWire, client: Client) -> None:
    """The status of a message, however bad, is not taken for the answer's."""
    inner = "<message><status>ERROR</status><id>1</id><to>380961111111</to></message>"
    wire.answer(
        200, f"<result><messages>{inner}</messages></result><status>OK</status><input>x</input>"
    )
    assert client.send(Message("+380961111111", text="Hi")).state is State.UNKNOWN


def test_text_is_not_stripped(wire: CannedWire, client: Client) -> None:
    """What Ogangi says of a text comes back with its blanks."""
    wire.answer(200, broadcast("<text>  two \n lines </text><status>1</status>"))
    assert client.status("broadcast:1542").raw.text == "  two \n lines "  # type: ignore[attr-defined]


# Errors


def caught(call: Callable[[], object]) -> PolycastError:
    """The error that a call raises."""
    with pytest.raises(PolycastError) as info:
        call()
    return info.value


def calls(client: Client) -> dict[str, Callable[[], object]]:
    """One call of each kind that changes something."""
    return {
        "send": lambda: client.send(Message("+380961111111", text="Hi")),
        "send_bulk": lambda: client.send_bulk(Broadcast(text="Hi {name}", recipients=GUESTS)),
        "control": lambda: client.control("broadcast:1542", Action.STOP),
    }


CHANGING = ["send", "send_bulk", "control"]


@pytest.mark.parametrize("http_status", [200, 400, 403, 500])
@pytest.mark.parametrize("kind", [*CHANGING, "status"])
def test_bad_signature(wire: CannedWire, client: Client, kind: str, http_status: int) -> None:
    """A bad signature is a matter of credentials, whatever the HTTP status."""
    wire.answer(http_status, refusal("BAD_SIGNATURE", "Invalid signature, access denied"))
    asked = {**calls(client), "status": lambda: client.status("broadcast:1542")}
    error = caught(asked[kind])
    assert type(error) is AuthenticationFailed
    assert (error.code, error.words) == ("BAD_SIGNATURE", "Invalid signature, access denied")
    assert not error.safe_to_retry
    assert len(wire.sent) == 1


@pytest.mark.parametrize("http_status", [200, 500])
@pytest.mark.parametrize("kind", CHANGING)
def test_error_names_no_cause(
    wire: CannedWire, client: Client, kind: str, http_status: int
) -> None:
    """ERROR is a plain provider error that admits to knowing no cause, and is not repeated."""
    wire.answer(http_status, refusal("ERROR", "Internal error, please report this"))
    error = caught(calls(client)[kind])
    assert type(error) is ProviderError
    assert error.code == "ERROR"
    assert "Internal error, please report this. It names no cause" in str(error)
    assert not error.safe_to_retry
    assert len(wire.sent) == 1


def test_error_to_a_read_is_safe_to_repeat(wire: CannedWire, client: Client) -> None:
    """A question may be asked again, though that is left to the caller."""
    wire.answer(200, refusal("ERROR"))
    error = caught(lambda: client.status("broadcast:1542"))
    assert type(error) is ProviderError
    assert error.safe_to_retry
    assert len(wire.sent) == 1


def test_error_with_a_telling_http_status(wire: CannedWire, client: Client) -> None:
    """An HTTP status that says more than ERROR does decides."""
    wire.answer(429, refusal("ERROR"), headers={"Retry-After": "3600"})
    error = caught(lambda: client.send(Message("+380961111111", text="Hi")))
    assert type(error) is RateLimited
    assert error.retry_after == 3600


def test_unknown_envelope_status(wire: CannedWire, client: Client) -> None:
    """A status that no page has is an error that keeps its word."""
    wire.answer(200, refusal("MAINTENANCE", "Back soon"))
    error = caught(lambda: client.send(Message("+380961111111", text="Hi")))
    assert type(error) is ProviderError
    assert error.code == "MAINTENANCE"
    assert "Back soon" in str(error)


@pytest.mark.parametrize("kind", CHANGING)
def test_ok_with_a_refusing_http_status(wire: CannedWire, client: Client, kind: str) -> None:
    """A body that says OK under an HTTP status that does not leaves the outcome unknown."""
    wire.answer(500, broadcast())
    assert type(caught(calls(client)[kind])) is OutcomeUnknown
    assert len(wire.sent) == 1


UNREADABLE = {
    "html": "<html><head><title>Log in</title></head><body>?</body></html>",
    "empty": "",
    "cut off": broadcast()[:-30],
    "no envelope": "<result><broadcast><id>1</id></broadcast></result>",
    "json": '{"status": "OK"}',
    "doctype": f"<!DOCTYPE a [<!ENTITY b 'c'>]><a>{broadcast()}</a>",
    "broken id": ok("<broadcast><id>one</id></broadcast>"),
    "broken message": ok("<messages><message><id>1</id></message></messages>"),
    "two statuses": ok().replace("<status>", "<status>OK</status><status>"),
    "elements in status": broadcast().replace("OK", "<a>OK</a>"),
    "empty status": broadcast().replace("OK", " "),
}


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE)
@pytest.mark.parametrize("kind", CHANGING)
def test_unreadable_answer_to_a_change(
    wire: CannedWire, client: Client, kind: str, body: str
) -> None:
    """A 2xx that is not Ogangi's format leaves the outcome unknown, and nothing is repeated."""
    wire.answer(200, body)
    assert type(caught(calls(client)[kind])) is OutcomeUnknown
    assert len(wire.sent) == 1


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE)
def test_unreadable_answer_to_a_read(wire: CannedWire, client: Client, body: str) -> None:
    """The same to a question is an invalid answer."""
    wire.answer(200, body)
    assert type(caught(lambda: client.status("broadcast:1542"))) is InvalidAnswer


@pytest.mark.parametrize("body", [ok(), ok("<messages/>"), ok("<shortcodes/>"), ok(" ")])
@pytest.mark.parametrize("kind", ["send", "send_bulk"])
def test_ok_without_a_result(wire: CannedWire, client: Client, kind: str, body: str) -> None:
    """OK without a message or broadcast to show for it leaves the outcome unknown."""
    wire.answer(200, body)
    error = caught(calls(client)[kind])
    assert type(error) is OutcomeUnknown
    assert "it says OK, and names no" in str(error)


def test_ok_without_the_broadcast_asked_for(wire: CannedWire, client: Client) -> None:
    """OK without a broadcast is an invalid answer to the question for one."""
    wire.answer(200, ok())
    assert type(caught(lambda: client.status("broadcast:1542"))) is InvalidAnswer


@pytest.mark.parametrize("kind", CHANGING)
def test_lost_reply(wire: CannedWire, client: Client, kind: str) -> None:
    """A change whose reply is lost is never repeated, though most of them are GETs."""
    wire.lose()
    error = caught(calls(client)[kind])
    assert type(error) is OutcomeUnknown
    assert not error.safe_to_retry
    assert len(wire.sent) == 1


@pytest.mark.parametrize("action", Action)
def test_every_action_is_made_once(wire: CannedWire, client: Client, action: Action) -> None:
    """No action is repeated after a lost reply."""
    wire.lose()
    assert type(caught(lambda: client.control("broadcast:1542", action))) is OutcomeUnknown
    assert len(wire.sent) == 1


def test_html_from_a_gateway(wire: CannedWire, client: Client) -> None:
    """A gateway's page to a send is an unavailable provider, not safe to retry."""
    wire.answer(502, UNREADABLE["html"])
    error = caught(lambda: client.send(Message("+380961111111", text="Hi")))
    assert type(error) is ProviderUnavailable
    assert not error.safe_to_retry
    assert len(wire.sent) == 1


def test_reads_are_repeated(wire: CannedWire, client: Client) -> None:
    """A question is asked again after a lost reply and a gateway's page."""
    wire.lose().answer(502, UNREADABLE["html"]).answer(200, broadcast())
    assert client.status("broadcast:1542").state is State.SENDING
    assert len(wire.sent) == 3


def test_change_is_repeated_when_it_never_left(wire: CannedWire, client: Client) -> None:
    """A send is tried again when no connection was made."""
    wire.refuse_connection().answer(200, messages(("1", "380961111111", "SENT")))
    assert client.send(Message("+380961111111", text="Hi")).state is State.SENT


# Secrets


def shown(error: BaseException) -> str:
    """Everything that an error shows of itself: its traceback, its causes, its attributes."""
    text = "".join(traceback.TracebackException.from_exception(error).format())
    return text + repr(error) + repr(vars(error)) + str(getattr(error, "raw", ""))


@pytest.mark.parametrize(
    "fail",
    [
        lambda wire, url: wire.lose(),
        lambda wire, url: wire.refuse_connection(),
        lambda wire, url: wire.answer(200, f"<html><title>{url}</title></html>"),
        lambda wire, url: wire.answer(500, f"no such page: {url}"),
        lambda wire, url: wire.answer(200, refusal("ERROR", f"at {url} by {PRIVATE_KEY}")),
        lambda wire, url: wire.answer(200, refusal(url, "")),
        lambda wire, url: wire.answer(302, "", headers={"Location": url}),
    ],
)
def test_errors_show_no_secret(
    wire: CannedWire,
    caplog: pytest.LogCaptureFixture,
    fail: Callable[[CannedWire, str], CannedWire],
) -> None:
    """No key and no signature is in an error, its causes, its raw answer or the log."""
    caplog.set_level(logging.DEBUG)
    client = connect(wire)
    wire.answer(200, ok())
    client.control("broadcast:1542", Action.STOP)
    url = wire.sent[0].url
    signature = wire.sent[0].segments[-1]
    for _ in range(5):
        fail(wire, url)
    error = caught(lambda: client.control("broadcast:1542", Action.STOP))
    assert wire.sent[-1].segments[-1] == signature
    text = shown(error) + caplog.text
    for secret in (PUBLIC_KEY, PRIVATE_KEY, signature):
        assert secret not in text
        assert secret.upper() not in text


def test_nothing_shows_secrets(wire: CannedWire, client: Client) -> None:
    """Neither the client, nor the provider, nor its settings print a key."""
    wire.answer(200, broadcast())
    status = client.status("broadcast:1542")
    text = "".join(map(repr, (client, client.provider, client.api, client.api.transport, status)))
    text += repr(client.provider.settings) + str(client.provider.settings)
    assert PUBLIC_KEY not in text
    assert PRIVATE_KEY not in text


# Settings


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"user_name": "a/b"}, "user_name is part of every address"),
        ({"public_key": "a/b"}, "public_key is part of every address"),
        ({"shortcode": ""}, "shortcode is part of every address"),
        ({"shortcode": 434}, "shortcode: a string in quotes is needed"),
        ({"instance_id": "eight"}, "instance_id: a whole number is needed"),
        ({"timezone": "Mars/Olympus"}, "timezone is an IANA name"),
        ({"timezone": "../etc"}, "timezone is an IANA name"),
        ({"signature_encoding": "octal"}, "one of 'hex', 'base64', 'base64url' is needed"),
        ({"dialect": "tabs"}, "one of 'csv', 'legacy-semicolon' is needed"),
    ],
)
def test_settings_are_checked(wire: CannedWire, changes: dict[str, object], sentence: str) -> None:
    """A setting that cannot work is refused when connecting, without repeating it."""
    with pytest.raises(SettingsError, match=sentence):
        connect(wire, **changes)


def test_base_url_keeps_its_path(wire: CannedWire) -> None:
    """An address with a path of its own is taken as it is."""
    client = connect(wire, base_url="http://customer.ogangi.com/mmc/")
    wire.answer(200, ok())
    client.control("broadcast:1542", Action.PAUSE)
    assert wire.sent[0].url.startswith(
        "http://customer.ogangi.com/mmc/rest/api/suspendBroadcast/8/1542/"
    )


@pytest.mark.parametrize("encoding", ["base64", "base64url"])
def test_signature_stays_one_segment(wire: CannedWire, encoding: str) -> None:
    """A signature with slashes, pluses and equal signs is escaped whole."""
    client = connect(wire, signature_encoding=encoding)
    for number in range(20):
        wire.answer(200, ok())
        client.control(f"broadcast:{number}", Action.PAUSE)
        assert wire.sent[-1].path.count("/") == 8
        assert len(wire.sent[-1].segments[-1]) == 44


def test_what_is_assumed_can_be_replaced(wire: CannedWire) -> None:
    """A subclass can sign in another way, and write another JSON."""

    class Corrected(Ogangi):
        def sign(self, values: object) -> str:
            return "signed"

        def write_recipients(self, entries: object) -> str:
            assert isinstance(entries, list)
            assert isinstance(entries[0], Entry)
            return "corrected"

    provider = Corrected(
        Settings(
            instance_id=8,
            user_name="peter",
            public_key=polycast.Secret(PUBLIC_KEY),
            private_key=polycast.Secret(PRIVATE_KEY),
            shortcode="0434",
        )
    )
    client = wire.attach(Client("ogangi", provider))
    wire.answer(200, broadcast())
    client.send_bulk(Broadcast(text="Hi {name}", recipients=GUESTS))
    assert wire.sent[0].segments[-1] == "signed"
    assert wire.sent[0].form == {"to": ["corrected"]}


def test_unsupported_is_said_before_settings_matter(wire: CannedWire, client: Client) -> None:
    """Channels other than SMS are refused, naming SMS."""
    with pytest.raises(Unsupported, match="it offers sms"):
        client.send(Message("+380961111111", text="Hi", channels=["viber"]))
    assert wire.sent == []
