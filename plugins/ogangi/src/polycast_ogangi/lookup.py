"""Whether what was sent is among what Ogangi lists, where the reply was lost."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Literal

import attrs
from polycast import BulkReceipt, OutcomeUnknown, State
from polycast.wire import UNSET, Undecodable

from polycast_ogangi._client import models as m
from polycast_ogangi.content import NewBroadcast, Upload
from polycast_ogangi.mapping import broadcast_id, parse_date, plain_number, to_receipt

__all__ = ["CLOCKS", "Window", "all_messages", "the_same"]

#: How far our clock and Ogangi's may be apart. What started this long before is in doubt.
CLOCKS = timedelta(minutes=5)

_Likeness = Literal["the same", "perhaps", "another"]


@attrs.frozen
class Window:
    """When a broadcast has started, or will, if it is the one that is looked for.

    Args:
        start: when it was to start; the moment before it left, if that was at once.
        latest: the last moment that fits.
        days: the first and last day to list, without a zone. Ogangi does not tell on whose
            clock it counts days, nor whether by a broadcast's making or its start: so there is
            room for both, and one day more on either side.
        zone: whose clock a date is by that has no offset.
    """

    start: datetime
    latest: datetime
    days: tuple[datetime, datetime]
    zone: tzinfo | None = None

    @classmethod
    def of(
        cls, request: NewBroadcast, since: datetime, now: datetime, zone: tzinfo | None
    ) -> "Window":
        """Return when a broadcast must have started that left between `since` and `now`."""
        start, latest = since, max(since, now) + CLOCKS
        date = request.date and request.date.replace(tzinfo=zone)
        if date is not None and date > since:
            start, latest = date, date + CLOCKS
        day = timedelta(days=1)
        first, last = _day(since - day, zone), _day(max(latest, now) + day, zone)
        return cls(start, latest, (first, last), zone)

    def has(self, told: str) -> _Likeness:
        """Say whether a start, as Ogangi tells it, is in this window."""
        moment = parse_date(told, self.zone)
        if moment is None:
            return "perhaps"
        if moment < self.start - CLOCKS:
            return "another"
        # Ogangi may tell whole seconds.
        begun = self.start.replace(microsecond=0)
        return "the same" if begun <= moment <= self.latest else "perhaps"


def _day(moment: datetime, zone: tzinfo | None) -> datetime:
    local = moment.astimezone(zone or UTC)
    return local.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None, fold=0)


def the_same(
    listed: Iterable[m.Broadcast | Undecodable],
    request: NewBroadcast,
    window: Window,
    named: Callable[[str], set[int]],
) -> m.Broadcast | None:
    """Return the one listed broadcast that says the same, at the same time, to as many; or None.

    Ogangi lists what a broadcast says, how many messages it makes, when it starts and its
    sender ("List Broadcasts"), and neither its recipients nor its campaign's name. None is
    only said where every listed one started too early, or differs both in what it says and in
    number or sender.

    Args:
        listed: what Ogangi lists of the days in question.
        request: what was sent.
        window: when it must have started.
        named: searches for a campaign's name and returns the numbers of the broadcasts found.
            It only tells apart those that are alike: whether Ogangi searches names is not told.

    Raises:
        OutcomeUnknown: several are alike, or one may be it and may be another.
    """
    texts = {_bare(text) for entry in request.entries for text in (entry.text or "", entry.reads)}
    alike: list[m.Broadcast] = []
    perhaps: list[str] = []
    for made in listed:
        if isinstance(made, Undecodable):
            perhaps.append("one that cannot be read")
            continue
        likeness = _likeness(made, request, texts, window)
        if likeness == "the same":
            alike.append(made)
        elif likeness == "perhaps":
            perhaps.append(broadcast_id(made.id))
    if len(alike) > 1 and request.name is not None and not _says(request.name, texts):
        found = named(request.name)
        alike = [made for made in alike if made.id in found] or alike
    if len(alike) == 1:
        return alike[0]
    if alike:
        ids = _some([broadcast_id(made.id) for made in alike])
        raise _in_doubt(f"it lists {len(alike)} broadcasts that are alike: {ids}", alike)
    if perhaps:
        raise _in_doubt(
            f"it lists what may be this broadcast, and may be another: {_some(perhaps)}", listed
        )
    return None


def _says(name: str, texts: set[str]) -> bool:
    """Whether a search for the name would find the text as well."""
    return any(name.casefold() in text.casefold() for text in texts)


def _likeness(
    made: m.Broadcast, request: NewBroadcast, texts: set[str], window: Window
) -> _Likeness:
    started = window.has("" if made.start_date is UNSET else made.start_date)
    text = "" if made.text is UNSET else _bare(made.text)
    expected, sender = made.expected_messages, made.shortcode
    other_text = text != "" and text not in texts
    other_number = expected is not UNSET and expected != len(request.entries)
    other_sender = (
        request.use_shortcode
        and sender is not UNSET
        and sender.strip() != ""
        and _short(sender) != _short(request.sender)
    )
    if started == "another" or (other_text and (other_number or other_sender)):
        return "another"
    told = text != "" and expected is not UNSET
    if started == "the same" and told and not (other_text or other_number or other_sender):
        return "the same"
    return "perhaps"


def _bare(text: str) -> str:
    """The words of a text: blanks and line ends are not the same everywhere."""
    return " ".join(text.split())


def _short(code: str) -> str:
    """A short code without its zeros: one table of the pages calls it a number."""
    return code.strip().lstrip("0")


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")


# Messages of a file


def all_messages(
    reported: Iterable[m.Message], request: Upload, since: datetime, zone: tzinfo | None
) -> BulkReceipt:
    """Return the receipts of a file's messages, if Ogangi's report has every one of them once.

    A message is known by its number, text and sender. What is not in the report proves
    nothing: it is not told when a message gets into it, nor how its pages are counted.

    Raises:
        OutcomeUnknown: the report has none, too few or too many of them.
    """
    wanted: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for place, entry in enumerate(request.entries):
        wanted[plain_number(entry.number), _bare(entry.reads)].append(place)
    found: dict[int, m.Message] = {}
    surplus = 0
    for message in reported:
        key = plain_number(message.to), "" if message.text is UNSET else _bare(message.text)
        if key not in wanted or not _fits(message, request, since, zone):
            continue
        if wanted[key]:
            found[wanted[key].pop(0)] = message
        else:
            surplus += 1
    size = len(request.entries)
    if surplus or len(found) < size:
        raise _in_doubt(
            f"of {size} messages sent by file, its report has {len(found) + surplus} since then. "
            "What is not in the report may have been sent all the same",
            list(found.values()),
            "message_report",
        )
    receipts = tuple(
        to_receipt(found[place], recipient) for place, recipient in enumerate(request.recipients)
    )
    whole = State.overall([receipt.state for receipt in receipts])
    return BulkReceipt(None, whole, receipts, raw=list(found.values()))


def _fits(message: m.Message, request: Upload, since: datetime, zone: tzinfo | None) -> bool:
    if message.from_ is not UNSET and _short(message.from_) != _short(request.sender):
        return False
    moment = parse_date(message.date, zone)
    return moment is not None and moment >= since.replace(microsecond=0)


def _in_doubt(words: str, raw: object, operation: str = "list_broadcasts") -> OutcomeUnknown:
    return OutcomeUnknown(words, provider="ogangi", operation=operation, raw=raw)
