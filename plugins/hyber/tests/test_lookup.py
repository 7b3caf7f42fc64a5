"""Asking Hyber whether a broadcast arrived whose reply was lost."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import polycast
import pytest
from polycast import Broadcast, Client, Message, OutcomeUnknown, Recipient, State
from polycast.sandbox import Hosted, LoseReply, ManualClock, Refuse, Truncate, host
from polycast.testing import CannedWire
from polycast_hyber import Options, Sms, Viber
from polycast_hyber.sandbox import HyberSandbox

SINCE = datetime(2026, 1, 2, 17, 0, tzinfo=UTC)
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
    return polycast.connect("hyber", **settings)


def sends(server: HyberSandbox) -> int:
    """How many sends the server has carried out."""
    return sum(entry.operation in SENDS for entry in server.requests)


PEOPLE = [
    Recipient("+380961234567", {"name": "Joe"}),
    Recipient("+380962345678", {"name": "Ana"}, reference="ana"),
    Recipient("+380961234567", {"name": "Joe"}),
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


# What a server of our own would not do.


def report(**facts: object) -> dict[str, object]:
    return {"message_id": "9f60", "status": 2, "substatus": 23, **facts}


def test_one_that_is_known_settles_it(hyber: Client, wire: CannedWire) -> None:
    """Who was refused is not known, and the next who is tells that the whole arrived."""
    wire.answer(404, json={"error_text": "x"}).answer(json=report(time=1893456000000))
    people = [f"+38096123456{n}" for n in range(3)]
    found = hyber.lookup(Broadcast(text="Hi", recipients=people), SINCE)
    assert found is not None
    ids = [each.path.split("/")[5] for each in wire.sent]
    assert [(each.id, each.state) for each in found.receipts] == [
        (None, State.UNKNOWN),
        ("message:9f60", State.DELIVERED),
        (f"extra:{ids[0].removesuffix('0')}2", State.QUEUED),
    ]
    assert found.id is None
    assert [id[-2:] for id in ids] == ["-0", "-1"]


def test_a_report_without_a_time_is_of_what_goes_on(hyber: Client, wire: CannedWire) -> None:
    """Where nothing has happened yet there is no time to tell, and the message is known."""
    wire.answer(json={"message_id": "1", "status": -1})
    found = hyber.lookup(Message("+380961234567", text="Hi"), SINCE)
    assert found is not None
    assert (found.id, found.state) == ("message:1", State.QUEUED)


def people_with(references: range | list[int]) -> list[Recipient]:
    """Recipients with references of their own."""
    return [Recipient(f"+38096{n:07d}", reference=f"r{n}") for n in references]


def test_a_list_of_which_nobody_is_known_did_not_arrive(hyber: Client, wire: CannedWire) -> None:
    """Everybody is asked about once, the parts of the list in turn, before that is said."""
    for _ in range(1000):
        wire.answer(404, "")
    people = [f"+38096{n:07d}" for n in range(1000)]
    assert hyber.lookup(Broadcast(text="Hi", recipients=people), SINCE) is None
    asked = [int(each.path.split("/")[5].rpartition("-")[2]) for each in wire.sent]
    assert sorted(asked) == list(range(1000))
    assert asked[:100] == list(range(0, 1000, 10))


def test_the_last_who_is_known_settles_it(hyber: Client, wire: CannedWire) -> None:
    """However many are not known, it goes on asking."""
    for _ in range(249):
        wire.answer(404, "")
    wire.answer(json=report(time=1893456000000))
    found = hyber.lookup(Broadcast(text="Hi", recipients=people_with(range(250))), SINCE)
    assert found is not None
    states = [each.state for each in found.receipts]
    assert (states.count(State.UNKNOWN), states.count(State.DELIVERED)) == (249, 1)


def test_references_are_taken_for_no_more_than_they_are(hyber: Client, wire: CannedWire) -> None:
    """A report that came late is no proof where the same references were given earlier."""
    late, old = report(time=1893456000000), report(time=1)
    wire.answer(json=late).answer(404, "").answer(json=old)
    with pytest.raises(OutcomeUnknown, match="it knows 'r20' from 1970-01-01 00:00:01 UTC"):
        hyber.lookup(Broadcast(text="Hi", recipients=people_with(range(1000))), SINCE)


def test_references_of_this_broadcast_alone_prove_it(hyber: Client, wire: CannedWire) -> None:
    """Where none of a sample is known from earlier, those that are known settle it."""
    for n in range(100):
        wire.answer(json={**report(time=1893456000000), "message_id": f"m{n}"})
    found = hyber.lookup(Broadcast(text="Hi", recipients=people_with(range(1000))), SINCE)
    assert found is not None
    assert [each.id for each in found.receipts[:11]] == [
        "message:m0", *(f"extra:r{n}" for n in range(1, 10)), "message:m1",
    ]  # fmt: skip


def test_ids_of_our_own_are_asked_about_first(hyber: Client, wire: CannedWire) -> None:
    """Among references, one recipient without is enough: nobody else has had that id."""
    wire.answer(json=report(time=1893456000000))
    people = [*people_with([1, 2]), Recipient("+380961234567")]
    found = hyber.lookup(Broadcast(text="Hi", recipients=people), SINCE)
    assert found is not None
    assert found.receipts[2].id == "message:9f60"
    (asked,) = wire.sent
    assert asked.path.split("/")[5].startswith("polycast-")


def test_an_error_is_no_answer(hyber: Client, wire: CannedWire) -> None:
    """Only 404 says that Hyber does not know it."""
    wire.answer(403, json={"error_code": 9, "error_text": "No"})
    with pytest.raises(polycast.AuthenticationFailed):
        hyber.lookup(Message("+380961234567", text="Hi"), SINCE)


def test_the_moment_is_told_apart_to_the_millisecond(hyber: Client, wire: CannedWire) -> None:
    """What happened at the moment asked about counts as after it."""
    at = int(SINCE.timestamp() * 1000)
    wire.answer(json=report(time=at)).answer(json=report(time=at - 1))
    message = Message("+380961234567", text="Hi")
    assert hyber.lookup(message, SINCE) is not None
    with pytest.raises(OutcomeUnknown):
        hyber.lookup(message, SINCE)
