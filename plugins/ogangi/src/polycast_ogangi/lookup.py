"""Whether what was sent is among what Ogangi lists, where the reply was lost."""

import re
from base64 import urlsafe_b64encode
from collections.abc import Container, Iterable, Iterator, Sequence
from datetime import UTC, datetime, time, timedelta, tzinfo
from itertools import islice
from typing import Literal

import attrs
from polycast import BulkReceipt, errors
from polycast.providers import match_in_turn, receipt_of_many
from polycast.wire import UNSET, Undecodable

from polycast_ogangi._client import Client
from polycast_ogangi._client import models as m
from polycast_ogangi.request import NewBroadcast, Upload
from polycast_ogangi.response import (
    bare_text,
    broadcast_id,
    letters_of,
    parse_date,
    plain_code,
    plain_number,
    to_receipt,
)

#: How far our clock and Ogangi's may be apart. What started this long before is in doubt.
CLOCKS = timedelta(minutes=5)

#: Messages to our recipients that are asked what they are a part of.
_MESSAGES = 5
_NUMBER = re.compile(r"-?[0-9]{1,19}")

_Likeness = Literal["the same", "perhaps", "another"]

#: "Broadcast Types and Status": how a broadcast's recipients were chosen. Which of these
#: `createBroadcastFromJson` makes is not told.
BROADCAST_TYPES = range(1, 12)
#: How many messages to ask for at once; no page states a limit.
_PAGE = 1000
#: How many pages to ask for. Beyond a hundred thousand messages it would take minutes.
_MOST_PAGES = 100


@attrs.frozen
class Window:
    """When a broadcast has started, or will, if it is the one that is looked for.

    All moments are by Ogangi's clock.

    Args:
        since: a moment before it left.
        now: when it is asked for.
        start: when it was to start; `since`, if that was at once.
        latest: the last moment that fits.
        days: the first and last day to list, without a zone. Ogangi does not tell on whose
            clock it counts days, nor whether by a broadcast's making or its start: so there is
            room for both, and one day more on either side.
        zone: whose clock a date is by that has no offset.
        clock_known: whether Ogangi has told its time. Otherwise no start is too early.
    """

    since: datetime
    now: datetime
    start: datetime
    latest: datetime
    days: tuple[datetime, datetime]
    zone: tzinfo | None
    clock_known: bool

    @classmethod
    def of(
        cls,
        request: NewBroadcast,
        since: datetime,
        now: datetime,
        zone: tzinfo | None,
        *,
        clock_known: bool,
    ) -> "Window":
        """Return when a broadcast must have started that left between `since` and `now`."""
        start, latest = since, max(since, now) + CLOCKS
        date = request.date and request.date.replace(tzinfo=zone)
        if date is not None and date > since:
            start, latest = date, date + CLOCKS
        day = timedelta(days=1)
        first, last = _day(since - day, zone), _day(max(latest, now) + day, zone)
        return cls(since, now, start, latest, (first, last), zone, clock_known)

    def is_current(self, told: str) -> bool:
        """Say whether a start shows that Ogangi lists what has been made since then."""
        moment = parse_date(told, self.zone)
        return self.clock_known and moment is not None and self.since <= moment <= self.now + CLOCKS

    def has(self, told: str) -> _Likeness:
        """Say whether a start, as Ogangi tells it, is in this window."""
        moment = parse_date(told, self.zone)
        if moment is None:
            return "perhaps"
        if moment < self.start - CLOCKS:
            return "another" if self.clock_known else "perhaps"
        # Ogangi may tell whole seconds.
        begun = self.start.replace(microsecond=0)
        return "the same" if begun <= moment <= self.latest else "perhaps"


def _day(moment: datetime, zone: tzinfo | None) -> datetime:
    return datetime.combine(moment.astimezone(zone or UTC), time.min)


