"""A message or broadcast as the request that Wrenpost takes for it."""

import math
from datetime import datetime, timedelta

from polycast import Broadcast, UsageError
from polycast.providers import phone_digits, unset_if_none
from polycast.wire import UNSET

from polycast_wrenpost._client import models as m
from polycast_wrenpost.options import Options

__all__ = ["to_sms"]


def to_sms(broadcast: Broadcast) -> m.Sms:
    """Return a text for one number or several as `POST /send` takes it.

    Raises:
        UsageError: an address is no number, or there is no text.
    """
    recipients = tuple(broadcast.recipients)
    text = broadcast.text or recipients[0].text
    if not text:
        raise UsageError("Wrenpost sends texts: there is none.")
    flash = broadcast.options.flash if isinstance(broadcast.options, Options) else None
    send_at, ttl = broadcast.send_at, broadcast.ttl
    return m.Sms(
        to=",".join(phone_digits(each, "Wrenpost", "+48600100200") for each in recipients),
        text=text,
        from_=unset_if_none(broadcast.sender),
        at=unset_if_none(None if send_at is None else _whole_second(send_at)),
        ttl=unset_if_none(None if ttl is None else math.ceil(ttl / timedelta(minutes=1))),
        flash=UNSET if flash is None else 1 if flash else 0,
    )


def _whole_second(moment: datetime) -> datetime:
    """Round up: nothing goes out before it was asked to."""
    late = moment.replace(microsecond=0)
    return late if late == moment else late + timedelta(seconds=1)
