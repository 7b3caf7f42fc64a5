"""What one would write by hand for a Hyber campaign in pydantic.

The same fields as in our spec, and strict: no text passes for a number.
"""

import pydantic

__all__ = [
    "Broadcast",
    "CampaignStatus",
    "Channel",
    "ChannelOptions",
    "MessageStatus",
    "Recipient",
]


class _Model(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(strict=True)


class Channel(_Model):
    """How a message travels over Viber or SMS, as far as this campaign says it."""

    text: str
    ttl: int
    alpha_name: str | None = None


class ChannelOptions(_Model):
    """How a message travels over each channel."""

    viber: Channel | None = None
    sms: Channel | None = None


class Recipient(_Model):
    """One recipient, with the values of any variables."""

    model_config = pydantic.ConfigDict(strict=True, extra="allow")
    __pydantic_extra__: dict[str, str]
    phone_number: int | str
    extra_id: str | None = None


class Broadcast(_Model):
    """One message to many recipients."""

    channels: list[str]
    channel_options: ChannelOptions
    tag: str | None = None
    recipients: list[Recipient]


class MessageStatus(_Model):
    """The state of one message."""

    time: int | None = None
    message_id: str | None = None
    extra_id: str | None = None
    status: int | None = None
    substatus: int | None = None
    hyber_status: int | None = None
    status_text: str | None = None
    total_sms_parts: int | None = None
    delivered_sms_parts: int | None = None
    clicks: int | None = None
    phone_number: int | str | None = None
    processed: bool | None = None
    accepted: bool | None = None
    error_code: int | None = None
    error_text: str | None = None


class CampaignStatus(_Model):
    """The states of a campaign's messages."""

    messages: list[MessageStatus] | None = None
    error_code: int | None = None
    error_text: str | None = None
