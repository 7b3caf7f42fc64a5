"""Who is in a batch, and what is known of them: as it is kept in the ledger."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from polycast import BulkReceipt, Receipt, Recipient, Report, State
from polycast.campaign import recipient_batch as keeping
from polycast.campaign.recipient_batch import RecipientBatch
from polycast.campaign.recipient_results import RecipientResults, ReportMatcher, written_counts

TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)
RECIPIENTS = st.lists(
    st.builds(
        Recipient,
        st.sampled_from(["+380961234501", "+12125550001", "contact:7"]),
        st.dictionaries(st.sampled_from(["name", "table", "Тітл"]), TEXT),
        st.none() | TEXT.filter(str.strip),
        st.none() | TEXT,
    ),
    min_size=1,
)


@pytest.mark.parametrize("fast", [True, False])
@given(recipients=RECIPIENTS, gap=st.booleans(), first=st.integers(1, 2**40))
def test_people_come_back_as_they_were(
    fast: bool, recipients: list[Recipient], gap: bool, first: int
) -> None:
    """Whoever is written down is read again the same, with orjson and without, in any mixture."""
    if fast:
        pytest.importorskip("orjson", reason="orjson is not installed")
    positions = [first + place + (gap and place > 0) for place in range(len(recipients))]
    with pytest.MonkeyPatch.context() as patch:
        if not fast:
            patch.setattr(keeping, "orjson", None)
        again = RecipientBatch.read(RecipientBatch.of(positions, recipients).write())

    assert again.recipients() == tuple(recipients)
    assert list(again.positions) == positions


def test_who_was_read_again_is_like_any_recipient() -> None:
    """A recipient out of a ledger is frozen, hashable and compares like the one that was given."""
    given = Recipient("+380961234501", {"name": "Olena"}, reference="a")
    (again,) = RecipientBatch.read(RecipientBatch.of([1], [given]).write()).recipients()

    assert hash(again) == hash(given)
    assert repr(again) == repr(given)
    with pytest.raises(AttributeError):
        again.to = "+380961234502"  # type: ignore[misc]
    with pytest.raises(TypeError):
        again.variables["name"] = "Ann"  # type: ignore[index]


@pytest.mark.parametrize("written", [b"", b"[]", b"{}", b'{"to": []}', b"\xff", b'{"to": 1}'])
def test_what_somebody_else_wrote_is_refused(written: bytes) -> None:
    """A value that is none of ours is an error, and nobody is made of it."""
    with pytest.raises(ValueError):  # noqa: PT011 - its kind is what is promised
        RecipientBatch.read(written)


def receipts(*states: State) -> BulkReceipt:
    """Return an answer that has a word about each."""
    told = (Receipt(f"m:{place}", state, "+1") for place, state in enumerate(states))
    return BulkReceipt("job:1", State.QUEUED, tuple(told))


def test_what_is_known_comes_back_as_it_was() -> None:
    """Message ids, answers and reports of single people survive the ledger, moments and all."""
    outcomes = RecipientResults.of_answer(receipts(State.QUEUED, State.REJECTED, State.QUEUED), 3)
    moment = datetime(2030, 1, 1, 12, tzinfo=timezone(timedelta(hours=2)))
    report = Report(None, State.FAILED, detail="off", code=17, at=moment, channel="sms")
    outcomes.note(2, report, 3)

    again = RecipientResults.read(outcomes.write())

    assert again == outcomes
    assert again.ids == ["m:0", "m:1", "m:2"]
    assert written_counts(again) == '{"failed":1,"rejected":1}'
    known = again.of(2)
    assert known is not None
    assert (known.detail, known.code, known.channel) == ("off", "17", "sms")
    assert known.at == datetime(2030, 1, 1, 10, tzinfo=UTC)


def test_what_goes_without_saying_is_not_kept() -> None:
    """Where everybody has the state and the id of the whole, nothing is kept of single people."""
    people = tuple(Receipt(id, State.QUEUED, "+1") for id in (None, "job:1"))

    assert not RecipientResults.of_answer(BulkReceipt("job:1", State.QUEUED, people), 2)
    assert not RecipientResults.of_answer(BulkReceipt("job:1", State.QUEUED, people), 3)


def test_a_name_that_two_share_names_neither() -> None:
    """A report is only ever about somebody who can be told from everybody else of the batch."""
    two = Recipient("+12125550001", text="a", reference="r")
    people = RecipientBatch.of([1, 2, 3], [two, two, Recipient("+12125550003", reference="s")])
    whom = ReportMatcher(people, RecipientResults(ids=["m:1", "m:2", None]))

    assert whom.place(Report("+12125550001", State.SENT, reference="r")) is None
    assert whom.place(Report("12125550003", State.SENT, reference="r")) == 2
    assert whom.place(Report("tel:+12125550001", State.SENT, id="m:2")) == 1
