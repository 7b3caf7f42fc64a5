"""Asking Ogangi whether a message, or a broadcast by file, arrived whose reply was lost."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from polycast import Broadcast, Client, Message, OutcomeUnknown, Recipient, State
from polycast.sandbox import LoseReply, ManualClock, Refuse
from polycast.testing import CannedWire
from polycast_ogangi import Options
from polycast_ogangi.sandbox import OgangiSandbox

from .losing import GUESTS, LATER, LOST, SINCE, go_on, lose, ok, sends


@pytest.mark.parametrize("fault", LOST, ids=["closed", "reset", "cut off"])
@pytest.mark.parametrize("options", [None, Options(carrier="C"), Options(delivery="file")])
def test_a_message_is_found(
    online: Client, server: OgangiSandbox, fault: Any, options: Options | None
) -> None:
    """A message whose reply was lost is found in the report, with its id and its state."""
    message = Message("+380961234567", text=' "So";\n Юліє? ', options=options)
    since = server.clock.now()
    lose(online, server, message, fault)
    online.send_bulk(Broadcast(text="Hi", recipients=["+380961234567", "+380962345678"]))
    assert isinstance(server.clock, ManualClock)
    server.clock.advance(60)

    found = online.lookup(message, since)

    assert found is not None
    (receipt,) = found.receipts
    assert (receipt.to, receipt.state) == ("+380961234567", State.DELIVERED)
    assert online.status(str(receipt.id)).state is State.DELIVERED
    assert sends(server) == 2


def test_a_file_is_found(online: Client, server: OgangiSandbox) -> None:
    """Every recipient of a file has their own message, two to one number among them."""
    guests = [*GUESTS, Recipient("+380961234567", {"name": "Again"}, reference="twice")]
    broadcast = Broadcast(text="Dear {name}", recipients=guests, options=Options(delivery="file"))
    since = server.clock.now()
    lose(online, server, broadcast, LoseReply())

    found = online.lookup(broadcast, since)

    assert found is not None
    assert (found.id, found.state) == (None, State.SENT)
    assert [(r.to, r.reference) for r in found.receipts] == [(g.to, g.reference) for g in guests]
    texts = [online.status(str(receipt.id)).raw.text for receipt in found.receipts]  # type: ignore[attr-defined]
    assert texts == ['Dear Іван "Ваня"', "Dear Олена", "Dear Again"]


def test_a_large_file_is_found(online: Client, server: OgangiSandbox) -> None:
    """The report is read to its last page."""
    guests = [f"+3809{number:08}" for number in range(2500)]
    broadcast = Broadcast(text="Hi", recipients=guests, options=Options(delivery="file"))
    since = server.clock.now()
    lose(online, server, broadcast, LoseReply())
    found = online.lookup(broadcast, since)
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
    online: Client, server: OgangiSandbox, request_: Message | Broadcast
) -> None:
    """A report without the message is no proof: nobody is told that it was not sent."""
    since = server.clock.now()
    lose(online, server, request_, Refuse())
    with pytest.raises(OutcomeUnknown, match="may have been sent all the same"):
        online.lookup(request_, since)


def test_a_message_that_was_sent_twice_is_in_doubt(online: Client, server: OgangiSandbox) -> None:
    """Two messages alike since then: which one is meant cannot be told."""
    message = Message("+380961234567", text="Hi")
    since = server.clock.now()
    online.send(message)
    lose(online, server, message, LoseReply())
    with pytest.raises(OutcomeUnknown, match="of 1 messages sent by file, its report has 2"):
        online.lookup(message, since)


def test_a_message_for_later_is_found(online: Client, server: OgangiSandbox) -> None:
    """A message with a time to be sent at travels as a broadcast, and is found as one."""
    message = Message("+380961234567", text="Hi", send_at=LATER)
    since = server.clock.now()
    lose(online, server, message, LoseReply())
    go_on(server, LATER)
    found = online.lookup(message, since)
    assert found is not None
    assert found.id == "broadcast:1542"
    assert (
        online.lookup(Message("+380961234567", text="Ho", send_at=LATER, sender="1"), since) is None
    )


def test_one_recipient_with_a_text_of_their_own_is_found(
    online: Client, server: OgangiSandbox
) -> None:
    """Such a broadcast cannot be told from a message, so both lists are asked."""
    broadcast = Broadcast(recipients=[Recipient("+380961234567", text="Just you")])
    since = server.clock.now()
    lose(online, server, broadcast, LoseReply())
    go_on(server)
    found = online.lookup(broadcast, since)
    assert found is not None
    assert found.id == "broadcast:1542"


def test_a_message_is_not_taken_for_a_broadcast_to_somebody_else(
    online: Client, server: OgangiSandbox
) -> None:
    """A lost message is asked for as a broadcast too: one alike to another person is not it."""
    message = Message("+380961234567", text="Hi")
    since = server.clock.now()
    lose(online, server, message, Refuse())
    online.send_bulk(Broadcast(text="Hi", recipients=["+380962345678"]))
    go_on(server)
    with pytest.raises(OutcomeUnknown, match="may have been sent all the same") as told:
        online.lookup(message, since)
    # It may have gone by file, so whoever knows that broadcast knows nothing of the message.
    assert told.value.candidates is None


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


@pytest.mark.parametrize(("later", "found"), [(0.9, True), (1.0, False)])
def test_a_report_tells_whole_seconds(
    wire: CannedWire, connect: Callable[..., Client], later: float, found: bool
) -> None:
    """What was sent within the second in which a report says that it was is found."""
    page = ok(f"<messages><records>1</records>{MESSAGE.replace('13:00:03', '13:00:00')}</messages>")
    wire.answer(200, page).answer(200, page)
    client = connect(timezone="America/Caracas")
    message = Message("+380961234567", text="Hi", options=Options(carrier="C"))
    since = SINCE + timedelta(seconds=later)
    if found:
        assert client.lookup(message, since) is not None
    else:
        with pytest.raises(OutcomeUnknown):
            client.lookup(message, since)


def test_a_report_is_read_for_a_hundred_pages(
    wire: CannedWire, connect: Callable[..., Client]
) -> None:
    """A report without an end costs a hundred requests, and leaves the send in doubt."""
    for page in range(100):
        other = MESSAGE.replace("-671", str(page)).replace("Hi", "Ho")
        wire.answer(200, ok(f"<messages><records>9999</records>{other}</messages>"))
    message = Message("+380961234567", text="Hi", options=Options(carrier="C"))
    with pytest.raises(OutcomeUnknown, match="its report has 0 since then"):
        connect(timezone="America/Caracas").lookup(message, SINCE)
    assert [each.segments[8] for each in wire.sent] == [str(page) for page in range(1, 101)]
