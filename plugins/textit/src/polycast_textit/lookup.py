"""Whether a broadcast whose reply was lost is among those that TextIt lists."""

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta

import attrs
from polycast import OutcomeUnknown
from polycast.wire import UNSET, Undecodable, Unset

from polycast_textit._client import models as m
from polycast_textit.options import QuickReply
from polycast_textit.recipients import normal_form
from polycast_textit.request import Content
from polycast_textit.response import broadcast_id

#: How long before the moment that is asked about a broadcast may have been made, and still be
#: it: a clock may have been set in between.
CLOCKS = timedelta(minutes=5)

#: What broadcasts are compared by.
_COMPARED = frozenset(
    ("urns", "contacts", "groups", "text", "attachments", "quick_replies", "base_language")
)

#: Lists what was made from a moment on; everything for `UNSET`.
Listing = Callable[[datetime | Unset], Iterable[m.Broadcast | Undecodable]]


@attrs.frozen
class Wanted:
    """The broadcast that may have arrived: TextIt keeps no mark of ours but what it says.

    Args:
        addresses: who it was sent to, by field.
        content: what it said.
    """

    addresses: Mapping[str, list[str]]
    content: Content

    def is_same(self, made: m.Broadcast) -> bool:
        """Return whether it says the same to the same, addresses in their normal form.

        Attachments are listed under other names than they were posted by: they are counted.
        """
        content = self.content
        return (
            not made.unread.keys() & _COMPARED
            and self._reaches_the_same(made)
            and self._says_the_same(made)
            and content.base_language in (None, made.base_language)
            and _most(made.attachments) == len(content.media) + _most(content.attachments)
            and _buttons(made.quick_replies) == _buttons(content.quick_replies)
        )

    def may_be(self, made: m.Broadcast) -> bool:
        """Return whether it cannot be ruled out: it shares a text, or its text is not told.

        Addresses rule nothing out. A server lists a contact or a group under other names than
        they were given by, and numbers by rules that change.
        """
        told = _texts(made)
        if told is None:
            return True
        ours, theirs = ({_roughly(text) for text in texts} for texts in (self._texts(), told))
        return bool(ours & theirs) or not (ours or theirs)

    def _texts(self) -> list[str]:
        text = self.content.text
        return [text] if isinstance(text, str) else [*(text or {}).values()]

    def _says_the_same(self, made: m.Broadcast) -> bool:
        ours, theirs = self.content.text, made.text
        if isinstance(ours, Mapping) and isinstance(theirs, Mapping):
            told = {language: text for language, text in theirs.items() if text}
            return _trimmed(told) == _trimmed(ours)
        # A plain text is listed in the workspace's first language, whichever that is.
        return not isinstance(ours, Mapping) and _texts(made) == [
            text.strip() for text in self._texts()
        ]

    def _reaches_the_same(self, made: m.Broadcast) -> bool:
        if not made.urns and made.urns != []:
            # An anonymous workspace tells none.
            return False
        urns, contacts, groups = (
            {normal_form(field, each) for each in self.addresses.get(field, ())}
            for field in ("urns", "contacts", "groups")
        )
        if not isinstance(made.contacts, list) or not isinstance(made.groups, list):
            return False
        names = {normal_form("groups", part) for each in made.groups for part in _names(each)}
        return (
            {normal_form("urns", urn) for urn in made.urns} == urns
            and {normal_form("contacts", each.uuid) for each in made.contacts} == contacts
            and len(made.groups) == len(groups)
            and groups <= names
        )


def look_up(
    listing: Listing, skew: Callable[[], timedelta | None], wanted: Wanted, since: datetime
) -> m.Broadcast | None:
    """Return the one broadcast that is it; None where the list proves that it is not there.

    Args:
        listing: lists what was made from a moment of TextIt's time on.
        skew: tells how far TextIt's clock is ahead of ours, by its latest answer.
        wanted: what may have arrived.
        since: a moment before it left, by our clock.

    Raises:
        OutcomeUnknown: neither can be told. Its candidates are all that it may be, where all of
            that can be read.
    """
    asked = since + (skew() or timedelta(0)) - CLOCKS
    found = _Found.among(listing(asked), wanted)
    ahead = skew()
    begun = since + (ahead or timedelta(0))
    made = found.the_one(begun)
    if made is None and ahead is None:
        # Without TextIt's time nothing can be left out for its age.
        found = _Found.among(listing(UNSET), wanted)
    elif made is None and asked > begun - CLOCKS / 2:
        found = _Found.among(listing(begun - CLOCKS), wanted)
    made = made or found.the_one(begun)
    if made is None and found:
        raise found.doubt(begun)
    return made


