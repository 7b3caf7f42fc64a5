"""Ogangi through a connected client: these bytes leave, and those bytes mean this."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from polycast import (
    Action,
    Broadcast,
    Client,
    InvalidResponse,
    Message,
    Recipient,
    State,
    Unsupported,
    UsageError,
)
from polycast.testing import CannedWire
from polycast_ogangi import Ogangi, Options

GUESTS = [
    Recipient("+380961111111", {"name": "Іван"}, reference="guest 1"),
    Recipient("+380962222222", {"name": "Олена"}),
]


#: Connects to workspace 8 with these settings changed.
Connect = Callable[..., Client]


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
    assert receipt.detail == "SENT_TO_CARRIER"
    (sent,) = wire.sent
    assert sent.method == "POST"
    assert sent.segments[:-1] == [
        *("messangi_mmc", "rest", "api", "tools", "sendSMSByFile"),
        *("8", "PUBLIC-SENTINEL"),
    ]
    assert sent.headers["Content-Type"].startswith("multipart/form-data; boundary=")
    assert uploaded(wire) == ('"380961111111","0434","","UTF-8","UTC","Say ""so"", Іване"')


def test_columns_come_from_options_then_settings(wire: CannedWire, connect: Connect) -> None:
    """The file's columns are the options', else the settings', else the page's defaults."""
    client = connect(timezone="America/Caracas", carrier="Movilnet", dialect="legacy-semicolon")
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
    assert (receipt.state, receipt.detail) == (State.REJECTED, "BAD ADDRESS")


def test_scheduled_message_is_a_broadcast_to_one(wire: CannedWire, connect: Connect) -> None:
    """Only broadcasts can be scheduled, so a message with a time becomes one, on local time."""
    client = connect(timezone="America/Caracas")
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
        *("PUBLIC-SENTINEL", request.segments[-1]),
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
    assert (status.id, status.state, status.detail) == ("broadcast:1542", State.SENT, "STATUS_DONE")
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


@pytest.mark.parametrize("id_", ["1542", "broadcast:x", "message:", "message:a/b"])
def test_ids_that_cannot_be_asked_about(wire: CannedWire, client: Client, id_: str) -> None:
    """Neither status nor control makes a call for what is no id of Ogangi's."""
    with pytest.raises(UsageError, match=id_):
        client.status(id_)
    with pytest.raises(UsageError, match=id_):
        client.control(id_, Action.PAUSE)
    assert wire.sent == []


def test_messages_are_not_controlled(wire: CannedWire, client: Client) -> None:
    """The id of a message is refused by control, before any call, naming what could be."""
    with pytest.raises(UsageError, match=r"message:-671 is a single message: .* broadcast"):
        client.control("message:-671", Action.PAUSE)
    assert wire.sent == []


def test_status_of_a_message(wire: CannedWire, client: Client) -> None:
    """A message is asked for by its own id, and its one report is its status."""
    wire.answer(
        200,
        ok(
            "<message><blastId>-249</blastId><id>-671</id><type>SMS</type><to>380961111111</to>"
            "<status>DELIVERED_TO_DEVICE</status><date>2014-12-17T00:12:13.571-04:30</date>"
            "</message>"
        ),
    )
    status = client.status("message:-671")
    assert wire.sent[0].segments[3:7] == ["tools", "getMessage", "8", "-671"]
    assert (status.id, status.state, status.detail) == (
        "message:-671",
        State.DELIVERED,
        "DELIVERED_TO_DEVICE",
    )
    assert (dict(status.counts), status.expected) == ({State.DELIVERED: 1}, 1)
    assert status.is_final
    assert status.started_at == datetime(2014, 12, 17, 4, 42, 13, 571000, tzinfo=UTC)
    (report,) = status.reports
    assert (report.to, report.state, report.id) == (
        "+380961111111",
        State.DELIVERED,
        "message:-671",
    )
    raw: Any = status.raw
    assert (raw.blast_id, raw.type_) == ("-249", "SMS")


@pytest.mark.parametrize("to", ["", "someone@example.org"])
def test_status_of_a_message_to_no_number(wire: CannedWire, client: Client, to: str) -> None:
    """A recipient that is no number is told as it is; a message handed on is not the end of it."""
    wire.answer(200, ok(f"<message><id>-671</id><to>{to}</to><status>SENT</status></message>"))
    status = client.status("message:-671")
    assert (status.state, status.is_final, status.started_at) == (State.SENT, False, None)
    assert [report.to for report in status.reports] == [to or None]


def test_ok_without_the_message_asked_for(wire: CannedWire, client: Client) -> None:
    """OK without a message is an invalid answer to the question for one."""
    wire.answer(200, ok()).answer(200, broadcast())
    for _ in range(2):
        with pytest.raises(InvalidResponse, match="holds no message"):
            client.status("message:-671")


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


def test_other_channels_are_refused(wire: CannedWire, client: Client) -> None:
    """Channels other than SMS are refused, naming SMS."""
    with pytest.raises(Unsupported, match="it offers sms"):
        client.send(Message("+380961111111", text="Hi", channels=["viber"]))
    assert wire.sent == []