@attrs.frozen
class Lists:
    """The lists of one workspace.

    Args:
        api: asks for them.
        instance_id: the workspace's number.
    """

    api: Client
    instance_id: int

    def broadcasts(
        self, days: tuple[datetime, datetime], text: str | None = None
    ) -> list[m.Broadcast | Undecodable]:
        """Return the broadcasts of these days, each once, whatever their type.

        Args:
            days: the first and the last, without a zone.
            text: what to search for; None for all of them.

        Raises:
            InvalidResponse: an answer holds no list, which is not the same as an empty one.
        """
        listed: dict[object, m.Broadcast | Undecodable] = {}
        for type_ in BROADCAST_TYPES:
            answer = self._broadcasts(type_, days, text)
            if answer.result is UNSET or answer.result.broadcasts is UNSET:
                raise lacking("list of broadcasts", "list_broadcasts", answer)
            for made in answer.result.broadcasts:
                listed[made.id if isinstance(made, m.Broadcast) else id(made)] = made
        return list(listed.values())

    def _broadcasts(
        self, type_: int, days: tuple[datetime, datetime], text: str | None
    ) -> m.Answer:
        # In the alphabet for URLs and without padding, as nyaruka/courier's Messangi handler writes
        # Base64 in paths; whether a server takes "/" and "=" there is not known.
        encoded = None if text is None else urlsafe_b64encode(text.encode()).decode().rstrip("=")
        try:
            return self.api.list_broadcasts(self.instance_id, type_, *days, encoded)
        except errors.NotFound:
            # Servers before tag 35 have the method under its old name only.
            return self.api.get_broadcasts(self.instance_id, type_, *days, text)

    def messages(self, first: datetime, last: datetime) -> Iterator[m.Message]:
        """Yield the messages of a period, each once, as far as its pages go, or a hundred."""
        seen: set[str] = set()
        for page in range(1, _MOST_PAGES + 1):
            answer = self.api.message_report(self.instance_id, first, last, page, _PAGE, None)
            if answer.result is UNSET or answer.result.messages is UNSET:
                return
            told = [each for each in answer.result.messages.message if isinstance(each, m.Message)]
            new = {message.id: message for message in told if message.id not in seen}
            if not new:
                return
            seen |= new.keys()
            yield from new.values()

    def message(self, id_: str) -> m.Message | None:
        """Return one message as it is told when asked for, or None where the answer has none."""
        answer = self.api.get_message(self.instance_id, id_)
        return (answer.result and answer.result.message) or None


def lacking(what: str, operation: str, answer: m.Answer) -> errors.InvalidResponse:
    """Return the error for an answer that says OK and does not hold what was asked for."""
    detail = f"it says OK, and holds no {what}"
    return errors.InvalidResponse(detail, provider="ogangi", operation=operation, raw=answer)


@attrs.frozen
class Evidence:
    """What tells whether a broadcast was made of a request.

    Args:
        lists: asks for it.
        request: what was sent.
        days: the first and the last that its broadcast is listed under.
        period: the first and the last moment at which its messages were sent.
    """

    lists: Lists
    request: NewBroadcast
    days: tuple[datetime, datetime]
    period: tuple[datetime, datetime]

    def blasts(self) -> Iterator[str]:
        """Yield what each message to a recipient of the request was sent as a part of.

        A message is known by its number, text and sender. Some servers may not have the report,
        or no message that it names: those tell nothing.
        """
        try:
            for message in self.lists.messages(*self.period):
                if self._is_ours(message) and (blast := self._blast_of(message)):
                    yield blast
        except (errors.AuthenticationFailed, errors.ProviderUnavailable, errors.RateLimited):
            raise
        except errors.ProviderError:
            return

    def named(self, name: str) -> set[int]:
        """Search for a campaign's name, and return the numbers of the broadcasts found."""
        found = self.lists.broadcasts(self.days, name)
        return {made.id for made in found if isinstance(made, m.Broadcast)}

    def _is_ours(self, message: m.Message) -> bool:
        reads = self._reads.get(plain_number(message.to or ""))
        if reads is None or message.text is UNSET or bare_text(message.text) != reads:
            return False
        return (
            not self.request.use_shortcode
            or message.from_ is UNSET
            or plain_code(message.from_) == plain_code(self.request.sender)
        )

    def _blast_of(self, message: m.Message) -> str:
        """The `blastId` of a message; "Message" names it, the page of the report names no tags."""
        if message.blast_id is UNSET:
            asked = self.lists.message(message.id)
            return "" if asked is None or asked.blast_id is UNSET else asked.blast_id.strip()
        return message.blast_id.strip()

    _reads: dict[str, str] = attrs.field(init=False, repr=False)

    @_reads.default
    def _texts(self) -> dict[str, str]:
        entries = self.request.entries
        return {plain_number(entry.number): bare_text(entry.reads) for entry in entries}


