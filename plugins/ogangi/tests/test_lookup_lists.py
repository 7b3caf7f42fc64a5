"""What lists, reports and searches in other forms tell of a broadcast whose reply was lost."""

from base64 import urlsafe_b64encode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime
from typing import Any

import pytest
from polycast import Broadcast, Client, InvalidResponse, OutcomeUnknown, State
from polycast.testing import CannedWire

from .losing import GUESTS, SINCE, ok

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


def reported(*messages: dict[str, str]) -> str:
    """A report of one page, with messages of broadcast 7 that have these differences."""
    whole = {"to": "380961234567", "text": "Hi", "from": "434", "status": "SENT", "blastId": "7"}
    inner = "".join(
        f"<message><id>{place}</id>"
        + "".join(f"<{name}>{text}</{name}>" for name, text in {**whole, **message}.items())
        + "</message>"
        for place, message in enumerate(messages)
    )
    return ok(f"<messages>{inner}</messages>")


#: One that is no look-alike, and shows that what was made since then is listed.
STRANGE: dict[str, str | None] = {
    "id": "8", "text": "Ho", "expectedMessages": "9", "startDate": "2026-01-02T14:00:00-04:00",
}  # fmt: skip

Ask = Callable[..., Any]


#: When it is asked, by our clock: in Caracas it is half past two in the afternoon.
NOW = datetime(2026, 1, 2, 18, 30, tzinfo=UTC)


@pytest.fixture
def ask(wire: CannedWire, connect: Callable[..., Client]) -> Ask:
    """Ask about one broadcast, given what is listed under the first type, and the others."""
    client = connect(timezone="America/Caracas")

    def ask(
        first: str,
        other: str | None = None,
        *,
        report: str = "",
        now: datetime = NOW,
        skew: timedelta | None = timedelta(0),
        lists: int = 1,
        **changes: Any,
    ) -> Any:
        client.api.transport.clock = now.timestamp
        headers = {} if skew is None else {"Date": format_datetime(now + skew, usegmt=True)}
        for body in [first, *[other or listed()] * 10] * lists if first else []:
            wire.answer(200, body, headers=headers)
        # A server that gives its only page for any number.
        for page in [report] * (2 if "<message>" in report else 1) if report else []:
            wire.answer(200, page)
        content = {"text": "Hi", "recipients": GUESTS, **changes}
        return client.lookup(Broadcast(**content), SINCE)

    return ask


