"""What can be asked of Twilio beyond what every provider can be asked."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal

import attrs
from polycast import UsageError
from polycast.providers import check_characters, option


def _to_variables(value: object) -> object:
    return MappingProxyType(dict(value)) if isinstance(value, Mapping) else value


def _check_variables(options: object, attribute: "attrs.Attribute[Any]", value: object) -> None:
    if value is None:
        return
    if not isinstance(value, Mapping) or not all(
        isinstance(each, str) for pair in value.items() for each in pair
    ):
        raise UsageError(
            f'content_variables is a mapping of texts, e.g. {{"1": "Ann"}}, not {value!r}.'
        )
    for each in value.values():
        check_characters("content_variables", each)


@attrs.frozen(kw_only=True)
class Options:
    """Twilio's own words for a message. What is left None is left to Twilio.

    Args:
        content_sid: the SID of a content template (`HX...`). The message has no text and no media
            besides. WhatsApp takes only templates where the recipient has not written within 24
            hours.
        content_variables: the template's values by name, e.g. `{"1": "Ann"}`.
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

    content_sid: str | None = option(str)
    content_variables: Mapping[str, str] | None = attrs.field(
        default=None, converter=_to_variables, validator=_check_variables
    )
    smart_encoded: bool | None = option(bool)
    shorten_urls: bool | None = option(bool)
    provide_feedback: bool | None = option(bool)
    send_as_mms: bool | None = option(bool)
    persistent_action: str | None = option(str)
    risk_check: Literal["enable", "disable"] | None = option(str, one_of=("enable", "disable"))
