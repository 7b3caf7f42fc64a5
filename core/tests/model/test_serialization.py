"""The values of the model go to JSON and come back."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path, PurePosixPath
from typing import Any

import attrs
import polycast_ogangi
import polycast_textit
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polycast import (
    Batch,
    Broadcast,
    BulkReceipt,
    Message,
    MessageTemplate,
    OutcomeUnknown,
    Price,
    Receipt,
    Recipient,
    Rejected,
    Reply,
    Report,
    Reports,
    State,
    Status,
    Suppressed,
    UsageError,
)

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(str.strip)
ADDRESSES = st.one_of(
    st.from_regex(r"\+[1-9][0-9]{6,14}", fullmatch=True), TEXTS.map(lambda rest: f"contact:{rest}")
)
#: Moments with a fixed offset of whole minutes: JSON keeps the offset, not the name of a zone, and
#: Python 3.11 reads an offset of microseconds as none.
MOMENTS = st.builds(
    lambda naive, minutes: naive.replace(tzinfo=timezone(timedelta(minutes=minutes))),
    st.datetimes(),
    st.integers(-23 * 60, 23 * 60),
)
MEDIA = st.one_of(
    st.just("https://example.com/a.jpg"),
    st.lists(st.from_regex("[a-z .ї]+", fullmatch=True), min_size=1).map(
        lambda parts: Path(PurePosixPath(*parts))
    ),
)
OPTIONS = st.one_of(
    st.none(),
    st.builds(
        polycast_textit.Options,
        translations=st.dictionaries(st.sampled_from(["eng", "ukr"]), TEXTS),
        quick_replies=st.lists(st.builds(polycast_textit.QuickReply, TEXTS, extra=TEXTS)),
    ),
)
TEMPLATES = st.builds(
    MessageTemplate, TEXTS, st.none() | TEXTS, st.dictionaries(TEXTS, TEXTS) | st.lists(TEXTS)
)
COSTS: dict[str, st.SearchStrategy[Any]] = {
    "segments": st.none() | st.integers(),
    "price": st.none()
    | st.builds(Price, st.decimals(allow_nan=False, allow_infinity=False), TEXTS),
}
CODES = st.none() | st.text() | st.integers()
REPLIES = st.builds(
    Reply,
    st.text(),
    st.none() | st.text(),
    st.none() | st.text(),
    st.none() | st.text(),
    st.none() | MOMENTS,
    st.lists(st.text()).map(tuple),
    st.text(),
)
STATES = st.sampled_from(State)
WORDS = st.none() | st.text()
RECIPIENTS = st.builds(
    Recipient,
    ADDRESSES,
    st.dictionaries(st.text(), TEXTS | st.integers()),
    st.none() | TEXTS,
    st.none() | TEXTS,
)
CONTENT: dict[str, st.SearchStrategy[Any]] = {
    "text": st.none() | TEXTS,
    "sender": st.none() | TEXTS,
    "channels": st.lists(TEXTS),
    "send_at": st.none() | MOMENTS,
    "ttl": st.none() | st.timedeltas(timedelta(microseconds=1), timedelta(days=36_500)),
    "media": st.lists(MEDIA),
    "callback_url": st.none() | TEXTS,
    "options": OPTIONS,
    "template": st.none() | TEMPLATES,
}
RECEIPTS = st.builds(
    Receipt, WORDS, STATES, st.text(), WORDS, WORDS, raw=st.text(), code=CODES, **COSTS
)
REPORTS = st.builds(
    Report,
    WORDS,
    STATES,
    WORDS,
    WORDS,
    WORDS,
    CODES,
    st.none() | MOMENTS,
    WORDS,
    raw=st.text(),
    aliases=st.lists(st.text()).map(tuple),
    **COSTS,
)
STATUSES = st.builds(
    Status,
    st.text(),
    STATES,
    st.dictionaries(STATES, st.integers(0)),
    st.lists(REPORTS).map(tuple),
    st.none() | MOMENTS,
    st.none() | MOMENTS,
    WORDS,
    st.none() | st.integers(),
    st.none() | st.booleans(),
    code=CODES,
    **COSTS,
)
BULK_RECEIPTS = st.builds(
    BulkReceipt,
    WORDS,
    STATES,
    st.lists(RECEIPTS).map(tuple),
    st.lists(st.builds(Batch, WORDS, STATES, st.integers(0))).map(tuple),
)
VALUES = st.one_of(
    st.builds(Message, ADDRESSES, **CONTENT),
    st.builds(
        Broadcast,
        recipients=st.lists(RECIPIENTS),
        name=st.none() | TEXTS,
        allow_empty=st.booleans(),
        **CONTENT,
    ),
    RECIPIENTS,
    RECEIPTS,
    BULK_RECEIPTS,
    REPORTS,
    REPLIES,
    STATUSES,
)


def through_json(value: Any, **more: Any) -> Any:
    """Return what comes back."""
    return type(value).from_dict(json.loads(json.dumps(value.to_dict())), **more)


@given(VALUES)
def test_what_goes_to_json_comes_back_the_same(value: Any) -> None:
    """`from_dict(to_dict())` through JSON is an equal object, of each class."""
    more = {"options": polycast_textit.Options} if isinstance(value, Message | Broadcast) else {}

    assert through_json(value, **more) == value


@given(STATUSES)
def test_reports_of_a_status_are_written_where_they_are_asked_for(status: Status) -> None:
    """Reports may take requests, so they are written on demand only."""
    written = json.loads(json.dumps(status.to_dict(reports=True)))

    assert Status.from_dict(written).reports == status.reports
    assert "reports" not in status.to_dict()


def test_unasked_reports_are_not_fetched() -> None:
    """A status is written without a request to the provider."""

    def fetch() -> Any:
        raise AssertionError("nobody asked for reports")

    Status("1", State.SENT, reports=Reports(fetch)).to_dict()


ERRORS: list[Any] = [
    OutcomeUnknown("cut off", provider="hyber", operation="send", candidates=["1", "2"]),
    Rejected("no", provider="hyber", http_status=422, code="E7", refused={3: "landline"}),
    Suppressed("it is a landline"),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_errors_of_batches_come_back(error: Any) -> None:
    """A batch's error is of the same class, says the same, and is as safe to retry."""
    error.add_note("2 of 3 batches succeeded.")
    batch = Batch(None, State.UNKNOWN, 3, error)

    again = through_json(batch).error

    assert type(again) is type(error)
    assert str(again) == str(error)
    assert again.__notes__ == ["2 of 3 batches succeeded."]
    for fact in ("carried_out", "safe_to_retry", "http_status", "code", "refused", "candidates"):
        assert getattr(again, fact, None) == getattr(error, fact, None)