@pytest.mark.parametrize(
    "shown",
    [
        {},
        {"text": " Hi\n"},
        {"expectedMessages": "1"},
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
    found = ask(listed(shown), report=reported({}))
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
    assert ask(listed(other, STRANGE)) is None


@pytest.mark.parametrize("shown", [[], [{"startDate": "2026-01-02T12:54:59-04:00"}]])
def test_a_list_of_earlier_times_proves_nothing(
    ask: Ask, shown: list[dict[str, str | None]]
) -> None:
    """No page says how soon a broadcast is listed: what is listed may be all there was before."""
    with pytest.raises(OutcomeUnknown, match="nothing that was made since then") as told:
        ask(listed(*shown))
    assert told.value.candidates is None


def test_without_its_time_no_start_is_too_early(ask: Ask) -> None:
    """Ogangi's clock may be behind ours: where it does not tell, a moment rules nothing out."""
    with pytest.raises(OutcomeUnknown) as told:
        ask(listed({"startDate": "2026-01-02T11:00:00-04:00"}, STRANGE), skew=None)
    assert told.value.candidates == frozenset({"broadcast:7"})
    with pytest.raises(OutcomeUnknown, match="nothing that was made since then"):
        ask(listed(STRANGE), skew=None)


@pytest.mark.parametrize(
    ("hours", "now", "lists"),
    [
        (-1, NOW, 1),
        (1, NOW, 1),
        # The days that are asked for first are not those of its clock.
        (1, NOW + timedelta(hours=9), 2),
        (-400, NOW, 2),
        (400, NOW, 2),
    ],
    ids=["behind", "ahead", "ahead near midnight", "days behind", "days ahead"],
)
def test_moments_are_compared_by_its_clock(ask: Ask, hours: int, now: datetime, lists: int) -> None:
    """An hour between the clocks neither hides a broadcast nor makes another one of it."""
    skew = timedelta(hours=hours)
    started = datetime(2026, 1, 2, 13, 0, 3, tzinfo=timezone(timedelta(hours=-4))) + skew
    shown = listed({"startDate": started.isoformat()})
    found = ask(shown, report=reported({}), now=now, skew=skew, lists=lists)
    assert found is not None
    assert found.id == "broadcast:7"
    early = listed({"startDate": (started - timedelta(minutes=6)).isoformat()})
    with pytest.raises(OutcomeUnknown, match="nothing that was made since then"):
        ask(early, now=now, skew=skew)


@pytest.mark.parametrize(
    "other",
    [
        {"text": "Ho"},
        {"text": "¡HI!", "expectedMessages": "3"},
        {"text": "\u200bHi…", "shortcode": "555"},
        {"text": "Ho", "expectedMessages": "1"},
        {"text": None},
        {"text": " "},
        {"expectedMessages": "3"},
        {"expectedMessages": None},
        {"shortcode": "555"},
        {"startDate": "2026-01-02T12:59:50-04:00"},
        {"startDate": "2126-01-02T13:00:00-04:00"},
        {"startDate": "soon"},
        {"startDate": None},
        {"id": "seven"},
    ],
)
def test_what_may_be_it_is_in_doubt(ask: Ask, other: dict[str, str | None]) -> None:
    """Where what is listed fits more than one story, nobody is told that it did or did not come."""
    with pytest.raises(OutcomeUnknown, match="may be this broadcast, and may be another") as told:
        ask(listed(other))
    assert told.value.candidates == (None if "id" in other else frozenset({"broadcast:7"}))


@pytest.mark.parametrize(
    ("ids", "named"),
    [
        (range(1, 6), "1, broadcast:2, broadcast:3, broadcast:4, broadcast:5"),
        (range(1, 8), "1, broadcast:2, broadcast:3, broadcast:4, broadcast:5 and 2 more"),
    ],
)
def test_of_many_that_may_be_it_five_are_named(ask: Ask, ids: range, named: str) -> None:
    """The sentence stays short; the candidates are all of them."""
    with pytest.raises(OutcomeUnknown, match="another: broadcast:" + named) as told:
        ask(listed(*({"id": str(each), "text": None} for each in ids)))
    assert told.value.candidates == frozenset(f"broadcast:{each}" for each in ids)
    assert (" more" in str(told.value)) is (len(ids) > 5)


def test_one_that_fits_stands_out(ask: Ask) -> None:
    """Among others of which one may be it, the only one that fits in everything is."""
    found = ask(
        listed({"id": "5", "text": "Ho"}, {}, {"id": "9", "startDate": None}), report=reported({})
    )
    assert found is not None
    assert found.id == "broadcast:7"


def test_a_server_that_does_not_divide_by_type(ask: Ask) -> None:
    """The same broadcast under every type is one broadcast."""
    found = ask(listed({}), other=listed({}), report=reported({}))
    assert found is not None
    assert found.id == "broadcast:7"


def test_a_scheduled_one_is_known_by_its_minute(ask: Ask) -> None:
    """A broadcast for later starts at its minute, rounded up; one of another minute is not it."""
    send_at = datetime(2026, 1, 5, 14, 29, 30, tzinfo=UTC)
    on_time = {"startDate": "2026-01-05T10:30:00-04:00", "statusDescription": "SCHEDULED"}
    shown = listed({**on_time, "status": None})
    found = ask(shown, report=reported({}), send_at=send_at)
    assert found is not None
    assert found.state is State.SCHEDULED
    earlier: dict[str, str | None] = {"startDate": "2026-01-05T10:20:00-04:00"}
    assert ask(listed(earlier, STRANGE), send_at=send_at) is None
    with pytest.raises(OutcomeUnknown):
        ask(listed({"startDate": "2026-01-05T10:40:00-04:00"}), send_at=send_at)


def test_the_question(ask: Ask, wire: CannedWire) -> None:
    """Every type is asked for, from the day before to the day after, without a search."""
    ask(listed(STRANGE))
    assert [sent.segments[3:6] for sent in wire.sent] == [
        ["broadcasts", "8", str(type_)] for type_ in range(1, 12)
    ]
    (days,) = {tuple(sent.segments[6:9]) for sent in wire.sent}
    assert days == ("01-01-2026", "03-01-2026", "null")


def test_a_server_before_tag_35(wire: CannedWire, connect: Callable[..., Client]) -> None:
    """A server that does not know the method is asked by its old name."""
    client = connect(timezone="America/Caracas")
    client.api.transport.clock = NOW.timestamp
    for type_ in range(1, 12):
        wire.answer(404, "<html><title>404</title></html>")
        wire.answer(200, listed({}) if type_ == 4 else listed())
    wire.answer(200, reported({})).answer(200, reported({}))
    assert client.lookup(Broadcast(text="Hi", recipients=GUESTS), SINCE) is not None
    assert [sent.segments[3] for sent in wire.sent] == [
        *(["broadcasts", "getBroadcasts"] * 11), *(["tools"] * 2),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "answer", [ok(), ok("<shortcodes/>"), ok("<broadcast><id>7</id></broadcast>")]
)
def test_no_list_is_not_an_empty_one(
    wire: CannedWire, connect: Callable[..., Client], answer: str
) -> None:
    """An answer in which there is no list proves nothing."""
    wire.answer(200, answer)
    with pytest.raises(InvalidResponse, match="holds no list of broadcasts"):
        connect().lookup(Broadcast(text="Hi", recipients=GUESTS), SINCE)


# Reports in other forms


@pytest.mark.parametrize(
    "messages",
    [
        [{"to": "+380961234567"}],
        [{"to": "380 (96) 123-45-67"}],
        [{"from": "0434", "text": " Hi\n"}],
        [{"blastId": " 7 "}],
        [{}, {"to": "380962345678"}],
        [{"to": "380973456789", "blastId": "8"}, {"text": "Ho", "blastId": "8"}, {}],
    ],
    ids=["plus", "separators", "zeros and blanks", "blanks", "both guests", "among others"],
)
def test_a_message_that_tells_which_it_is(ask: Ask, messages: list[dict[str, str]]) -> None:
    """A message to a guest, with their text and sender, tells which one of two it is."""
    found = ask(listed({"id": "8"}, {}), report=reported(*messages))
    assert found is not None
    assert found.id == "broadcast:7"


@pytest.mark.parametrize(
    "messages",
    [
        [],
        [{"to": "380973456789"}],
        [{"to": "0961234567"}],
        [{"text": "Ho"}],
        [{"from": "555"}],
        [{"blastId": "9"}],
        [{"blastId": "seven"}],
        [{}, {"to": "380962345678", "blastId": "8"}],
    ],
    ids=["none", "a stranger", "short", "text", "sender", "unlisted", "no number", "contradiction"],
)
def test_messages_that_tell_nothing(ask: Ask, messages: list[dict[str, str]]) -> None:
    """What is not for certain a message to a guest does not make one of two the one."""
    with pytest.raises(OutcomeUnknown) as told:
        ask(listed({"id": "8"}, {}), report=reported(*messages))
    assert told.value.candidates == frozenset({"broadcast:7", "broadcast:8"})


@pytest.mark.parametrize(
    "answer",
    [
        (200, "<input>x</input><status>ERROR</status><description>Oh</description>"),
        (404, "<html><title>404</title></html>"),
    ],
)
def test_a_server_without_a_report(ask: Ask, wire: CannedWire, answer: tuple[int, str]) -> None:
    """A report that cannot be had proves nothing: it stays in doubt, with its candidates."""
    for body in [listed({}), *[listed()] * 10]:
        wire.answer(200, body)
    wire.answer(*answer)
    with pytest.raises(OutcomeUnknown) as told:
        ask("")
    assert told.value.candidates == frozenset({"broadcast:7"})


def test_a_message_is_asked_what_it_is_a_part_of(ask: Ask, wire: CannedWire) -> None:
    """Where the report does not tell it, the message itself is asked: a few of them at most."""
    guests = [f"+3809612345{place:02}" for place in range(20)]
    page = reported(*({"to": guest[1:]} for guest in guests)).replace("<blastId>7</blastId>", "")
    message = reported({}).replace("messages>", "x>").replace("<x>", "").replace("</x>", "")
    for body in [listed({"expectedMessages": "20"}), *[listed()] * 10, page, *[message] * 5]:
        wire.answer(200, body)
    assert ask("", recipients=guests) is not None
    assert [sent.segments[4:6] for sent in wire.sent[12:]] == [["getMessage", "8"]] * 5


def base64(text: str) -> str:
    """A text as it is searched for: in the alphabet for URLs, without padding."""
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def searches(*found: dict[str, str | None]) -> list[str]:
    """What a search answers, type by type."""
    return [listed(*found), *[listed()] * 10]


@pytest.mark.parametrize(
    ("by_name", "by_its_double", "is_found"),
    [
        (searches({}), searches(), True),
        (searches({}), searches({}), False),
        (searches({}, {"id": "8"}), [], False),
        (searches({"id": "8"}), searches(), False),
        (searches(), [], False),
    ],
    ids=["it alone", "any word of it", "two", "another", "nothing"],
)
def test_what_a_search_for_the_name_proves(
    ask: Ask, wire: CannedWire, by_name: list[str], by_its_double: list[str], is_found: bool
) -> None:
    """Only a search that finds one by its name, and nothing by a name that nobody has, does."""
    for body in [*searches({}), reported(), *by_name, *by_its_double]:
        wire.answer(200, body)
    if is_found:
        assert ask("", name="Spring (c-1)").id == "broadcast:7"
    else:
        with pytest.raises(OutcomeUnknown):
            ask("", name="Spring (c-1)")
    searched = {sent.segments[8] for sent in wire.sent if sent.segments[3] == "broadcasts"}
    names = ["Spring (c-1)", "Spring (c-1) Spring (c-1)"] if by_its_double else ["Spring (c-1)"]
    assert searched == {"null", *(base64(name) for name in names)}


@pytest.mark.parametrize("told", ["", "<messages></messages>"])
def test_a_message_that_is_not_told_of_proves_nothing(
    ask: Ask, wire: CannedWire, told: str
) -> None:
    """Asked for what a message is a part of, an answer without the message leaves it in doubt."""
    page = reported({}).replace("<blastId>7</blastId>", "")
    for body in [listed({}), *[listed()] * 10, page, ok(told), page]:
        wire.answer(200, body, headers={"Date": format_datetime(NOW, usegmt=True)})
    with pytest.raises(OutcomeUnknown, match="may be this broadcast"):
        ask("")


def test_a_message_without_a_sender_counts(ask: Ask) -> None:
    """Where the report does not tell who sent a message, its number and text decide."""
    page = reported({}).replace("<from>434</from>", "")
    found = ask(listed({}), report=page)
    assert found is not None
    assert found.id == "broadcast:7"
