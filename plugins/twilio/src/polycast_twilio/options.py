"""What can be asked of Twilio beyond what every provider can be asked."""

from typing import Literal

import attrs
from polycast.providers import option


@attrs.frozen(kw_only=True)
class Options:
    """Twilio's own words for a message. What is left None is left to Twilio.

    Args:
        smart_encoded: whether look-alikes replace letters outside GSM-7, which makes texts cheaper.
        shorten_urls: whether links are shortened. It needs a messaging service with a domain.
        provide_feedback: whether you tell Twilio later what became of the message.
        send_as_mms: whether a text without media is sent as MMS.
        persistent_action: an action of a rich message, e.g. `"geo:37.78,-122.39|Tavern"`.
        risk_check: `"enable"` or `"disable"`: whether Twilio looks for SMS pumping.

    Source: Twilio, "Messages resource", the parameters of a create.

    Raises:
        UsageError: a field is not of its kind.
    """

    smart_encoded: bool | None = option(bool)
    shorten_urls: bool | None = option(bool)
    provide_feedback: bool | None = option(bool)
    send_as_mms: bool | None = option(bool)
    persistent_action: str | None = option(str)
    risk_check: Literal["enable", "disable"] | None = option(str, one_of=("enable", "disable"))