def test_the_form_is_plain() -> None:
    """The form is what a person would write: a task in another language can read it."""
    message = Message(
        "+12125554501",
        text="Hello",
        send_at=datetime(2030, 1, 1, 9, tzinfo=UTC),
        ttl=timedelta(hours=1),
        media=["https://example.com/a.jpg", Path("menu.pdf")],
    )

    assert message.to_dict() == {
        "to": "+12125554501",
        "text": "Hello",
        "sender": None,
        "channels": [],
        "send_at": "2030-01-01T09:00:00+00:00",
        "ttl": 3600,
        "media": ["https://example.com/a.jpg", {"path": "menu.pdf"}],
        "callback_url": None,
        "options": None,
        "template": None,
    }


RECEIPT = {"id": "1", "state": "queued", "to": "+12125554501"}
WRONG: list[tuple[Callable[[Any], object], object, str]] = [
    (Message.from_dict, {"to": "+12125554501", "txt": "Hi"}, "a Message has no key 'txt'"),
    (Message.from_dict, {"text": "Hi"}, "the key 'to' of a Message is missing"),
    (Message.from_dict, {"to": "+12125554501", "text": 7}, "text is a string, not 7"),
    (Message.from_dict, {"to": "0788"}, "'0788' is not an address"),
    (Message.from_dict, {"to": "+12125554501", "ttl": "1"}, "ttl is a number of seconds"),
    (Message.from_dict, {"to": "+12125554501", "ttl": True}, "ttl is a number of seconds"),
    (Message.from_dict, {"to": "+12125554501", "ttl": 1e300}, "ttl has a wrong value"),
    (Message.from_dict, {"to": "+12125554501", "send_at": "soon"}, "send_at has a wrong value"),
    (Message.from_dict, {"to": "+12125554501", "send_at": "2030-01-01"}, "no time zone"),
    (Message.from_dict, {"to": "+12125554501", "media": "a.jpg"}, "media is a list"),
    (Message.from_dict, {"to": "+12125554501", "media": [{"path": 7}]}, r"media\[0\] is"),
    (Message.from_dict, {"to": "+12125554501", "media": ["a.jpg"]}, "'a.jpg' is not a URL"),
    (Message.from_dict, [], "a Message is a mapping, not list"),
    (Receipt.from_dict, {**RECEIPT, "state": "quued"}, "state is one of queued, "),
    (Receipt.from_dict, {**RECEIPT, "state": None}, "state is one of queued, "),
    (Receipt.from_dict, {**RECEIPT, "raw": {}}, "no key 'raw'"),
    (
        BulkReceipt.from_dict,
        {"id": "1", "state": "sent", "receipts": [RECEIPT, {**RECEIPT, "to": 7}]},
        r"receipts\[1\].to is a string, not 7",
    ),
    (
        Broadcast.from_dict,
        {"recipients": [{"to": "+12125554501"}, {"to": "0788"}]},
        r"recipients\[1\]: '0788' is not an address",
    ),
    (
        Broadcast.from_dict,
        {"recipients": [], "allow_empty": 1},
        "allow_empty is true or false, not 1",
    ),
    (Batch.from_dict, {"id": "1", "state": "sent", "size": True}, "size is a whole number"),
    (
        Batch.from_dict,
        {"id": "1", "state": "sent", "size": 1, "error": {"kind": "KeyboardInterrupt"}},
        "error.kind is no name in polycast.errors",
    ),
    (
        Batch.from_dict,
        {"id": "1", "state": "sent", "size": 1, "error": {"kind": "Rejected", "why": "no"}},
        "an error has no key 'why'",
    ),
]


