"""Asking Ogangi whether a broadcast or a message arrived whose reply was lost."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import polycast
import pytest
from polycast import Broadcast, Client, InvalidAnswer, Message, OutcomeUnknown, Recipient, State
from polycast.sandbox import Hosted, LoseReply, ManualClock, Refuse, Truncate, host
from polycast.testing import CannedWire
from polycast_ogangi import Options
from polycast_ogangi.sandbox import OgangiSandbox

GUESTS = [
    Recipient("+380961234567", {"name": 'Іван "Ваня"'}, reference="guest 1"),
    Recipient("+380962345678", {"name": "Олена"}),
]
LATER = datetime(2026, 1, 3, 15, 30, 20, tzinfo=UTC)
BROADCASTS = {
    "variables": Broadcast(text="Dear {name},\nwelcome!", recipients=GUESTS),
    "braces": Broadcast(text="{{ok}} № {name}", recipients=GUESTS, sender="0000000"),
    "own texts": Broadcast(recipients=[Recipient(guest.to, text="You!") for guest in GUESTS]),
    "a name": Broadcast(text="Hi", recipients=GUESTS, name="Фієста & co: 100 %"),
    "later": Broadcast(text="Hi", recipients=GUESTS, send_at=LATER),
    "overdue": Broadcast(text="Hi", recipients=GUESTS, send_at=datetime(2025, 1, 1, tzinfo=UTC)),
    "no short code": Broadcast(text="Hi", recipients=GUESTS, options=Options(use_shortcode=False)),
    "one guest": Broadcast(text="Dear {name}", recipients=GUESTS[:1]),
}
LOST = [LoseReply(), LoseReply(reset=True), Truncate()]


@pytest.fixture
def server() -> OgangiSandbox:
    """The server; its clock is early on 1 January 2026."""
    return OgangiSandbox(ManualClock(datetime(2026, 1, 1, 3, 59, 58, 654321, tzinfo=UTC)))


@pytest.fixture
def hosted(server: OgangiSandbox) -> Iterator[Hosted]:
    """The server on loopback; every request that it gets must fit the spec."""
    with host([server]) as where:
        yield where
    assert [request.problems for request in server.requests if request.problems] == []


@pytest.fixture
def client(server: OgangiSandbox, hosted: Hosted) -> Iterator[Client]:
    """A client over real HTTP."""
    settings: dict[str, Any] = server.settings()
    with polycast.connect("ogangi", base_url=hosted.base_url("ogangi"), **settings) as client:
        yield client


def lose(client: Client, server: OgangiSandbox, request: Message | Broadcast, fault: Any) -> None:
    """Send it, and get no reply."""
    server.faults.add(fault)
    with pytest.raises(OutcomeUnknown):
        client.send(request) if isinstance(request, Message) else client.send_bulk(request)


def sends(server: OgangiSandbox) -> int:
    """How many requests to send something there were."""
    return [entry.method for entry in server.requests].count("POST")


# Broadcasts


@pytest.mark.parametrize("fault", LOST, ids=["closed", "reset", "cut off"])
@pytest.mark.parametrize("broadcast", BROADCASTS.values(), ids=BROADCASTS)
def test_what_arrived_is_found(
    client: Client, server: OgangiSandbox, broadcast: Broadcast, fault: Any
) -> None:
    """A broadcast whose reply was lost is found as the one there is, and not sent again."""
    since = server.clock.now()
    lose(client, server, broadcast, fault)

    found = client.lookup(broadcast, since)

    assert found is not None
    assert (found.id, found.state) == ("broadcast:1542", State.SENDING)
    assert [(r.to, r.reference) for r in found.receipts] == [
        (each.to, each.reference) for each in broadcast.recipients
    ]
    assert client.status(str(found.id)).expected == len(found.receipts)
    assert sends(server) == 1


@pytest.mark.parametrize("broadcast", BROADCASTS.values(), ids=BROADCASTS)
def test_what_did_not_arrive_is_none(
    client: Client, server: OgangiSandbox, broadcast: Broadcast
) -> None:
    """A request that was dropped before it was read left no broadcast, and others are not it."""
    client.send_bulk(Broadcast(text="Yesterday's", recipients=GUESTS))
    assert isinstance(server.clock, ManualClock)
    server.clock.advance(24 * 3600)
    since = server.clock.now()
    client.send_bulk(Broadcast(text="Another", recipients=[*GUESTS, "+380963456789"]))
    lose(client, server, broadcast, Refuse())
    assert client.lookup(broadcast, since) is None


@pytest.mark.parametrize("type_", range(1, 12))
def test_whatever_type_it_is(client: Client, server: OgangiSandbox, type_: int) -> None:
    """Which type Ogangi gives its broadcasts is not told, so all of them are asked for."""
    server.broadcast_type = type_
    since = server.clock.now()
    lose(client, server, BROADCASTS["variables"], LoseReply())
    assert client.lookup(BROADCASTS["variables"], since) is not None


@pytest.mark.parametrize("zone", ["America/Caracas", "Pacific/Kiritimati", "Pacific/Pago_Pago"])
@pytest.mark.parametrize("known", [True, False])
def test_whatever_day_it_is_there(zone: str, known: bool) -> None:
    """Days are counted on the workspace's clock; one is added on either side, known or not."""
    server = OgangiSandbox(ManualClock(), timezone=zone)
    settings: dict[str, Any] = {**server.settings(), "timezone": zone if known else None}
    broadcast = BROADCASTS["variables"]
    with (
        host([server]) as hosted,
        polycast.connect("ogangi", base_url=hosted.base_url("ogangi"), **settings) as client,
    ):
        since = server.clock.now()
        lose(client, server, broadcast, LoseReply())
        assert client.lookup(broadcast, since) is not None


