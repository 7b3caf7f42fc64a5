"""Asking Hyber whether a broadcast arrived whose reply was lost."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import polycast
import pytest
from polycast import Broadcast, Client, Message, OutcomeUnknown, Recipient
from polycast.sandbox import Answer, Hosted, LoseReply, ManualClock, Refuse, Truncate, host
from polycast_hyber import Options, Sms, Viber
from polycast_hyber.sandbox import HyberSandbox

SENDS = ("send_message", "send_batch", "send_batch_sync", "send_broadcast", "send_broadcast_sync")


@pytest.fixture
def server() -> HyberSandbox:
    return HyberSandbox(ManualClock())


@pytest.fixture
def hosted(server: HyberSandbox) -> Iterator[Hosted]:
    with host([server]) as hosted:
        yield hosted


def connected(server: HyberSandbox, hosted: Hosted) -> Client:
    """A client of the server, as a process that starts anew would have it."""
    settings: dict[str, Any] = {**server.settings(), "base_url": hosted.base_url("hyber")}
    client = polycast.connect("hyber", **settings)
    client.api.transport.clock = lambda: server.clock.now().timestamp()
    return client


def sends(server: HyberSandbox) -> int:
    """How many sends the server has carried out."""
    return sum(entry.operation in SENDS for entry in server.requests)


PEOPLE = [
    Recipient("+380961234567", {"name": "Joe"}),
    Recipient("+380962345678", {"name": "Ana"}, reference="ana"),
    Recipient("+380961234567", {"name": "Jo"}),
]

BROADCASTS = {
    "a template": Broadcast(text="Dear {name}", recipients=PEOPLE, name="Evening"),
    "texts of their own": Broadcast(
        text="Dear {name}", recipients=[*PEOPLE, Recipient("+380963456789", text="You {too}")]
    ),
    "judged at once": Broadcast(
        text="Dear {name}", recipients=PEOPLE, options=Options(sync=True)
    ),
    "scheduled": Broadcast(
        text="Hi",
        recipients=["+380961234567"],
        send_at=datetime(2126, 1, 1, tzinfo=UTC),
        channels=["viber", "sms"],
        options=Options(viber=Viber(caption="Go", action="https://example.com/%D0%9F")),
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", [LoseReply(), LoseReply(reset=True), Truncate()], ids=str)
@pytest.mark.parametrize("broadcast", BROADCASTS.values(), ids=BROADCASTS)
def test_what_arrived_is_found_by_another_process(
    server: HyberSandbox, hosted: Hosted, fault: LoseReply | Truncate, broadcast: Broadcast
) -> None:
    """Whoever asks, with nothing but the broadcast, finds the one there is; nothing is resent."""
    since = server.clock.now()
    with connected(server, hosted) as first:
        server.faults.add(fault)
        with pytest.raises(OutcomeUnknown):
            first.send_bulk(broadcast)

    with connected(server, hosted) as second:
        found = second.lookup(broadcast, since)

        assert found is not None
        recipients = tuple(broadcast.recipients)
        assert [each.to for each in found.receipts] == [each.to for each in recipients]
        assert [each.reference for each in found.receipts] == [e.reference for e in recipients]
        for receipt in found.receipts:
            assert receipt.id is not None
            assert second.status(receipt.id).counts
    assert sends(server) == 1


MESSAGES = {
    "plain": Message("+380961234567", text="Hi {there} for 5%off%"),
    "with a reference": Message("tel:380961234567", text="Hi", options=Options(reference="r/1")),
    "a text for each channel": Message(
        "+380961234567",
        text="Hi",
        channels=["viber", "sms"],
        options=Options(viber=Viber(text="On {{Viber}}"), sms=Sms(sender="GMSU")),
    ),
    "a file": Message(
        "+380961234567",
        text="Our menu",
        channels=["viber", "sms"],
        options=Options(viber=Viber(file_name="m.pdf", action="https://example.com/m.pdf")),
    ),
    "without text": Message(
        "+380961234567", media=["https://example.com/a.png"], channels=["viber"]
    ),
}


@pytest.mark.parametrize("message", MESSAGES.values(), ids=MESSAGES)
def test_a_message_is_found(server: HyberSandbox, hosted: Hosted, message: Message) -> None:
    """A single message is found too, with the id that its reply would have told."""
    since = server.clock.now()
    with connected(server, hosted) as hyber:
        server.faults.add(LoseReply(), operation="send_message")
        with pytest.raises(OutcomeUnknown):
            hyber.send(message)
        found = hyber.lookup(message, since)
        assert found is not None
        assert found.id == f"message:{server.accepted[0].id}"
        assert hyber.status(found.id).id == found.id
    assert sends(server) == 1


@pytest.mark.parametrize(
    "request_",
    [*MESSAGES.values(), *BROADCASTS.values()],
    ids=[*MESSAGES, *BROADCASTS],
)
def test_what_did_not_arrive_is_none(
    server: HyberSandbox, hosted: Hosted, request_: Message | Broadcast
) -> None:
    """A request that was dropped before it was read is not known, whatever else was sent."""
    since = server.clock.now()
    with connected(server, hosted) as hyber:
        hyber.send(Message("+380961234567", text="Something else"))
        server.faults.add(Refuse())
        with pytest.raises(OutcomeUnknown):
            hyber.send(request_) if isinstance(request_, Message) else hyber.send_bulk(request_)
        assert hyber.lookup(request_, since) is None


def test_the_same_again_is_in_doubt(server: HyberSandbox, hosted: Hosted) -> None:
    """What was sent word for word before has the same ids: its report settles nothing."""
    message = Message("+380961234567", text="Your table is ready")
    with connected(server, hosted) as hyber:
        hyber.send(message)
        assert isinstance(server.clock, ManualClock)
        server.clock.advance(3600)
        since = server.clock.now()
        server.faults.add(Refuse(), operation="send_message")
        with pytest.raises(OutcomeUnknown):
            hyber.send(message)
        with pytest.raises(OutcomeUnknown, match="something alike was sent earlier"):
            hyber.lookup(message, since)


FOREIGN = {
    "a web server's page": Answer(404, "<html><title>404 Not Found</title></html>", "text/html"),
    "nothing": Answer(404, "", "text/plain"),
    "a gateway's": Answer(404, '{"message": "no Route matched"}', "application/json"),
    "gone": Answer(410, "<html><title>410 Gone</title></html>", "text/html"),
    "an empty object": Answer(200, "{}", "application/json"),
    "no channel": Answer(200, '{"status": -1}', "application/json"),
    "detail": Answer(200, '{"error_text": "Message not found"}', "application/json"),
}


@pytest.mark.parametrize("answer", FOREIGN.values(), ids=FOREIGN)
@pytest.mark.parametrize("fault", [LoseReply(reset=True), Refuse()], ids=["arrived", "not"])
@pytest.mark.parametrize("request_", [MESSAGES["plain"], BROADCASTS["a template"]])
def test_an_answer_of_somebody_else_proves_nothing(
    server: HyberSandbox,
    hosted: Hosted,
    answer: Answer,
    fault: LoseReply | Refuse,
    request_: Message | Broadcast,
) -> None:
    """What is not Hyber's word about these ids says neither that they arrived nor that not."""
    since = server.clock.now()
    with connected(server, hosted) as hyber:
        server.faults.add(fault)
        with pytest.raises(OutcomeUnknown):
            hyber.send(request_) if isinstance(request_, Message) else hyber.send_bulk(request_)
        server.faults.add(answer, times=9)
        with pytest.raises(OutcomeUnknown, match="neither has a report nor says") as told:
            hyber.lookup(request_, since)
    assert told.value.candidates is None


def test_reports_that_lag_are_found_later(server: HyberSandbox, hosted: Hosted) -> None:
    """What the report host does not have yet, it has when it is asked again."""
    assert isinstance(server.clock, ManualClock)
    server.listing.lag = 60
    since = server.clock.now()
    with connected(server, hosted) as hyber:
        server.faults.add(LoseReply())
        with pytest.raises(OutcomeUnknown):
            hyber.send_bulk(BROADCASTS["a template"])
        server.clock.advance(60)
        assert hyber.lookup(BROADCASTS["a template"], since) is not None
    assert sends(server) == 1
