"""What Hyber's reports prove of a broadcast whose reply was lost, answer by answer."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import polycast
import pytest
from polycast import Broadcast, Client, Message, OutcomeUnknown, Recipient, State
from polycast.testing import CannedWire
from polycast_hyber import Options

SINCE = datetime(2026, 1, 2, 17, 0, tzinfo=UTC)
LATER = 1893456000000
HELLO = Message("+380961234567", text="Hi", options=Options(reference="r/1"))
KNOWN = {"message_id": "9f60", "extra_id": "r/1", "status": 2, "substatus": 23, "time": LATER}


def report(extra_id: str, **facts: object) -> dict[str, object]:
    """A report of one message."""
    return {**KNOWN, "extra_id": extra_id, **facts}


def denial(extra_id: str) -> dict[str, object]:
    """Hyber's own word that it does not know an extra id."""
    return {"extra_id": extra_id, "error_code": 36000, "error_text": "Message not found"}


def people_with(references: Sequence[int]) -> list[Recipient]:
    """Recipients with references of their own."""
    return [Recipient(f"+38096{n:07d}", reference=f"r{n}") for n in references]


def ids_of(hyber: Client, wire: CannedWire, broadcast: Broadcast) -> list[str]:
    """The extra ids that a broadcast travels with."""
    wire.answer(json={"job_id": "1"})
    hyber.send_bulk(broadcast)
    body = json.loads(wire.sent[-1].body)
    return [each["extra_id"] for each in body["recipients"]]


def asked(wire: CannedWire) -> list[str]:
    """The extra ids that were asked about."""
    return [each.path.split("/")[5] for each in wire.sent if each.method == "GET"]


# Arrival


@pytest.mark.parametrize(
    ("facts", "state"),
    [
        ({}, State.DELIVERED),
        ({"status": -1, "substatus": None, "time": None}, State.QUEUED),
        ({"clicks": None, "total_sms_parts": "one"}, State.DELIVERED),
        ({"status": "2", "substatus": "23", "time": str(LATER)}, State.DELIVERED),
        ({"phone_number": "+380961234567"}, State.DELIVERED),
        ({"phone_number": 380961234567}, State.DELIVERED),
        ({"status": 3, "substatus": 35, "hyber_status": 35015}, State.EXPIRED),
    ],
)
def test_a_report_of_this_very_id_is_an_arrival(
    hyber: Client, wire: CannedWire, facts: dict[str, object], state: State
) -> None:
    """It names the extra id that was asked for and Hyber's own; the rest may be lacking."""
    wire.answer(json={**KNOWN, **facts})
    found = hyber.lookup(HELLO, SINCE)
    assert found is not None
    assert (found.id, found.state) == ("message:9f60", state)


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"status": -1},
        {"error_text": "Message not found"},
        {"extra_id": "r/1"},
        {"extra_id": "r/1", "status": -1},
        {"extra_id": "r/1", "error_text": "Message not found"},
        {"extra_id": "r/1", "error_code": 36404, "error_text": "Message not found"},
        {"error_code": 36404, "error_text": "Message not found"},
        {**KNOWN, "extra_id": "r/2"},
        {**KNOWN, "extra_id": "R/1"},
        {**KNOWN, "extra_id": None},
        {**KNOWN, "message_id": None},
        {**KNOWN, "message_id": ""},
        {**KNOWN, "message_id": "  "},
        {**KNOWN, "phone_number": "380967654321"},
    ],
)
def test_a_report_of_anything_else_is_none(
    hyber: Client, wire: CannedWire, answer: dict[str, object]
) -> None:
    """Without the matching extra id, and an id of Hyber's, a report proves nothing."""
    wire.answer(json=answer)
    with pytest.raises(OutcomeUnknown, match=r"'r/1' among them, it neither has a report nor"):
        hyber.lookup(HELLO, SINCE)


# Absence


@pytest.mark.parametrize("status", [404, 410])
def test_hybers_own_denial_of_this_id_is_absence(
    hyber: Client, wire: CannedWire, status: int
) -> None:
    """An error code that comes with the id that was asked for says that it is not there."""
    wire.answer(status, json=denial("r/1"))
    assert hyber.lookup(HELLO, SINCE) is None


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (404, {"error_text": "Message not found"}),
        (404, {"error_code": 404, "error_text": "Not found"}),
        (404, {"extra_id": "r/1"}),
        (404, denial("r/2")),
        (404, {**denial("r/1"), "message_id": "9f60"}),
        (404, [denial("r/1")]),
        (404, {"error": {**denial("r/1")}}),
        (404, {"error_code": 36024, "error_text": "Phone number incorrect"}),
        (400, denial("r/1")),
        (200, denial("r/1")),
    ],
)
def test_any_other_refusal_is_doubt(
    hyber: Client, wire: CannedWire, status: int, answer: object
) -> None:
    """What does not name the id, or names it in another way, may be anybody's word."""
    wire.answer(status, json=answer)
    with pytest.raises(OutcomeUnknown):
        hyber.lookup(HELLO, SINCE)


def test_a_list_of_which_nobody_is_known_did_not_arrive(hyber: Client, wire: CannedWire) -> None:
    """Everybody is asked about once, the parts of the list in turn, before that is said."""
    people = [f"+38096{n:07d}" for n in range(1000)]
    broadcast = Broadcast(text="Hi", recipients=people)
    ids = ids_of(hyber, wire, broadcast)
    for place in [
        *range(0, 1000, 10),
        *(n for first in range(1, 10) for n in range(first, 1000, 10)),
    ]:
        wire.answer(404, json=denial(ids[place]))
    assert hyber.lookup(broadcast, SINCE) is None
    assert sorted(asked(wire)) == sorted(ids)
    assert asked(wire)[:100] == ids[::10]


