"""Whether a broadcast whose reply was lost is among those that TextIt lists."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from polycast import OutcomeUnknown
from polycast.wire import UNSET, Undecodable

from polycast_textit._client import models as m
from polycast_textit.content import Content
from polycast_textit.mapping import broadcast_id

__all__ = ["CLOCKS", "the_same"]

#: How far our clock and TextIt's may be apart. What was made this long before is in doubt.
CLOCKS = timedelta(minutes=5)


#: What broadcasts are compared by: one of which any of these cannot be read may be any.
_COMPARED = frozenset(("urns", "contacts", "groups", "text", "attachments", "created_on"))


def the_same(
    listed: Iterable[m.Broadcast | Undecodable],
    addresses: Mapping[str, list[str]],
    content: Content,
    since: datetime,
) -> m.Broadcast | None:
    """Return the one broadcast that says the same to the same recipients, or None.

    TextIt keeps no mark of ours, so a broadcast is known by what it holds. Attachments are
    listed under other names than they were posted by, so they are only counted.

    Args:
        listed: what TextIt lists from `CLOCKS` before `since` on.
        addresses: who it was sent to, by field.
        content: what it said.
        since: a moment before it left.

    Raises:
        OutcomeUnknown: several are alike, or one is that may be older or to somebody else, or
            that cannot be read. Its candidates are those that are alike, where all can be read.
    """
    alike: list[m.Broadcast] = []
    unreadable: m.Broadcast | Undecodable | None = None
    for made in listed:
        if isinstance(made, Undecodable) or made.unread.keys() & _COMPARED:
            unreadable = made
        elif _fits(made, addresses, content):
            alike.append(made)
    if unreadable is not None and not alike:
        raise _in_doubt(f"it lists one that cannot be read ({_why(unreadable)})", [unreadable])
    if not alike:
        return None
    shown: list[m.Broadcast | Undecodable] = [*alike]
    if unreadable is not None:
        shown.append(unreadable)
    if len(alike) > 1:
        raise _in_doubt(f"it lists {len(alike)} broadcasts that say the same to the same", shown)
    (made,) = alike
    if made.urns is None and "urns" in addresses:
        raise _in_doubt(
            "it lists one that says the same, and an anonymous workspace does not tell to whom",
            shown,
        )
    if made.created_on is UNSET or made.created_on < since:
        raise _in_doubt(
            f"it lists one alike, made at {_moment(made)}: by its clock that is before the "
            "moment that was asked about",
            shown,
        )
    return made


def _why(unreadable: m.Broadcast | Undecodable) -> str:
    if isinstance(unreadable, Undecodable):
        return str(unreadable.error)
    return f"its {', '.join(sorted(unreadable.unread))}"


def _fits(made: m.Broadcast, addresses: Mapping[str, list[str]], content: Content) -> bool:
    contacts = {each.uuid.lower() for each in made.contacts or ()}
    groups = {part.lower() for each in made.groups or () for part in (each.uuid, each.name or "")}
    wanted_contacts = {each.lower() for each in addresses.get("contacts", ())}
    wanted_groups = {each.lower() for each in addresses.get("groups", ())}
    return (
        _same_urns(made, addresses.get("urns", []))
        and contacts == wanted_contacts
        and len(made.groups or ()) == len(wanted_groups)
        and wanted_groups <= groups
        and _same_text(made, content)
        and _attached(made) == len(content.media) + _count(content.attachments)
    )


def _same_urns(made: m.Broadcast, urns: list[str]) -> bool:
    if made.urns is None:
        return bool(urns)
    told = () if made.urns is UNSET else made.urns
    return {urn.lower() for urn in told} == {urn.lower() for urn in urns}


def _same_text(made: m.Broadcast, content: Content) -> bool:
    told = made.text
    if content.text is None:
        return not isinstance(told, str) and not any((told or {}).values())
    if isinstance(content.text, str):
        # The workspace's first language is told, though it was not named.
        texts = [told] if isinstance(told, str) else list((told or {}).values())
        return [text and text.strip() for text in texts] == [content.text.strip()]
    if isinstance(told, str) or told is UNSET:
        return False
    return {language: text.strip() for language, text in told.items() if text} == {
        language: text.strip() for language, text in content.text.items()
    }


def _attached(made: m.Broadcast) -> int:
    """The attachments of the language that has most: each language has those for all."""
    return max(map(len, (made.attachments or {}).values()), default=0)


def _count(attachments: object) -> int:
    if isinstance(attachments, Mapping):
        return max(map(len, attachments.values()), default=0)
    return len(attachments) if isinstance(attachments, list | tuple) else 0


def _moment(made: m.Broadcast) -> str:
    if made.created_on is UNSET:
        return "a moment it does not tell"
    return made.created_on.astimezone(UTC).isoformat(timespec="seconds")


def _in_doubt(words: str, shown: Sequence[m.Broadcast | Undecodable]) -> OutcomeUnknown:
    ids = [None if isinstance(made, Undecodable) else broadcast_id(made) for made in shown]
    named = [id for id in ids if id is not None]
    return OutcomeUnknown(
        words,
        provider="textit",
        operation="list_broadcasts",
        raw=shown,
        candidates=named if len(named) == len(shown) else None,
    )