def test_two_alike_are_told_apart_by_their_names(client: Client, server: OgangiSandbox) -> None:
    """Where Ogangi's search finds campaigns by name, it tells two apart that say the same."""
    morning, evening = (
        Broadcast(text="Hi", recipients=GUESTS, name=f"The {time}") for time in ("morn", "evening")
    )
    since = server.clock.now()
    client.send_bulk(morning)
    lose(client, server, evening, LoseReply())
    found = client.lookup(evening, since)
    assert found is not None
    assert found.id == "broadcast:1543"


def test_names_that_are_not_searched_tell_nothing_apart(
    client: Client, server: OgangiSandbox
) -> None:
    """Where it does not, two alike stay in doubt."""
    server.searches_names = False
    since = server.clock.now()
    client.send_bulk(Broadcast(text="Hi", recipients=GUESTS, name="The morning"))
    evening = Broadcast(text="Hi", recipients=GUESTS, name="The evening")
    lose(client, server, evening, LoseReply())
    with pytest.raises(OutcomeUnknown, match="2 broadcasts that are alike: broadcast:1542, "):
        client.lookup(evening, since)


def test_a_name_in_the_text_tells_nothing_apart(client: Client, server: OgangiSandbox) -> None:
    """A search for a name that is in the text as well finds both, so it is not made."""
    since = server.clock.now()
    client.send_bulk(Broadcast(text="Fiesta!", recipients=GUESTS, name="Other"))
    fiesta = Broadcast(text="Fiesta!", recipients=GUESTS, name="fiesta")
    lose(client, server, fiesta, LoseReply())
    with pytest.raises(OutcomeUnknown, match="2 broadcasts that are alike"):
        client.lookup(fiesta, since)
    assert all("/null/PUBLIC_KEY/" in e.path for e in server.requests if e.method == "GET")


def test_an_edit_is_in_doubt(client: Client, server: OgangiSandbox) -> None:
    """An edit leaves no mark: where to look is said, and nothing is claimed."""
    since = server.clock.now()
    made = client.send_bulk(BROADCASTS["later"])
    edit = Broadcast(
        text="Hi", recipients=GUESTS, send_at=LATER, options=Options(broadcast_id=made.id)
    )
    lose(client, server, edit, LoseReply())
    with pytest.raises(OutcomeUnknown, match=r"leaves no mark.* broadcast:1542 "):
        client.lookup(edit, since)


# Messages, and broadcasts by file