def test_one_answer_without_proof_is_enough_for_doubt(hyber: Client, wire: CannedWire) -> None:
    """Where one recipient may be known, nobody says that the whole did not arrive."""
    wire.answer(404, json=denial("r1")).answer(404, "").answer(404, json=denial("r3"))
    with pytest.raises(OutcomeUnknown, match="of 1 extra ids, 'r2' among them"):
        hyber.lookup(Broadcast(text="Hi", recipients=people_with([1, 2, 3])), SINCE)


def test_without_proof_a_sample_is_asked_about(hyber: Client, wire: CannedWire) -> None:
    """Answers that cannot settle it are not collected from fifty thousand."""
    for _ in range(100):
        wire.answer(404, "")
    with pytest.raises(OutcomeUnknown, match="of 100 extra ids"):
        hyber.lookup(Broadcast(text="Hi", recipients=people_with(range(1000))), SINCE)
    assert asked(wire) == [f"r{n}" for n in range(0, 1000, 10)]


def test_an_error_is_no_answer(hyber: Client, wire: CannedWire) -> None:
    """Who may not ask is told so."""
    wire.answer(403, json={"error_code": 9, "error_text": "No"})
    with pytest.raises(polycast.AuthenticationFailed):
        hyber.lookup(HELLO, SINCE)


# Some are known


def test_one_that_is_known_settles_it(hyber: Client, wire: CannedWire) -> None:
    """Who was refused is not known, and the next who is tells that the whole arrived."""
    broadcast = Broadcast(text="Hi", recipients=[f"+38096123456{n}" for n in range(3)])
    ids = ids_of(hyber, wire, broadcast)
    wire.answer(404, json={"error_text": "x"}).answer(json=report(ids[1]))
    found = hyber.lookup(broadcast, SINCE)
    assert found is not None
    assert [(each.id, each.state) for each in found.receipts] == [
        (None, State.UNKNOWN),
        ("message:9f60", State.DELIVERED),
        (f"extra:{ids[2]}", State.QUEUED),
    ]
    assert found.id is None
    assert asked(wire) == ids[:2]


def test_the_last_who_is_known_settles_it(hyber: Client, wire: CannedWire) -> None:
    """However many are denied, it goes on asking."""
    people = people_with(range(250))
    order = [*range(0, 250, 3), *range(1, 250, 3), *range(2, 250, 3)]
    for place in order[:-1]:
        wire.answer(404, json=denial(f"r{place}"))
    wire.answer(json=report(f"r{order[-1]}"))
    found = hyber.lookup(Broadcast(text="Hi", recipients=people), SINCE)
    assert found is not None
    states = [each.state for each in found.receipts]
    assert (states.count(State.UNKNOWN), states.count(State.DELIVERED)) == (249, 1)


def test_references_are_taken_for_no_more_than_they_are(hyber: Client, wire: CannedWire) -> None:
    """A report that came late is no proof where the same references were given earlier."""
    wire.answer(json=report("r0")).answer(404, "").answer(json=report("r20", time=1))
    with pytest.raises(OutcomeUnknown, match="it knows 'r20' from 1970-01-01 00:00:01 UTC"):
        hyber.lookup(Broadcast(text="Hi", recipients=people_with(range(1000))), SINCE)


def test_references_of_this_broadcast_alone_prove_it(hyber: Client, wire: CannedWire) -> None:
    """Where none of a sample is known from earlier, those that are known settle it."""
    for n in range(100):
        wire.answer(json=report(f"r{n * 10}", message_id=f"m{n}"))
    found = hyber.lookup(Broadcast(text="Hi", recipients=people_with(range(1000))), SINCE)
    assert found is not None
    assert [each.id for each in found.receipts[:11]] == [
        "message:m0", *(f"extra:r{n}" for n in range(1, 10)), "message:m1",
    ]  # fmt: skip


def test_ids_of_our_own_are_asked_about_first(hyber: Client, wire: CannedWire) -> None:
    """Among references, one recipient without is enough: nobody else has had that id."""
    broadcast = Broadcast(text="Hi", recipients=[*people_with([1, 2]), "+380961234567"])
    *_, own = ids_of(hyber, wire, broadcast)
    wire.answer(json=report(own, phone_number="0961234567"))
    found = hyber.lookup(broadcast, SINCE)
    assert found is not None
    assert found.receipts[2].id == "message:9f60"
    assert asked(wire) == [own]


# Time


@pytest.mark.parametrize("skew", [None, timedelta(0), timedelta(hours=-1), timedelta(days=400)])
def test_what_was_before_it_is_told_by_hybers_clock(
    hyber: Client, wire: CannedWire, skew: timedelta | None
) -> None:
    """`since` is by our clock, reports are by Hyber's, and the `Date` of answers tells of both."""
    now = datetime.now(UTC)
    headers = {} if skew is None else {"Date": format_datetime(now + skew, usegmt=True)}
    at = int((SINCE + (skew or timedelta(0))).timestamp() * 1000)
    for time in (at + 60_000, at - 60_000):
        wire.answer(json=report("r/1", time=time), headers=headers)
    assert hyber.lookup(HELLO, SINCE) is not None
    with pytest.raises(OutcomeUnknown, match="something alike was sent earlier"):
        hyber.lookup(HELLO, SINCE)


def test_the_moment_is_told_apart_to_the_millisecond(hyber: Client, wire: CannedWire) -> None:
    """What happened at the moment asked about counts as after it."""
    at = int(SINCE.timestamp() * 1000)
    wire.answer(json=report("r/1", time=at)).answer(json=report("r/1", time=at - 1))
    assert hyber.lookup(HELLO, SINCE) is not None
    with pytest.raises(OutcomeUnknown):
        hyber.lookup(HELLO, SINCE)