@attrs.define
class _Found:
    """What is listed that is, or may be, the one that is asked about.

    Args:
        same: says the same to the same.
        alike: may be it, and differs in something or does not tell it.
        unreadable: cannot be read, so it may be it.
    """

    same: list[m.Broadcast] = attrs.Factory(list)
    alike: list[m.Broadcast] = attrs.Factory(list)
    unreadable: list[Undecodable] = attrs.Factory(list)

    @classmethod
    def among(cls, listed: Iterable[m.Broadcast | Undecodable], wanted: Wanted) -> "_Found":
        found = cls()
        seen: set[tuple[str, bool]] = set()
        for made in listed:
            if isinstance(made, Undecodable):
                found.unreadable.append(made)
                continue
            same = wanted.is_same(made)
            if not same and not wanted.may_be(made):
                continue
            id = broadcast_id(made)
            if id is not None:
                # Pages move on while they are read. What differs is another one, whatever its id.
                if (id, same) in seen:
                    continue
                seen.add((id, same))
            (found.same if same else found.alike).append(made)
        return found

    def __bool__(self) -> bool:
        return bool(self.same or self.alike or self.unreadable)

    def the_one(self, begun: datetime) -> m.Broadcast | None:
        """Return the only one that is the same, if it was made after it can have left."""
        if len(self.same) != 1:
            return None
        (made,) = self.same
        return made if made.created_on and made.created_on >= begun else None

    def doubt(self, begun: datetime) -> OutcomeUnknown:
        """Return the error that says why nothing can be told, and what it may be."""
        shown = [*self.same, *self.alike]
        ids = [broadcast_id(made) for made in shown]
        named = [id for id in ids if id is not None]
        return OutcomeUnknown(
            self._why(begun),
            provider="textit",
            operation="list_broadcasts",
            raw=[*shown, *self.unreadable],
            candidates=None if self.unreadable or len(named) < len(shown) else named,
        )

    def _why(self, begun: datetime) -> str:
        if len(self.same) > 1:
            return f"it lists {len(self.same)} broadcasts that say the same to the same"
        if self.same:
            return (
                f"it lists one alike, made at {_moment(self.same[0])}: by its clock that is before "
                f"the moment that was asked about, {begun.astimezone(UTC).isoformat()}"
            )
        if any(made.urns is None for made in self.alike):
            return (
                "it lists one that says the same, and an anonymous workspace does not tell to whom"
            )
        if self.alike:
            many = len(self.alike)
            return f"it lists {many} with the same text, to others as far as that can be compared"
        return f"it lists one that cannot be read ({self.unreadable[0].error})"


def _names(group: m.Reference) -> Iterator[str]:
    yield group.uuid
    if group.name:
        yield group.name


def _texts(made: m.Broadcast) -> list[str] | None:
    """Return the texts that are told, trimmed, in whatever language; None where none are told."""
    told = made.text
    if told is UNSET or told is None:
        return None
    texts = [told] if isinstance(told, str) else told.values()
    return [text.strip() for text in texts if text and text.strip()]


def _trimmed(texts: Mapping[str, str]) -> dict[str, str]:
    return {language: text.strip() for language, text in texts.items()}


def _roughly(text: str) -> str:
    """Return what stays of a text that somebody has tidied up."""
    return " ".join(unicodedata.normalize("NFKC", text).split()).casefold()


def _most(attachments: object) -> int:
    """Return the attachments of the language that has most: each language has those for all."""
    if isinstance(attachments, Mapping):
        return max(map(len, attachments.values()), default=0)
    return len(attachments) if isinstance(attachments, list | tuple) else 0


def _buttons(replies: object) -> set[str]:
    """Return the texts of buttons, trimmed, in whatever language."""
    if isinstance(replies, Mapping):
        return {text for each in replies.values() for text in _buttons(each)}
    if not isinstance(replies, list | tuple):
        return set()
    return {
        (reply.text or "").strip()
        for reply in replies
        if isinstance(reply, QuickReply | m.QuickReply)
    }


def _moment(made: m.Broadcast) -> str:
    if not made.created_on:
        return "a moment it does not tell"
    return made.created_on.astimezone(UTC).isoformat(timespec="seconds")
