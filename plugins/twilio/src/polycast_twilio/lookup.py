"""Whether a message whose reply was lost has arrived: Twilio keeps no mark of ours.

The messages to its recipient are listed, all of them. One that says the same, by the same sender,
and was created after the request left, is it. What may be it leaves it in doubt.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlsplit

from polycast import OutcomeUnknown
from polycast.providers import pages
from polycast.wire import UNSET, Undecodable, Unset

from polycast_twilio._client import models as m
from polycast_twilio.reports import read_moment

#: Assumed: how long Twilio's lists lag behind what it takes on.
LAG = timedelta(seconds=10)
#: Assumed: how far apart two clocks are when their distance was measured in whole seconds.
_CLOCKS = timedelta(seconds=2)

Row = m.Message | Undecodable
_Words = str | Unset
_Place = tuple[_Words, _Words]


def rows(fetch: Callable[[_Words, _Words], m.MessagePage]) -> Iterator[Row]:
    """Yield the messages of all pages.

    Args:
        fetch: returns the page of a number and a token; the first for `UNSET`.

    Raises:
        InvalidResponse: the pages go round in a circle, or do not tell how to go on.
    """
    first: _Place = UNSET, UNSET
    told = pages("twilio", "list_messages", lambda place: fetch(*(place or first)), _following)
    for page in told:
        yield from page.messages


def _following(page: m.MessagePage) -> _Place | None:
    if not page.next_page_uri:
        return None
    # The address itself is not followed: another host must not see the credentials.
    told = parse_qs(urlsplit(page.next_page_uri).query)
    number, token = (told.get(name, [UNSET])[0] for name in ("Page", "PageToken"))
    return number, token


def look_up(
    listed: Iterable[Row], wanted: m.NewMessage, since: datetime, skew: timedelta | None
) -> m.Message | None:
    """Return the one message that it is; None where none can be it.

    Args:
        listed: all messages to the recipient, in any order.
        wanted: what may have arrived.
        since: a moment before it left, by our clock.
        skew: how far Twilio's clock is ahead of ours; None where no answer told.

    Raises:
        OutcomeUnknown: it cannot be told. The candidates are the ids of all that it may be.
    """
    begun = (since + (skew or timedelta(0))).replace(microsecond=0)
    same: dict[str, m.Message] = {}
    alike: dict[str, m.Message] = {}
    unreadable = []
    for row in listed:
        if isinstance(row, Undecodable):
            unreadable.append(row)
            continue
        created = read_moment(row.date_created)
        if created is not None and skew is not None and created < begun - _CLOCKS:
            continue
        if _is_another(row, wanted):
            continue
        surely = created is not None and created >= begun and _says_the_same(row, wanted)
        (same if surely else alike)[row.sid] = row
    if len(same) == 1:
        return next(iter(same.values()))
    if not (same or alike or unreadable):
        return None
    found = {**same, **alike}
    raise OutcomeUnknown(
        f"it lists {len(found) + len(unreadable)} messages to {wanted.to} that may be it",
        provider="twilio",
        operation="list_messages",
        raw=[*found.values(), *unreadable],
        candidates=None if unreadable else list(found),
    )


def _is_another(row: m.Message, wanted: m.NewMessage) -> bool:
    """Return whether a message cannot be it: another direction, sender, or text."""
    if row.direction and row.direction != "outbound-api":
        return True
    if wanted.messaging_service_sid is not UNSET:
        # A service may encode texts and shorten links by its own settings: they rule nothing out.
        return row.messaging_service_sid not in (UNSET, wanted.messaging_service_sid)
    if row.from_ and _one_spelling(str(row.from_)) != _one_spelling(str(wanted.from_)):
        return True
    changed = wanted.smart_encoded is True or wanted.shorten_urls is True
    if changed or wanted.body is UNSET or not row.body:
        return False
    # Assumed: a trial account puts a sentence of Twilio's before the text.
    return not row.body.strip().endswith(wanted.body.strip())


def _one_spelling(sender: str) -> str:
    """Return a sender for comparison: Twilio may list a number in another spelling than it took."""
    number = re.sub(r"[\s().-]", "", sender).removeprefix("+")
    return number if number.isdecimal() else sender.casefold()


def _says_the_same(row: m.Message, wanted: m.NewMessage) -> bool:
    media = 0 if wanted.media_url is UNSET else len(wanted.media_url)
    return (
        wanted.content_sid is UNSET
        and row.direction == "outbound-api"
        and row.num_media == str(media)
        and _same_text(row, wanted)
    )


def _same_text(row: m.Message, wanted: m.NewMessage) -> bool:
    told = row.body or ""
    return told.strip() == ("" if wanted.body is UNSET else wanted.body).strip()
