"""Whether a message whose reply was lost has arrived: Twilio keeps no mark of ours.

The messages to its recipient are listed, all of them. One that says the same, by the same sender,
and was created after the request left, is it. What may be it leaves it in doubt.
"""

from datetime import datetime, timedelta

from polycast.providers import none_if_unset, one_spelling
from polycast.wire import UNSET

from polycast_twilio._client import models as m

#: Assumed: how long Twilio's lists lag behind what it takes on.
LAG = timedelta(seconds=10)
#: Assumed: how far apart two clocks are when their distance was measured in whole seconds.
_CLOCKS = timedelta(seconds=2)


def is_it(
    row: m.Message, wanted: m.NewMessage, since: datetime, skew: timedelta | None
) -> bool | None:
    """Return whether a listed message is the one that was sent; None if that cannot be told.

    Args:
        row: as it is listed.
        wanted: what may have arrived.
        since: a moment before it left, by our clock.
        skew: how far Twilio's clock is ahead of ours; None where no answer told.
    """
    begun = (since + (skew or timedelta(0))).replace(microsecond=0)
    created = none_if_unset(row.date_created)
    too_old = created is not None and skew is not None and created < begun - _CLOCKS
    if too_old or _is_another(row, wanted):
        return False
    in_time = created is not None and created >= begun
    return True if in_time and _says_the_same(row, wanted) else None


def _is_another(row: m.Message, wanted: m.NewMessage) -> bool:
    """Return whether a message cannot be it: another direction, sender, or text."""
    if row.direction and row.direction != "outbound-api":
        return True
    if wanted.messaging_service_sid is not UNSET:
        # A service may encode texts and shorten links by its own settings: they rule nothing out.
        return row.messaging_service_sid not in (UNSET, wanted.messaging_service_sid)
    if row.from_ and one_spelling(str(row.from_)) != one_spelling(str(wanted.from_)):
        return True
    changed = wanted.smart_encoded is True or wanted.shorten_urls is True
    if changed or wanted.body is UNSET or not row.body:
        return False
    # Assumed: a trial account puts a sentence of Twilio's before the text.
    return not row.body.strip().endswith(wanted.body.strip())


def _says_the_same(row: m.Message, wanted: m.NewMessage) -> bool:
    return (
        wanted.content_sid is UNSET
        and row.direction == "outbound-api"
        and row.num_media == str(len(wanted.media_url or ()))
        and (row.body or "").strip() == (wanted.body or "").strip()
    )
