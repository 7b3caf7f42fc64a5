"""Numbers, clocks, ids and states: each as the other side has it, without network."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from polycast import Message, State, UsageError
from polycast_smsby import reports, request, response

MINSK = ZoneInfo("Europe/Minsk")

# Phone numbers


@pytest.mark.parametrize(
    ("to", "phone"),
    [
        ("+375291234567", "375291234567"),
        ("tel:+375291234567", "375291234567"),
        ("tel:375291234567", "375291234567"),
        ("+12345678", "12345678"),
    ],
)
def test_a_number_is_digits_alone(to: str, phone: str) -> None:
    """sms.by takes no plus sign."""
    assert request.to_quick(Message(to, text="Hi"), 0).phone == phone


@pytest.mark.parametrize(
    "to",
    ["tel:80", "tel:029 123-45-67", "tel:0291234567", "tel:+37529123456789012", "tel:٣٧٥٢٩١٢٣"],
)
def test_what_is_no_number_with_a_country_code_is_refused(to: str) -> None:
    """A sentence says what sms.by takes."""
    with pytest.raises(UsageError, match="digits that begin with the country code"):
        request.to_quick(Message(to, text="Hi"), 0)


@pytest.mark.parametrize(
    ("told", "to"),
    [
        (375293332211, "+375293332211"),
        ("375293332211", "+375293332211"),
        (" +375293332211 ", "+375293332211"),
        ("hidden", "hidden"),
        ("", None),
        (None, None),
        (True, None),
        ([], None),
    ],
)
def test_a_number_is_told_as_a_number_or_a_string(told: object, to: str | None) -> None:
    """Either becomes an address of ours; what is neither is kept as it is, or is none."""
    assert reports.from_phone(told) == to


# Clocks


@pytest.mark.parametrize(
    ("send_at", "written"),
    [
        (datetime(2024, 12, 31, 20, 59, 59, tzinfo=UTC), "2024-12-31T23:59:59"),
        (datetime(2024, 12, 31, 23, 59, 59, tzinfo=MINSK), "2024-12-31T23:59:59"),
        # Kyiv has summer time, Minsk has not.
        (datetime(2024, 7, 1, 12, 0, tzinfo=ZoneInfo("Europe/Kyiv")), "2024-07-01T12:00:00"),
        (datetime(2024, 1, 1, 12, 0, tzinfo=ZoneInfo("Europe/Kyiv")), "2024-01-01T13:00:00"),
        (datetime(2024, 7, 1, 12, 0, 0, 1, tzinfo=UTC), "2024-07-01T15:00:01"),
    ],
)
def test_a_start_is_on_the_clock_of_minsk(send_at: datetime, written: str) -> None:
    """Whatever zone it is given in; fractions of a second are rounded up."""
    assert request.local_start(send_at, MINSK).isoformat() == written


def test_an_hour_that_comes_twice_is_refused() -> None:
    """On another account's clock, which is put back in autumn, nobody could tell which is meant."""
    warsaw = ZoneInfo("Europe/Warsaw")
    with pytest.raises(UsageError, match="2026-10-25 02:30:00 twice"):
        request.local_start(datetime(2026, 10, 25, 0, 30, tzinfo=UTC), warsaw)
    started = request.local_start(datetime(2026, 10, 25, 2, 30, tzinfo=UTC), warsaw)
    assert started == datetime(2026, 10, 25, 3, 30)  # noqa: DTZ001 - a clock's face


@pytest.mark.parametrize(
    "send_at",
    [
        datetime.max.replace(tzinfo=UTC),
        datetime.max.replace(tzinfo=timezone(timedelta(hours=-14))),
        datetime.min.replace(tzinfo=timezone(timedelta(hours=14))),
    ],
)
def test_the_ends_of_time_are_refused(send_at: datetime) -> None:
    """What no clock in Minsk can show is a sentence, and no overflow."""
    with pytest.raises(UsageError, match="out of range"):
        request.local_start(send_at, MINSK)


