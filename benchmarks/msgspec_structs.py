"""What one would write by hand for a Hyber campaign in msgspec.

The same fields as in our spec. Structs have no place for properties of any name: a recipient's
variables are those of this campaign. Types are checked in reading, and not in writing.
"""

from msgspec import UNSET, Struct, UnsetType

__all__ = [
    "Broadcast",
    "CampaignStatus",
    "Channel",
    "ChannelOptions",
    "MessageStatus",
    "Recipient",
]


class Channel(Struct, kw_only=True):
    """How a message travels over Viber or SMS, as far as this campaign says it."""

    text: str
    ttl: int
    alpha_name: str | UnsetType = UNSET


class ChannelOptions(Struct, kw_only=True):
    """How a message travels over each channel."""

    viber: Channel | UnsetType = UNSET
    sms: Channel | UnsetType = UNSET


class Recipient(Struct, kw_only=True):
    """One recipient, with the values of this campaign's variables."""

    phone_number: int | str
    extra_id: str | UnsetType = UNSET
    name: str
    table: str


class Broadcast(Struct, kw_only=True):
    """One message to many recipients."""

    tag: str | UnsetType = UNSET
    channels: list[str]
    channel_options: ChannelOptions
    recipients: list[Recipient]


class MessageStatus(Struct, kw_only=True):
    """The state of one message."""

    time: int | UnsetType = UNSET
    message_id: str | UnsetType = UNSET
    extra_id: str | UnsetType = UNSET
    status: int | UnsetType = UNSET
    substatus: int | UnsetType = UNSET
    hyber_status: int | UnsetType = UNSET
    status_text: str | UnsetType = UNSET
    total_sms_parts: int | UnsetType = UNSET
    delivered_sms_parts: int | UnsetType = UNSET
    clicks: int | UnsetType = UNSET
    phone_number: int | str | UnsetType = UNSET
    processed: bool | UnsetType = UNSET
    accepted: bool | UnsetType = UNSET
    error_code: int | UnsetType = UNSET
    error_text: str | UnsetType = UNSET


class CampaignStatus(Struct, kw_only=True):
    """The states of a campaign's messages."""

    messages: list[MessageStatus] | UnsetType = UNSET
    error_code: int | UnsetType = UNSET
    error_text: str | UnsetType = UNSET