@pytest.mark.parametrize("fault", LOST, ids=["closed", "reset", "cut off"])
@pytest.mark.parametrize("options", [None, Options(carrier="C"), Options(delivery="file")])
def test_a_message_is_found(
    client: Client, server: OgangiSandbox, fault: Any, options: Options | None
) -> None:
    """A message whose reply was lost is found in the report, with its id and its state."""
    message = Message("+380961234567", text=' "So";\n Юліє? ', options=options)
    since = server.clock.now()
    lose(client, server, message, fault)
    client.send_bulk(Broadcast(text="Hi", recipients=["+380961234567", "+380962345678"]))
    assert isinstance(server.clock, ManualClock)
    server.clock.advance(60)

    found = client.lookup(message, since)

    assert found is not None
    (receipt,) = found.receipts
    assert (receipt.to, receipt.state) == ("+380961234567", State.DELIVERED)
    assert client.status(str(receipt.id)).state is State.DELIVERED
    assert sends(server) == 2


def test_a_file_is_found(client: Client, server: OgangiSandbox) -> None:
    """Every recipient of a file has their own message, two to one number among them."""
    guests = [*GUESTS, Recipient("+380961234567", {"name": "Again"}, reference="twice")]
    broadcast = Broadcast(text="Dear {name}", recipients=guests, options=Options(delivery="file"))
    since = server.clock.now()
    lose(client, server, broadcast, LoseReply())

    found = client.lookup(broadcast, since)

    assert found is not None
    assert (found.id, found.state) == (None, State.SENT)
    assert [(r.to, r.reference) for r in found.receipts] == [(g.to, g.reference) for g in guests]
    texts = [client.status(str(receipt.id)).raw.text for receipt in found.receipts]  # type: ignore[attr-defined]
    assert texts == ['Dear Іван "Ваня"', "Dear Олена", "Dear Again"]


def test_a_large_file_is_found(client: Client, server: OgangiSandbox) -> None:
    """The report is read to its last page."""
    guests = [f"+3809{number:08}" for number in range(2500)]
    broadcast = Broadcast(text="Hi", recipients=guests, options=Options(delivery="file"))
    since = server.clock.now()
    lose(client, server, broadcast, LoseReply())
    found = client.lookup(broadcast, since)
    assert found is not None
    assert [receipt.to for receipt in found.receipts] == guests


@pytest.mark.parametrize(
    "request_",
    [
        Message("+380961234567", text="Hi"),
        Broadcast(text="Hi", recipients=GUESTS, options=Options(delivery="file")),
    ],
    ids=["message", "file"],
)
def test_what_is_not_in_the_report_is_in_doubt(
    client: Client, server: OgangiSandbox, request_: Message | Broadcast
) -> None:
    """A report without the message is no proof: nobody is told that it was not sent."""
    since = server.clock.now()
    lose(client, server, request_, Refuse())
    with pytest.raises(OutcomeUnknown, match="may have been sent all the same"):
        client.lookup(request_, since)


def test_a_message_that_was_sent_twice_is_in_doubt(client: Client, server: OgangiSandbox) -> None:
    """Two messages alike since then: which one is meant cannot be told."""
    message = Message("+380961234567", text="Hi")
    since = server.clock.now()
    client.send(message)
    lose(client, server, message, LoseReply())
    with pytest.raises(OutcomeUnknown, match="of 1 messages sent by file, its report has 2"):
        client.lookup(message, since)


def test_a_message_for_later_is_found(client: Client, server: OgangiSandbox) -> None:
    """A message with a time to be sent at travels as a broadcast, and is found as one."""
    message = Message("+380961234567", text="Hi", send_at=LATER)
    since = server.clock.now()
    lose(client, server, message, LoseReply())
    found = client.lookup(message, since)
    assert found is not None
    assert found.id == "broadcast:1542"
    assert (
        client.lookup(Message("+380961234567", text="Ho", send_at=LATER, sender="1"), since) is None
    )


def test_one_recipient_with_a_text_of_their_own_is_found(
    client: Client, server: OgangiSandbox
) -> None:
    """Such a broadcast cannot be told from a message, so both lists are asked."""
    broadcast = Broadcast(recipients=[Recipient("+380961234567", text="Just you")])
    since = server.clock.now()
    lose(client, server, broadcast, LoseReply())
    found = client.lookup(broadcast, since)
    assert found is not None
    assert found.id == "broadcast:1542"


# Lists in other forms