@given(st.datetimes(min_value=datetime(1990, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_nothing_starts_before_it_was_asked_to(send_at: datetime) -> None:
    """And never more than a second later: the way back leads to the same second."""
    try:
        local = request.local_start(send_at, MINSK)
    except UsageError:
        return
    read = response.read_local(local.isoformat(), MINSK)
    assert read is not None
    assert timedelta(0) <= read - send_at < timedelta(seconds=1)


@pytest.mark.parametrize(
    ("told", "moment"),
    [
        ("2021-03-22 11:32:32", datetime(2021, 3, 22, 8, 32, 32, tzinfo=UTC)),
        ("2021-03-22T11:32:32", datetime(2021, 3, 22, 8, 32, 32, tzinfo=UTC)),
        ("", None),
        (None, None),
        ("0000-00-00 00:00:00", None),
        ("2021-02-30 11:32:32", None),
        ("soon", None),
        (1616064780, None),
    ],
)
def test_a_date_of_an_answer_is_on_that_clock_too(told: object, moment: datetime | None) -> None:
    """It has no zone; what is no date is none, and costs nothing else."""
    assert response.read_local(told, MINSK) == moment


@pytest.mark.parametrize(
    ("told", "moment"),
    [
        (1616064780, datetime(2021, 3, 18, 10, 53, tzinfo=UTC)),
        ("1616064780", datetime(2021, 3, 18, 10, 53, tzinfo=UTC)),
        (0, None),
        ("0", None),
        (None, None),
        (-1, None),
        (True, None),
        (10**18, None),
        ("yes", None),
    ],
)
def test_seconds_are_an_instant_and_zero_is_none(told: object, moment: datetime | None) -> None:
    """sms.by says 0 for what has not happened yet."""
    assert response.read_seconds(told) == moment


# Ids


@pytest.mark.parametrize(
    ("id_", "parts"),
    [
        ("sms:2197871", ("sms", "2197871")),
        ("message:2604834", ("message", "2604834")),
        (
            "bulk:cc9c8043-8caf-11ef-b035-9e8f47954dec",
            ("bulk", "cc9c8043-8caf-11ef-b035-9e8f47954dec"),
        ),
    ],
)
def test_the_three_kinds_of_id(id_: str, parts: tuple[str, str]) -> None:
    """They are unrelated: each says which call it belongs to."""
    assert response.split_id(id_) == parts


@pytest.mark.parametrize(
    "id_",
    ["2197871", "sms:", "sms:abc", "sms:١٢٣", "message:1/2", "bulk:", "bulk:a b", "job:1", ""],
)
def test_what_is_no_id_of_the_three_is_refused(id_: str) -> None:
    """In one sentence that shows all three."""
    with pytest.raises(UsageError, match=r"sms:2197871, message:2604834 or bulk:cc9c.*\.$"):
        response.split_id(id_)


# States


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("NEW", State.QUEUED),
        ("new", State.QUEUED),
        ("SENT", State.SENT),
        ("sent", State.SENT),
        ("DELIVERED", State.DELIVERED),
        ("delivered", State.DELIVERED),
        (" Delivered ", State.DELIVERED),
        ("UNDELIVERED", State.FAILED),
        ("FAILED", State.FAILED),
        ("moderated", State.UNKNOWN),
        ("OK", State.UNKNOWN),
        ("success", State.UNKNOWN),
        ("прочитано", State.UNKNOWN),
        ("", State.UNKNOWN),
    ],
)
def test_the_states_of_one_message(word: str, state: State) -> None:
    """In any case; an acknowledgement is no state, and a new word is UNKNOWN."""
    assert response.sms_state(word) is state


@pytest.mark.parametrize(
    ("word", "state"),
    [("new", State.QUEUED), ("moderated", State.QUEUED), ("rejected", State.UNKNOWN)],
)
def test_the_states_of_a_created_message(word: str, state: State) -> None:
    """Approved is not sent."""
    assert response.message_state(word) is state


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("NEW", State.QUEUED),
        ("ok", State.QUEUED),
        ("OK", State.QUEUED),
        ("success", State.QUEUED),
        ("", State.QUEUED),
        ("SENT", State.SENT),
        ("odd", State.UNKNOWN),
    ],
)
def test_a_send_that_is_acknowledged_is_queued(word: str, state: State) -> None:
    """Success markers vary by method, and say no more than that the call was taken."""
    assert response.sent_state(word) is state


def test_every_word_of_the_tables_is_proved_here() -> None:
    """The tables hold nothing that the pages do not."""
    assert set(response.SMS_STATES) == {"new", "sent", "delivered", "undelivered", "failed"}
    assert set(response.MESSAGE_STATES) == {"new", "moderated"}
