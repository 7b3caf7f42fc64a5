"""Messages and broadcasts: what is sent. It also re-exports what comes back, for short imports."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any

import attrs

from polycast.errors import UsageError
from polycast.model.callbacks import CallbackRequest, Reply
from polycast.model.prices import Price
from polycast.model.receipts import (
    Batch,
    BulkReceipt,
    Receipt,
    Report,
    Reports,
    Status,
)
from polycast.model.serialization import Serializable, SerializableContent
from polycast.model.states import Action, State
from polycast.model.templates import MessageTemplate, Template, literal
from polycast.model.validators import (
    PHONE,
    check_address,
    check_aware,
    check_bool,
    check_optional,
    check_text,
    check_ttl,
    to_media,
    to_strings,
    to_variables,
)

__all__ = [
    "Action",
    "Batch",
    "Broadcast",
    "BulkReceipt",
    "CallbackRequest",
    "Message",
    "MessageTemplate",
    "Price",
    "Receipt",
    "Recipient",
    "Reply",
    "Report",
    "Reports",
    "State",
    "Status",
]


class _Addressed:
    """The two halves of `to`, for everything that has one."""

    __slots__ = ()
    to: str

    @property
    def scheme(self) -> str:
        """`"tel"` for a phone number, else what stands before the first colon of `to`."""
        return "tel" if self.to.startswith("+") else self.to.partition(":")[0]

    @property
    def address(self) -> str:
        """The phone number with its plus sign, or what stands after the first colon of `to`."""
        return self.to if self.to.startswith("+") else self.to.partition(":")[2]


@attrs.frozen
class Recipient(_Addressed, Serializable):
    """One person, list or group to reach.

    Args:
        to: `"+380961111111"`, or `"scheme:value"` such as `"contact:<the provider's id>"`
            or `"group:<a list stored at the provider>"`.
        variables: what fills the `{name}` placeholders of the broadcast's text.
        text: a text for this recipient alone, in place of the broadcast's.
        reference: your own name for this recipient; it comes back in receipts and reports.

    Raises:
        UsageError: `to` is not an address, or a variable is not text.
    """

    to: str = attrs.field(validator=check_address)
    variables: Mapping[str, str] = attrs.field(
        factory=dict, converter=to_variables, hash=False, repr=lambda value: repr(dict(value))
    )
    text: str | None = attrs.field(default=None, validator=check_text)
    reference: str | None = attrs.field(default=None, validator=check_optional)

    def __getstate__(self) -> dict[str, Any]:
        # A mapping proxy does not pickle.
        return {
            "to": self.to,
            "variables": dict(self.variables),
            "text": self.text,
            "reference": self.reference,
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        for name, value in state.items():
            object.__setattr__(
                self, name, MappingProxyType(value) if name == "variables" else value
            )


def checked_recipient(
    to: str, variables: dict[str, str], text: str | None, reference: str | None
) -> Recipient:
    """Make a recipient of what has been checked before; nothing of it is checked here.

    For those who have checked each field themselves, or read what a `Recipient` once held: it
    takes a third of the time.

    Args:
        to: as `Recipient` has it.
        variables: the same; nobody else may change it later.
        text: the same.
        reference: the same.
    """
    recipient = _new(Recipient)
    _set_to(recipient, to)
    _set_variables(recipient, MappingProxyType(variables))
    _set_text(recipient, text)
    _set_reference(recipient, reference)
    return recipient


# What fills a frozen class: by its slots, in half the time that `object.__setattr__` takes.
_new = object.__new__
_set_to, _set_variables, _set_text, _set_reference = (
    vars(Recipient)[field.name].__set__ for field in attrs.fields(Recipient)
)


def _check_template(content: object, attribute: "attrs.Attribute[Any]", value: object) -> None:
    if value is not None and not isinstance(value, MessageTemplate):
        raise UsageError(f"template is a MessageTemplate, not {type(value).__name__}.")


@attrs.frozen(kw_only=True)
class _Content(SerializableContent):
    """What is said, and how: the fields that `Message` and `Broadcast` share."""

    text: str | None = attrs.field(default=None, validator=check_text)
    sender: str | None = attrs.field(default=None, validator=check_optional)
    channels: tuple[str, ...] = attrs.field(default=(), converter=to_strings)
    send_at: datetime | None = attrs.field(default=None, validator=check_aware)
    ttl: timedelta | None = attrs.field(default=None, validator=check_ttl)
    media: tuple[str | Path, ...] = attrs.field(default=(), converter=to_media)
    callback_url: str | None = attrs.field(default=None, validator=check_optional)
    options: object | None = None
    template: MessageTemplate | None = attrs.field(default=None, validator=_check_template)


def _to_and_text_first(
    _: type, fields: "list[attrs.Attribute[Any]]"
) -> "list[attrs.Attribute[Any]]":
    return sorted(fields, key=lambda field: field.name not in ("to", "text"))


@attrs.frozen(field_transformer=_to_and_text_first)
class Message(_Addressed, _Content):
    """One message to one recipient.

    Args:
        to: `"+380961111111"` or `"scheme:value"`.
        text: what to say, as it stands: placeholders belong to `Broadcast`.
        sender: the name or number it comes from.
        channels: e.g. `("viber", "sms")`, in order: the first that works.
        send_at: when to send it; must have a time zone.
        ttl: how long the provider may go on trying.
        media: URLs of pictures and files, or `pathlib.Path` for local files.
        callback_url: where the provider shall push delivery reports.
        options: the provider's own typed class, e.g. `polycast_textit.Options(...)`.
        template: a text that the provider keeps, with the values that fill it in as they stand.

    Raises:
        UsageError: a field cannot mean anything, e.g. an empty text.
    """

    to: str = attrs.field(validator=check_address)
    text: str | None = attrs.field(default=None, validator=check_text)

    def as_broadcast(self) -> "Broadcast":
        """Return the broadcast that says the same to the one recipient."""
        content = {field.name: getattr(self, field.name) for field in attrs.fields(_Content)}
        content["text"] = None
        if self.template is not None:
            content["template"] = self.template.with_values(literal)
        return Broadcast(recipients=[Recipient(self.to, text=self.text)], **content)


def _recipients(
    values: Iterable[Recipient | str],
) -> Iterable[Recipient]:
    if isinstance(values, str | Recipient) or not isinstance(values, Iterable):
        raise UsageError(
            f"recipients is a list of Recipient or addresses, not {type(values).__name__}."
        )
    if isinstance(values, list | tuple):
        if {*map(type, values)} == {Recipient}:
            return tuple(values)
        return tuple(_recipient(value) for value in values)
    return values  # type: ignore[return-value]  # a stream: each is checked when it is read


def _recipient(value: Recipient | str) -> Recipient:
    if isinstance(value, str) and PHONE.match(value):
        return checked_recipient(value, {}, None, None)
    return value if isinstance(value, Recipient) else Recipient(value)


@attrs.frozen(kw_only=True)
class Broadcast(_Content):
    """One thing to say to many recipients.

    Args:
        recipients: `Recipient`s or plain addresses. A provider's hook is always given a
            tuple, no longer than the provider's bulk limit.
        text: may hold `{name}` placeholders, filled from each recipient's `variables`;
            `{{` and `}}` are literal braces.
        name: your own label for it; it also travels to providers that keep one.
        allow_empty: take an empty value for a variable that the text needs. Otherwise such a
            recipient is refused, and nobody gets "Dear !".

    The other fields are those of `Message`.

    Raises:
        UsageError: a field cannot mean anything, e.g. an empty text.
    """

    recipients: Iterable[Recipient] = attrs.field(converter=_recipients)
    name: str | None = attrs.field(default=None, validator=check_optional)
    allow_empty: bool = attrs.field(default=False, validator=check_bool)

    def as_message(self) -> Message:
        """Return the message that a batch of one recipient is.

        It is for hooks of providers without personalisation: the client has filled in the text
        and the template.
        """
        (recipient,) = self.recipients
        content = {field.name: getattr(self, field.name) for field in attrs.fields(_Content)}
        return Message(recipient.to, **content)

    def text_for(self, recipient: Recipient) -> str | None:
        """The text that `recipient` gets: their own, or the template filled in.

        Raises:
            UsageError: the template is not well formed, or a variable is missing.
        """
        if recipient.text is not None:
            return recipient.text
        if self.text is None:
            return None
        return Template.parse(self.text).render(recipient.variables)

    def template_for(self, recipient: Recipient) -> MessageTemplate | None:
        """The provider's template for `recipient`, with their variables in its values.

        Raises:
            UsageError: a value is not well formed, or a variable is missing.
        """
        if self.template is None:
            return None
        return self.template.with_values(
            lambda value: Template.parse(value).render(recipient.variables)
        )