SINCE = datetime(2026, 1, 2, 17, 0, tzinfo=UTC)
OURS = {
    "id": "7",
    "text": "Hi",
    "startDate": "2026-01-02T13:00:03-04:00",
    "expectedMessages": "2",
    "status": "1",
    "shortcode": "434",
}


def listed(*broadcasts: dict[str, str | None]) -> str:
    """An answer that lists ours with these differences."""
    trees = [{**OURS, **broadcast} for broadcast in broadcasts]
    inner = "".join(
        "<broadcast>"
        + "".join(f"<{name}>{text}</{name}>" for name, text in tree.items() if text is not None)
        + "</broadcast>"
        for tree in trees
    )
    return ok(f"<broadcasts>{inner}</broadcasts>")


def ok(result: str = "") -> str:
    """An answer with this result."""
    inner = f"<result>{result}</result>" if result else ""
    return f"<input>x</input><status>OK</status><description>Completed</description>{inner}"


Ask = Callable[..., Any]


@pytest.fixture
def ask(wire: CannedWire, connect: Callable[..., Client]) -> Ask:
    """Ask about one broadcast, given what is listed under the first type, and under each other."""
    client = connect(timezone="America/Caracas")

    def ask(first: str, other: str | None = None, **changes: Any) -> Any:
        for body in [first, *[other or listed()] * 10]:
            wire.answer(200, body)
        content = {"text": "Hi", "recipients": GUESTS, **changes}
        return client.lookup(Broadcast(**content), SINCE)

    return ask


@pytest.mark.parametrize(
    "shown",
    [
        {},
        {"text": " Hi\n"},
        {"shortcode": "0434"},
        {"shortcode": None},
        {"startDate": "2026-01-02T13:00:00-04:002"},
        {"startDate": "2026-01-02T13:00:00"},
        {"status": None, "statusDescription": "SENDING"},
        {"campaignName": "whatever"},
    ],
)
def test_other_ways_to_show_it(ask: Ask, shown: dict[str, str | None]) -> None:
    """Blanks, zeros, forms of dates and elements that are new or lacking do not hide it."""
    found = ask(listed(shown))
    assert found is not None
    assert (found.id, found.state) == ("broadcast:7", State.SENDING)


@pytest.mark.parametrize(
    "other",
    [
        {"startDate": "2026-01-02T12:54:59-04:00"},
        {"text": "Ho", "expectedMessages": "3"},
        {"text": "Ho", "shortcode": "555"},
    ],
    ids=["too early", "text and number", "text and sender"],
)
def test_another_broadcast_is_not_taken_for_it(ask: Ask, other: dict[str, str | None]) -> None:
    """What started too early, or differs in its text and one thing more, is another."""
    assert ask(listed(other)) is None


@pytest.mark.parametrize(
    "other",
    [
        {"text": "Ho"},
        {"text": None},
        {"text": " "},
        {"expectedMessages": "3"},
        {"expectedMessages": None},
        {"shortcode": "555"},
        {"startDate": "2026-01-02T12:59:59-04:00"},
        {"startDate": "2126-01-02T13:00:00-04:00"},
        {"startDate": "soon"},
        {"startDate": None},
        {"id": "seven"},
    ],
)
def test_what_may_be_it_is_in_doubt(ask: Ask, other: dict[str, str | None]) -> None:
    """Where what is listed fits more than one story, nobody is told that it did or did not come."""
    with pytest.raises(OutcomeUnknown, match="may be this broadcast, and may be another"):
        ask(listed(other))


def test_one_that_fits_stands_out(ask: Ask) -> None:
    """Among others of which one may be it, the only one that fits in everything is."""
    found = ask(listed({"id": "5", "text": "Ho"}, {}, {"id": "9", "startDate": None}))
    assert found is not None
    assert found.id == "broadcast:7"


def test_a_server_that_does_not_divide_by_type(ask: Ask) -> None:
    """The same broadcast under every type is one broadcast."""
    found = ask(listed({}), other=listed({}))
    assert found is not None
    assert found.id == "broadcast:7"