@pytest.mark.parametrize(("read", "values", "sentence"), WRONG, ids=[each[2] for each in WRONG])
def test_what_is_wrong_is_refused(
    read: Callable[[Any], object], values: object, sentence: str
) -> None:
    """An unknown key, a missing one and a value of a wrong type are sentences with the place."""
    with pytest.raises(UsageError, match=sentence):
        read(values)


def test_a_stream_of_recipients_is_refused() -> None:
    """Writing a broadcast does not use up its recipients."""
    stream = (Recipient(to) for to in ["+12125554501"])

    with pytest.raises(UsageError, match="recipients is a stream"):
        Broadcast(text="Hi", recipients=stream).to_dict()


def test_options_need_their_class() -> None:
    """Only classes of the package that the reader names are made."""
    message = Message("+12125554501", text="Hi", options=polycast_textit.Options())
    written = message.to_dict()

    with pytest.raises(UsageError, match="name their class"):
        Message.from_dict(written)
    with pytest.raises(UsageError, match="not this provider's"):
        Message.from_dict(written, options=polycast_ogangi.Options)


@attrs.frozen
class Unwritable:
    """Options that JSON cannot hold."""

    value: object


@pytest.mark.parametrize("value", [object(), b"bytes", float("nan")])
def test_options_that_cannot_be_written_are_refused(value: object) -> None:
    """What would not come back the same is refused where it is written."""
    message = Message("+12125554501", text="Hi", options=Unwritable(value))

    with pytest.raises(UsageError, match="cannot be written as JSON"):
        message.to_dict()
