"""What can be asked of sms.by beyond what every provider can be asked."""

import attrs
from polycast.providers import option


@attrs.frozen(kw_only=True)
class Options:
    """sms.by's own words for a message or a broadcast. What is left None is left to sms.by.

    Only a single message is forwarded: broadcasts, and messages with `send_at` or
    `callback_url`, travel by a call that has no place for it.

    Args:
        alphaname_id: the number of the name it comes from, in place of the settings' one; 0 is
            the system's own. `SmsBy.alphanames` lists them. `sender` says the same.
        forwarding_message: whether a message that is not delivered in time is sent by Viber.
            `channels=("sms", "viber")` says the same.
        forwarding_time: minutes to wait for the delivery before forwarding, from 5 to 60; sms.by
            waits 60 when it is left out.
        vibername_id: the number of the Viber name that a forwarded message comes from; forwarding
            needs it.

    Sources: sms.by's page "One message" for the fields and the limits of the time; "Alpha names"
    for the number 0.

    Raises:
        UsageError: a field is not of its kind, or out of its limits.
    """

    alphaname_id: int | None = option(int, least=0)
    forwarding_message: bool | None = option(bool)
    forwarding_time: int | None = option(int, least=5, most=60, unit="minutes")
    vibername_id: int | None = option(int, least=0)