def test_a_scheduled_one_is_known_by_its_minute(ask: Ask) -> None:
    """A broadcast for later starts at its minute, rounded up; one of another minute is not it."""
    send_at = datetime(2026, 1, 5, 14, 29, 30, tzinfo=UTC)
    on_time = {"startDate": "2026-01-05T10:30:00-04:00", "statusDescription": "SCHEDULED"}
    found = ask(listed({**on_time, "status": None}), send_at=send_at)
    assert found is not None
    assert found.state is State.SCHEDULED
    assert ask(listed({"startDate": "2026-01-05T10:20:00-04:00"}), send_at=send_at) is None
    with pytest.raises(OutcomeUnknown):
        ask(listed({"startDate": "2026-01-05T10:40:00-04:00"}), send_at=send_at)


def test_the_question(ask: Ask, wire: CannedWire) -> None:
    """Every type is asked for, from the day before to the day after, without a search."""
    ask(listed())
    today = datetime.now(UTC)
    assert [sent.segments[3:6] for sent in wire.sent] == [
        ["broadcasts", "8", str(type_)] for type_ in range(1, 12)
    ]
    (days,) = {tuple(sent.segments[6:9]) for sent in wire.sent}
    first, last, text = days
    assert (first, text) == ("01-01-2026", "null")
    assert datetime.strptime(last, "%d-%m-%Y").replace(tzinfo=UTC) - today < timedelta(days=2)


def test_a_server_before_tag_35(wire: CannedWire, connect: Callable[..., Client]) -> None:
    """A server that does not know the method is asked by its old name."""
    client = connect(timezone="America/Caracas")
    for type_ in range(1, 12):
        wire.answer(404, "<html><title>404</title></html>")
        wire.answer(200, listed({}) if type_ == 4 else listed())
    assert client.lookup(Broadcast(text="Hi", recipients=GUESTS), SINCE) is not None
    assert [sent.segments[3] for sent in wire.sent] == ["broadcasts", "getBroadcasts"] * 11


@pytest.mark.parametrize(
    "answer", [ok(), ok("<shortcodes/>"), ok("<broadcast><id>7</id></broadcast>")]
)
def test_no_list_is_not_an_empty_one(
    wire: CannedWire, connect: Callable[..., Client], answer: str
) -> None:
    """An answer in which there is no list proves nothing."""
    wire.answer(200, answer)
    with pytest.raises(InvalidAnswer, match="holds no list of broadcasts"):
        connect().lookup(Broadcast(text="Hi", recipients=GUESTS), SINCE)


MESSAGE = (
    "<message><id>-671</id><from>0434</from><to>380961234567</to><text>Hi</text>"
    "<status>SENT</status><date>2026-01-02T13:00:03.000-04:00</date></message>"
)


@pytest.mark.parametrize(
    ("shown", "found"),
    [
        (MESSAGE, True),
        (MESSAGE + "<message><id>-5</id></message>", True),
        (MESSAGE.replace("<from>0434</from>", ""), True),
        (MESSAGE.replace("<to>", "<to>+"), True),
        (MESSAGE.replace("13:00:03", "12:59:59"), False),
        (MESSAGE.replace("0434", "555"), False),
        (MESSAGE.replace("Hi", "Ho"), False),
        (MESSAGE.replace("<text>Hi</text>", ""), False),
        (MESSAGE.replace("date>", "when>"), False),
        (MESSAGE.replace("380961234567", "0961234567"), False),
    ],
)
def test_messages_in_a_report(
    wire: CannedWire, connect: Callable[..., Client], shown: str, found: bool
) -> None:
    """A message is known by number, text, sender and time; whatever else is no proof."""
    client = connect(timezone="America/Caracas")
    page = ok(f"<messages><records>1</records>{shown}</messages>")
    # A server that gives its only page for any number is not asked for ever.
    wire.answer(200, page).answer(200, page)
    message = Message("+380961234567", text="Hi", options=Options(carrier="C"))
    if found:
        receipt = client.lookup(message, SINCE)
        assert receipt is not None
        assert receipt.receipts[0].id == "message:-671"
    else:
        with pytest.raises(OutcomeUnknown, match="its report has 0 since then"):
            client.lookup(message, SINCE)
    moments = [int(value) for value in wire.sent[0].segments[6:8]]
    assert moments[0] == SINCE.timestamp() * 1000 < moments[1]
    assert wire.sent[0].segments[8:11] == ["1", "1000", "null"]
