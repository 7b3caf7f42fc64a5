"""The tables and the encodings, without network: numbers, templates, times, ids, extra ids."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from polycast import Broadcast, Message, Recipient, State, Template, UsageError
from polycast.wire import UNSET, DecodeError, Undecodable
from polycast_hyber import Options, Viber
from polycast_hyber._client import models as m
from polycast_hyber.recipients import Notation, reference_of
from polycast_hyber.reports import to_message_status
from polycast_hyber.request import Encoder, start_time
from polycast_hyber.response import matched_receipts, moment, read_id, state_of

# States

ROWS: list[tuple[dict[str, Any], State]] = [
    # 1. A refusal comes first.
    ({"accepted": False, "status": 2}, State.REJECTED),
    ({"accepted": False, "error_code": 35015}, State.REJECTED),
    # 2. Codes.
    ({"hyber_status": 23011}, State.DELIVERED),
    ({"hyber_status": 23033}, State.DELIVERED),
    ({"hyber_status": 23043}, State.DELIVERED),
    ({"hyber_status": 35015}, State.EXPIRED),
    ({"error_code": 35015}, State.EXPIRED),
    ({"error_code": 36024}, State.REJECTED),
    ({"error_code": 1154}, State.REJECTED),
    ({"error_code": 35015, "accepted": True}, State.EXPIRED),
    # 3. A code that is new tells its substatus, unless that is there itself.
    ({"error_code": 36001}, State.FAILED),
    ({"error_code": 26001}, State.EXPIRED),
    ({"hyber_status": 12001}, State.QUEUED),
    ({"hyber_status": 11001}, State.SENDING),
    ({"hyber_status": 99999, "substatus": 23}, State.DELIVERED),
    ({"substatus": 11}, State.SENDING),
    ({"substatus": 12}, State.QUEUED),
    ({"substatus": 23}, State.DELIVERED),
    ({"substatus": 26, "status": 2}, State.EXPIRED),
    ({"substatus": 35}, State.EXPIRED),
    ({"substatus": 36, "status": 3}, State.FAILED),
    ({"substatus": 24, "status": 2}, State.DELIVERED),
    ({"substatus": 19}, State.SENDING),
    ({"substatus": 29}, State.DELIVERED),
    ({"substatus": 39}, State.FAILED),
    # 4. The status alone.
    ({"status": -1}, State.QUEUED),
    ({"status": 1}, State.SENDING),
    ({"status": 2}, State.DELIVERED),
    ({"status": 3}, State.FAILED),
    # 5. Nothing but acceptance.
    ({"accepted": True}, State.QUEUED),
    # 6. What nobody knows.
    ({}, State.UNKNOWN),
    ({"text": "SMS pondered"}, State.UNKNOWN),
    ({"accepted": True, "text": "SMS pondered"}, State.UNKNOWN),
    ({"status": 7}, State.UNKNOWN),
    ({"substatus": 45}, State.UNKNOWN),
    ({"error_code": 999}, State.UNKNOWN),
    ({"error_code": 99001}, State.UNKNOWN),
    ({"hyber_status": 0}, State.UNKNOWN),
    # Words say what no number says.
    ({"status": 2, "substatus": 24, "text": "Message seen"}, State.READ),
    ({"hyber_status": 23033, "text": "Viber READ"}, State.READ),
    ({"text": "seen"}, State.READ),
    ({"status": 2, "text": "Already delivered"}, State.DELIVERED),
    ({"status": 2, "text": "Unread"}, State.DELIVERED),
    ({"status": 3, "text": "Not seen in time"}, State.FAILED),
]


@pytest.mark.parametrize(("row", "state"), ROWS, ids=[str(row) for row, _ in ROWS])
def test_the_numbers_of_a_row(row: dict[str, Any], state: State) -> None:
    """Every code, substatus and status of the page, new ones, and what goes before what."""
    assert state_of(**row) is state


@pytest.mark.parametrize(
    ("time", "expected"),
    [
        (1477417294667, datetime(2016, 10, 25, 17, 41, 34, 667000, tzinfo=UTC)),
        (1477417294, datetime(2016, 10, 25, 17, 41, 34, tzinfo=UTC)),
        (100_000_000_000, datetime(1973, 3, 3, 9, 46, 40, tzinfo=UTC)),
        (10**30, None),
        (UNSET, None),
    ],
)
def test_times_are_milliseconds_or_seconds(time: Any, expected: datetime | None) -> None:
    """What the page calls a Unix time stamp has milliseconds; a small one is in seconds."""
    assert moment(time) == expected


def failed(channel: str) -> m.Report:
    return m.Report(last_partner=channel, status=3, substatus=35, hyber_status=35015)


def delivered(channel: str, **more: Any) -> m.Report:
    return m.Report(last_partner=channel, status=2, substatus=23, hyber_status=23011, **more)


@pytest.mark.parametrize(
    ("answer", "state", "channel"),
    [
        (m.AdvancedReport(reports=[failed("viber"), delivered("sms")]), State.DELIVERED, "sms"),
        (m.AdvancedReport(reports=[delivered("sms"), failed("viber")]), State.DELIVERED, "sms"),
        (m.AdvancedReport(reports=[failed("viber"), failed("sms")]), State.EXPIRED, "sms"),
        (
            m.AdvancedReport(reports=[failed("viber")], started=True, processing=True),
            State.SENDING,
            "viber",
        ),
        (m.AdvancedReport(reports=[], status=-1, started=False), State.QUEUED, None),
        (m.AdvancedReport(reports=[], status=-1, started=True), State.SENDING, None),
        (m.AdvancedReport(status=-1, processing=True), State.SENDING, None),
        (m.AdvancedReport(status=2, delivered_via="viber"), State.DELIVERED, "viber"),
        (m.AdvancedReport(status=3, delivered_via="hyber"), State.FAILED, None),
        (m.AdvancedReport(), State.UNKNOWN, None),
        (
            m.AdvancedReport(reports=[delivered("viber", status_text="seen"), failed("sms")]),
            State.READ,
            "viber",
        ),
        (
            m.AdvancedReport(reports=[m.Report(status=1, last_partner="sms")]),
            State.SENDING,
            "sms",
        ),
        (
            m.AdvancedReport(reports=[Undecodable(7, DecodeError("x")), delivered("sms")]),
            State.DELIVERED,
            "sms",
        ),
        (
            m.AdvancedReport(reports=[failed("viber"), Undecodable(7, DecodeError("x"))]),
            State.UNKNOWN,
            None,
        ),
    ],
)
def test_a_message_on_several_channels(
    answer: m.AdvancedReport, state: State, channel: str | None
) -> None:
    """One channel that delivers is enough, and no failure is final while others are tried."""
    status = to_message_status("message:1", answer)
    (report,) = status.reports
    assert (status.state, report.state, report.channel) == (state, state, channel)
    assert status.counts == {state: 1}
    assert report.id == "message:1"
    assert status.raw is answer


# Matching

JOE, ANA = Recipient("+380961111111", reference="joe"), Recipient("tel:380962222222")


def row(**facts: Any) -> m.Acceptance:
    return m.Acceptance(**{"accepted": True, **facts})


@pytest.mark.parametrize(
    ("rows", "ids"),
    [
        ([row(extra_id="b", message_id="2"), row(extra_id="a", message_id="1")], ["1", "2"]),
        (
            [
                row(phone_number=380962222222, message_id="2"),
                row(phone_number="380961111111", message_id="1"),
            ],
            ["1", "2"],
        ),
        # Another's extra id does not keep a row from being matched by its number.
        (
            [
                row(extra_id="?", phone_number="+380961111111", message_id="1"),
                row(extra_id="b", message_id="2"),
            ],
            ["1", "2"],
        ),
        # The extra id counts for more than the number.
        (
            [
                row(extra_id="b", phone_number="380961111111", message_id="2"),
                row(extra_id="a", phone_number="380962222222", message_id="1"),
            ],
            ["1", "2"],
        ),
        ([row(extra_id="b", message_id="2")], [None, "2"]),
        ([row(message_id="1")], [None, None]),
    ],
)
def test_rows_are_matched_to_recipients(rows: list[Any], ids: list[str | None]) -> None:
    """By extra id, then by number, in whatever order; who is not named is UNKNOWN."""
    receipts = matched_receipts(rows, (JOE, ANA), ["a", "b"], State.QUEUED)
    assert [each.id for each in receipts] == [each and f"message:{each}" for each in ids]
    assert [each.state for each in receipts] == [
        State.QUEUED if each else State.UNKNOWN for each in ids
    ]
    assert [each.reference for each in receipts] == ["joe", None]


def test_the_same_number_and_the_same_reference_twice() -> None:
    """Each of two rows alike belongs to one of two recipients alike, in turn."""
    rows: list[Any] = [row(extra_id="a", message_id="1"), row(extra_id="a", message_id="2")]
    receipts = matched_receipts(rows, (JOE, JOE), ["a", "a"], State.QUEUED)
    assert [each.id for each in receipts] == ["message:1", "message:2"]


# Templates


@pytest.mark.parametrize(
    ("text", "native", "variables", "literals"),
    [
        ("Dear {name}!", "Dear %name%!", {"name": "name"}, []),
        ("{a}{b}{a}", "%a%%b%%a%", {"a": "a", "b": "b"}, []),
        ("{{name}} {name}", "{name} %name%", {"name": "name"}, []),
        ("100% sure, {name}, 5%", "100% sure, %name%, 5%", {"name": "name"}, []),
        ("% a% %1% %a b% {n}", "% a% %1% %a b% %n%", {"n": "n"}, []),
        ("50%off% {name}", "50%off% %name%", {"name": "name"}, ["off"]),
        ("%D0%9F%D1%80", "%D0%9F%D1%80", {}, ["D0", "D1"]),
        ("%name% {name}", "%name% %variable1%", {"name": "variable1"}, ["name"]),
        ("{name}b%c% {x}", "%name%b%c% %x%", {"name": "name", "x": "x"}, ["c"]),
        ("{ім}", "%variable1%", {"ім": "variable1"}, []),
        ("{ім} {variable1}", "%variable1_% %variable1%", {"ім": "variable1_"}, []),
        ("5%{unit}", "5%%unit%", {"unit": "unit"}, []),
    ],
)
def test_a_template_in_hybers_notation(
    text: str, native: str, variables: dict[str, str], literals: list[str]
) -> None:
    """Placeholders are renamed where they must; what only looks like one is filled with itself."""
    template = Template.parse(text)
    notation = Notation.of([template])
    assert notation.write(template) == native
    assert variables.items() <= notation.variables.items()
    assert notation.literals == {word: f"%{word}%" for word in literals}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{phone_number}", "{phone_number} cannot be a variable"),
        ("{extra_id}", "{extra_id} cannot be a variable"),
        ("Dear %phone_number%", "%phone_number% cannot be told"),
        ("%a% %extra_id%", "%extra_id% cannot be told"),
        ("x%y{name}", "taken for a variable"),
        ("{a}%y{name}", "taken for a variable"),
    ],
)
def test_what_no_template_can_say(text: str, words: str) -> None:
    """Hyber's own names, and percent signs that would swallow a placeholder's."""
    with pytest.raises(UsageError, match=words):
        Notation.of([Template.parse(text)])


# Times


@pytest.mark.parametrize(
    ("send_at", "zone", "written"),
    [
        (datetime(2030, 1, 1, 9, tzinfo=UTC), None, "2030-01-01 09:00:00+00:00"),
        (datetime(2030, 1, 1, 9, tzinfo=UTC), "Europe/Kyiv", "2030-01-01 11:00:00+02:00"),
        (datetime(2030, 7, 1, 9, tzinfo=UTC), "Europe/Kyiv", "2030-07-01 12:00:00+03:00"),
        (
            datetime(2030, 1, 1, 9, 0, 0, 1, tzinfo=timezone(timedelta(hours=-5))),
            None,
            "2030-01-01 09:00:01-05:00",
        ),
        (
            datetime(2030, 1, 1, 9, tzinfo=timezone(timedelta(hours=2, seconds=4))),
            None,
            "2030-01-01 06:59:56+00:00",
        ),
        # The hour that clocks show twice: the offset tells which is meant.
        (datetime(2029, 10, 28, 1, 30, tzinfo=UTC), "Europe/Kyiv", "2029-10-28 03:30:00+02:00"),
        (datetime(2029, 10, 28, 0, 30, tzinfo=UTC), "Europe/Kyiv", "2029-10-28 03:30:00+03:00"),
    ],
)
def test_start_time(send_at: datetime, zone: str | None, written: str) -> None:
    """The moment always travels with an offset, by the clock that was asked for."""
    encoder = Encoder("GMSU", ZoneInfo(zone) if zone else None)
    body = encoder.message(Message("+380961111111", text="Hi", send_at=send_at))
    encoded: Any = m.CONVERTERS["json"].unstructure(body)
    assert encoded["start_time"] == written


def test_a_moment_that_no_clock_shows() -> None:
    """The end of time, rounded up, is refused in a sentence."""
    with pytest.raises(UsageError, match="out of reach"):
        start_time(datetime.max.replace(tzinfo=UTC), None)


# Ids


@pytest.mark.parametrize(
    ("id", "expected"),
    [
        ("job:66591729-cb47", ("job", "66591729-cb47")),
        ("message:1:2", ("message", "1:2")),
        ("extra:AD/6640 7", ("extra", "AD/6640 7")),
    ],
)
def test_ids(id: str, expected: tuple[str, str]) -> None:
    """An id is a kind and what Hyber calls it, whatever that looks like."""
    assert read_id(id) == expected


@pytest.mark.parametrize("id", ["66591729-cb47", "job:", "job", "sms:1", ":x", "job: "])
def test_what_is_no_id(id: str) -> None:
    """An id of another kind, or of none, is refused before any request."""
    with pytest.raises(UsageError, match="no id of hyber's"):
        read_id(id)


def ids_of(broadcast: Broadcast) -> list[str]:
    return list(Encoder("GMSU").broadcast(broadcast).extra_ids)


HELLO = Broadcast(text="Hello {name}", recipients=[Recipient("+380961111111", {"name": "Joe"})])


def test_extra_ids_never_change() -> None:
    """Another process, and a later version, ask by the very same ids."""
    assert ids_of(HELLO) == ["polycast-8276c68de7eee901003bd864-0"]
    everything = Broadcast(
        text="Вітаю, {name}",
        recipients=[
            Recipient("+380961111111", {"name": "Олена"}),
            Recipient("tel:380962222222", text="Hi"),
        ],
        name="Evening",
        sender="GMSU",
        channels=["viber"],
        send_at=datetime(2030, 1, 1, 9, tzinfo=UTC),
        ttl=timedelta(minutes=5),
        media=["https://example.com/a.png"],
        callback_url="https://example.com",
        options=Options(division_code="x", viber=Viber(caption="Go", action="https://example.com")),
    )
    assert ids_of(everything)[1] == "polycast-5f4754ed9fce677e73bd1ff5-1"


def test_a_reference_of_64_characters_is_an_extra_id() -> None:
    """Hyber takes as many; one more is refused before anything is sent."""
    longest = Recipient("+380961111111", reference="r" * 64)
    assert ids_of(Broadcast(text="Hi", recipients=[longest])) == ["r" * 64]


@pytest.mark.parametrize(
    "other",
    [
        {"text": "Hello, {name}"},
        {"name": "Evening"},
        {"sender": "Other"},
        {"ttl": timedelta(hours=1)},
        {"send_at": datetime(2030, 1, 1, tzinfo=UTC)},
        {"callback_url": "https://example.com"},
        {"channels": ["viber", "sms"]},
        {"options": Options(division_code="x")},
        {"recipients": [Recipient("+380961111112", {"name": "Joe"})]},
        {"recipients": [Recipient("+380961111111", {"name": "Ana"})]},
        {"recipients": [Recipient("+380961111111", text="Hello Joe")]},
    ],
)
def test_extra_ids_tell_broadcasts_apart(other: dict[str, Any]) -> None:
    """Whatever is said otherwise, or to somebody else, has other ids."""
    fields: dict[str, Any] = {"text": HELLO.text, "recipients": HELLO.recipients, **other}
    assert ids_of(Broadcast(**fields)) != ids_of(HELLO)


def test_extra_ids_do_not_hang_on_what_is_not_said() -> None:
    """A variable that nothing uses may come and go, and a moment be told by another clock."""
    more = [Recipient("+380961111111", {"name": "Joe", "table": "5"})]
    assert ids_of(Broadcast(text="Hello {name}", recipients=more)) == ids_of(HELLO)
    moments = [
        datetime(2030, 1, 1, 9, tzinfo=UTC),
        datetime(2030, 1, 1, 11, tzinfo=timezone(timedelta(hours=2))),
    ]
    one, two = (Broadcast(text="Hi", recipients=["+380961111111"], send_at=at) for at in moments)
    assert ids_of(one) == ids_of(two)


def test_every_recipient_has_an_extra_id_of_their_own() -> None:
    """References are kept, and the same person twice is told apart."""
    joe = "+380961111111"
    people = [Recipient(joe), Recipient(joe, reference="r"), Recipient(joe)]
    first, second, third = ids_of(Broadcast(text="Hi", recipients=people))
    assert second == "r"
    assert len({first, second, third}) == 3
    assert [reference_of(each) for each in (first, second, third)] == [None, "r", None]
    assert all(len(each) <= 64 for each in (first, third))


def test_a_message_has_the_extra_id_of_a_broadcast_to_one() -> None:
    """Core asks about a lost message as about a broadcast: both go by one id."""
    options = Options(viber=Viber(caption="Look {{here}}", text="On Viber"))
    message = Message("+380961111111", text="Hi", channels=["viber", "sms"], options=options)
    broadcast = Broadcast(
        recipients=[Recipient("+380961111111", text="Hi")],
        channels=["viber", "sms"],
        options=options,
    )
    assert Encoder("GMSU").message(message).extra_id == ids_of(broadcast)[0]