def the_same(
    listed: Iterable[m.Broadcast | Undecodable],
    request: NewBroadcast,
    window: Window,
    evidence: Evidence,
) -> m.Broadcast | None:
    """Return the listed broadcast that was made of this request; or None where none was.

    Ogangi lists what a broadcast says, how many messages it makes, when it starts and its
    sender ("List Broadcasts"), and neither its recipients nor its campaign's name. So however
    much one is alike, it is only taken for the one where a message of it went to a recipient
    of the request, or where a search for the campaign's name finds it.

    None is only said where every listed one started too early, or differs both in what it says
    and in number or sender, and where one of them started since then: no page says how soon a
    broadcast is listed, and a list without anything of that time proves nothing.

    Args:
        listed: what Ogangi lists of the days in question.
        request: what was sent.
        window: when it must have started.
        evidence: what else Ogangi can be asked.

    Raises:
        OutcomeUnknown: some may be it, and none is for certain: its candidates are all of them.
            Or nothing that is listed is of that time.
    """
    texts = {text for entry in request.entries for text in (entry.text or "", entry.reads)}
    letters = set(map(letters_of, texts))
    alike: dict[int, m.Broadcast] = {}
    perhaps: list[str] = []
    unreadable = current = False
    for made in listed:
        if isinstance(made, Undecodable):
            unreadable = True
            continue
        start = "" if made.start_date is UNSET else made.start_date
        current = current or window.is_current(start)
        likeness = _likeness(made, request, letters, window.has(start))
        if likeness == "the same":
            alike[made.id] = made
        elif likeness == "perhaps":
            perhaps.append(broadcast_id(made.id))
    if alike:
        number = _sent_to_ours(alike, evidence)
        if number is None:
            number = _named(alike, request.name, texts, evidence)
        if number is not None:
            return alike[number]
    if not (alike or perhaps or unreadable):
        if current:
            return None
        raise errors.OutcomeUnknown(
            "it lists nothing that was made since then, and may list this later",
            provider="ogangi", operation="list_broadcasts", raw=listed,
        )  # fmt: skip
    candidates = [*map(broadcast_id, alike), *perhaps]
    named = [*candidates, "one that cannot be read"] if unreadable else candidates
    raise errors.OutcomeUnknown(
        f"it lists what may be this broadcast, and may be another: {_some(named)}",
        provider="ogangi", operation="list_broadcasts", raw=listed,
        candidates=None if unreadable else candidates,
    )  # fmt: skip


def _sent_to_ours(alike: Container[int], evidence: Evidence) -> int | None:
    """Return which one the messages to our recipients are of, if they agree."""
    told = set(islice(evidence.blasts(), _MESSAGES))
    if len(told) != 1:
        return None
    (blast,) = told
    number = int(blast) if _NUMBER.fullmatch(blast) else None
    return number if number in alike else None


def _named(
    alike: Container[int], name: str | None, texts: set[str], evidence: Evidence
) -> int | None:
    """Return which one alone a search for the name finds, if Ogangi searches for names.

    It is not told where it searches, nor whether for all of the words: so nothing may be found
    by a name that nobody has, though every word of it is in this one.
    """
    if name is None or any(name.casefold() in text.casefold() for text in texts):
        return None
    found = evidence.named(name)
    if len(found) != 1 or evidence.named(f"{name} {name}"):
        return None
    (number,) = found
    return number if number in alike else None


def _likeness(
    made: m.Broadcast, request: NewBroadcast, letters: set[str], started: _Likeness
) -> _Likeness:
    text = "" if made.text is UNSET else bare_text(made.text)
    expected, sender, size = made.expected_messages, made.shortcode, len(request.entries)
    other_text = letters_of(text) != "" and letters_of(text) not in letters
    # Ogangi may leave out a number that it refuses, or that is there twice.
    more = expected is not UNSET and expected > size
    other_sender = (
        request.use_shortcode
        and sender is not UNSET
        and sender.strip() != ""
        and plain_code(sender) != plain_code(request.sender)
    )
    if started == "another" or (other_text and (more or other_sender)):
        return "another"
    told = text != "" and expected is not UNSET
    if started == "the same" and told and not (other_text or more or other_sender):
        return "the same"
    return "perhaps"


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
    keys = [(plain_number(entry.number), bare_text(entry.reads)) for entry in request.entries]
    wanted = {*keys}
    rows = []
    for message in reported:
        key = plain_number(message.to or ""), bare_text(message.text or "")
        if key in wanted and _fits(message, request, since, zone):
            rows.append((key, message))
    found = [message for message in match_in_turn(keys, rows) if message is not None]
    if not len(found) == len(rows) == len(keys):
        raise errors.OutcomeUnknown(
            f"of {len(keys)} messages sent by file, its report has {len(rows)} since then. "
            "What is not in the report may have been sent all the same",
            provider="ogangi", operation="message_report", raw=found,
        )  # fmt: skip
    return receipt_of_many(map(to_receipt, found, request.recipients), None, found)


def _fits(message: m.Message, request: Upload, since: datetime, zone: tzinfo | None) -> bool:
    if message.from_ is not UNSET and plain_code(message.from_) != plain_code(request.sender):
        return False
    moment = parse_date(message.date, zone)
    return moment is not None and moment >= since.replace(microsecond=0)
