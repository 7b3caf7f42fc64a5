"""What Hyber pushes: single reports, arrays of them, and what only looks like one."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from polycast import CallbackRequest, Client, Reply, Report, State, UsageError

#: As the page prints it, but for its `"extra_id": AD-6640-7006"`, which is no JSON.
SINGLE: dict[str, Any] = {
    "number": 380961111111,
    "time": 1477417294667,
    "message_id": "9f60ac8f-e721-5027-b838-e6fcb95fcd7a",
    "extra_id": "AD-6640-7006",
    "status": 2,
    "substatus": 23,
    "hyber_status": 23011,
    "sent_via": "sms",
    "status_text": "SMS delivered",
    "total_sms_parts": 1,
    "delivered_sms_parts": 1,
}
SEEN = {**SINGLE, "sent_via": "viber", "substatus": 24, "status_text": "Viber message seen"}
del SEEN["hyber_status"]

Receive = Callable[..., list[Any]]


@pytest.fixture
def receive(hyber: Client) -> Receive:
    """Hands a body over as a web framework would."""

    def receive(body: object) -> list[Any]:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return hyber.receive(CallbackRequest(body=content))

    return receive


def test_a_single_report(receive: Receive) -> None:
    """An object is one report."""
    (report,) = receive(SINGLE)
    assert report == Report(
        to="+380961111111",
        state=State.DELIVERED,
        id="message:9f60ac8f-e721-5027-b838-e6fcb95fcd7a",
        reference="AD-6640-7006",
        detail="SMS delivered",
        code=23011,
        at=datetime(2016, 10, 25, 17, 41, 34, 667000, tzinfo=UTC),
        channel="sms",
        aliases=("extra:AD-6640-7006",),
        segments=1,
    )


def test_an_array_of_reports(receive: Receive) -> None:
    """An array is one report per row, in its order."""
    expired = {
        "number": "380962222222",
        "time": 1477417299,
        "message_id": "e5ea",
        "status": 3,
        "substatus": 35,
        "hyber_status": 35015,
        "sent_via": "viber",
    }
    reports = receive([SINGLE, expired])
    assert [(each.to, each.state, each.channel) for each in reports] == [
        ("+380961111111", State.DELIVERED, "sms"),
        ("+380962222222", State.EXPIRED, "viber"),
    ]
    assert reports[1].at == datetime(2016, 10, 25, 17, 41, 39, tzinfo=UTC)


@pytest.mark.parametrize("number", ["number", "phone_number"])
@pytest.mark.parametrize("channel", ["sent_via", "last_partner", "delivered_via"])
@pytest.mark.parametrize("value", [380961111111, "380961111111", "+380961111111"])
def test_every_name_of_number_and_channel(
    receive: Receive, number: str, channel: str, value: object
) -> None:
    """Each kind of report has its own names for the same, and numbers are digits or text."""
    (report,) = receive({"message_id": "1", number: value, channel: "viber", "status": 2})
    assert (report.to, report.channel) == ("+380961111111", "viber")


def test_hyber_is_no_channel(receive: Receive) -> None:
    """A message that the platform blocked travelled by nothing."""
    (report,) = receive({"message_id": "1", "sent_via": "hyber", "status": 3})
    assert (report.channel, report.state) == (None, State.FAILED)


def test_a_message_may_be_seen_after_it_was_delivered(receive: Receive) -> None:
    """No number says so; the words do."""
    (report,) = receive(SEEN)
    assert (report.state, report.detail) == (State.READ, "Viber message seen")


def test_an_extra_id_of_ours_is_no_reference(receive: Receive) -> None:
    """What Polycast made up comes back as an id, and never as somebody's own name."""
    (report,) = receive({"extra_id": "polycast-8276c68de7eee901003bd864-0", "status": 1})
    assert (report.id, report.reference) == ("extra:polycast-8276c68de7eee901003bd864-0", None)


def test_one_bad_row_costs_that_row(receive: Receive) -> None:
    """It is UNKNOWN with what it was; the others are told."""
    bad: list[Any] = ["row", None, {"status": 2}]
    reports = receive([*bad, SINGLE])
    assert [each.state for each in reports] == [
        *([State.UNKNOWN] * 2),
        State.DELIVERED,
        State.DELIVERED,
    ]
    assert [each.raw for each in reports[:2]] == bad[:2]


@pytest.mark.parametrize(
    "damage",
    [
        {"clicks": None},
        {
            "clicks": "many",
            "total_sms_parts": [],
            "time": "yesterday",
            "matching_template_id": None,
        },
        {name: str(value) for name, value in SINGLE.items() if type(value) is int},
        {name: float(value) for name, value in SINGLE.items() if type(value) is int},
        {"status": "two"},
        {"substatus": None, "processed": "no", "accepted": None},
    ],
)
def test_a_delivered_is_a_delivered(receive: Receive, damage: dict[str, Any]) -> None:
    """Nulls, numbers as text and fields of another type cost themselves, and not the report."""
    (report,) = receive({**SINGLE, **damage})
    (whole,) = receive(SINGLE)
    assert (report.state, report.id, report.to) == (State.DELIVERED, whole.id, whole.to)


def test_a_broken_single_report_is_still_one(receive: Receive) -> None:
    """It names a message, so it is Hyber's, whatever else is wrong with it."""
    (report,) = receive({"message_id": "1", "time": "yesterday"})
    assert (report.state, report.id, report.at) == (State.UNKNOWN, "message:1", None)
    assert report.raw.unread == {"time": "yesterday"}


def test_an_empty_array_is_no_report(receive: Receive) -> None:
    """Nothing was pushed, which is nothing wrong."""
    assert receive([]) == []


@pytest.mark.parametrize(
    ("row", "reply"),
    [
        (
            {
                "phone": "380961111111",
                "time": "2020-01-01 10:00:00",
                "channel": "viber",
                "message_id": "1",
                "extra_id": "AD-6640-7006",
                "text_to_subscriber": "Your table is ready",
                "text_from_subscriber": "Thanks",
                "media": "https://example.com/1.png",
            },
            Reply(
                "+380961111111",
                text="Thanks",
                received_at=datetime(2020, 1, 1, 8, tzinfo=UTC),
                media=("https://example.com/1.png",),
            ),
        ),
        (
            {
                "channel": "whatsapp",
                "phone": "+380961111111",
                "time": "2020-01-01T08:00:00Z",
                "umid": "u1",
                "image_url": "https://example.com/2.png",
            },
            Reply(
                "+380961111111",
                id="u1",
                received_at=datetime(2020, 1, 1, 8, tzinfo=UTC),
                media=("https://example.com/2.png",),
            ),
        ),
        ({"phone": "380961111111", "time": "now"}, Reply("+380961111111")),
    ],
)
def test_what_a_recipient_wrote(receive: Receive, row: dict[str, object], reply: Reply) -> None:
    """A reply is told with who wrote it, by Kyiv's clock where the time has no zone."""
    (told,) = receive(row)

    assert told == reply
    assert told.raw == row


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "none of hyber's reports: .*not JSON"),
        (b'{"extra_id": AD-6640-7006"}', "not JSON"),
        (b"\xff", "not UTF-8"),
        (b"id=1&status=2", "not JSON"),
        (7, "names no message"),
        ("text", "names no message"),
        ({}, "names no message"),
        ({"event": "ping"}, "names no message"),
        ([{"event": "ping"}, 7], "names no message"),
    ],
)
def test_what_is_none_of_hybers_reports(receive: Receive, body: object, words: str) -> None:
    """A foreign request is refused."""
    with pytest.raises(UsageError, match=words):
        receive(body)
