"""Messages and broadcasts, and the receipts, reports and statuses that come back."""

import enum
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any

import attrs

from polycast.errors import PolycastError, UsageError
from polycast.model.templates import Template
from polycast.model.validators import (
    PHONE,
    check_address,
    check_aware,
    check_bool,
    check_bytes,
    check_mapping,
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
    "Receipt",
    "Recipient",
    "Report",
    "Reports",
    "State",
    "Status",
]


class State(enum.StrEnum):
    """Where a message, or a broadcast as a whole, is in its life.

    SENT means handed on; DELIVERED means on the handset. A provider's word that nobody
    knows becomes UNKNOWN, and the word itself is kept beside it.
    """

    QUEUED = "queued"
    SCHEDULED = "scheduled"
    SENDING = "sending"
    PAUSED = "paused"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"
    EXPIRED = "expired"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"

    @property
    def is_final(self) -> bool:
        """Whether the state will not change, except that READ may follow DELIVERED."""
        return self in _FINAL

    @staticmethod
    def overall(states: Iterable["State"]) -> "State":
        """Return the state of a whole whose parts are in these states.

        While any part is under way the whole is; a whole of which nothing is known is UNKNOWN.
        """
        present = set(states)
        return next((state for state in _PRECEDENCE if state in present), State.UNKNOWN)


_FINAL = frozenset(
    {
        State.DELIVERED,
        State.READ,
        State.FAILED,
        State.EXPIRED,
        State.REJECTED,
        State.CANCELLED,
    }
)

#: States in which a message will not arrive, or it is not known whether it will.
_NOT_OK = frozenset({State.REJECTED, State.FAILED, State.EXPIRED, State.CANCELLED, State.UNKNOWN})

#: The state of a whole is the first of these that any of its parts is in.
_PRECEDENCE = (
    State.SENDING,
    State.PAUSED,
    State.QUEUED,
    State.SCHEDULED,
    State.UNKNOWN,
    State.SENT,
    State.DELIVERED,
    State.READ,
    State.EXPIRED,
    State.FAILED,
    State.CANCELLED,
    State.REJECTED,
)


class Action(enum.StrEnum):
    """What `control` can do to a broadcast."""

    PAUSE = "pause"
    RESUME = "resume"
    STOP = "stop"
    DELETE = "delete"


# What is asked for.


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
class Recipient(_Addressed):
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


@attrs.frozen(kw_only=True)
class _Content:
    """What is said, and how: the fields that `Message` and `Broadcast` share."""

    text: str | None = attrs.field(default=None, validator=check_text)
    sender: str | None = attrs.field(default=None, validator=check_optional)
    channels: tuple[str, ...] = attrs.field(default=(), converter=to_strings)
    send_at: datetime | None = attrs.field(default=None, validator=check_aware)
    ttl: timedelta | None = attrs.field(default=None, validator=check_ttl)
    media: tuple[str | Path, ...] = attrs.field(default=(), converter=to_media)
    callback_url: str | None = attrs.field(default=None, validator=check_optional)
    options: object | None = None


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

    Raises:
        UsageError: a field cannot mean anything, e.g. an empty text.
    """

    to: str = attrs.field(validator=check_address)
    text: str | None = attrs.field(default=None, validator=check_text)

    def as_broadcast(self) -> "Broadcast":
        """Return the broadcast that says the same to the one recipient."""
        content = {field.name: getattr(self, field.name) for field in attrs.fields(_Content)}
        content["text"] = None
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


# What came back.


@attrs.frozen
class Receipt:
    """What a provider answered for one message.

    Args:
        id: the provider's handle for it, which `status` takes back; None when refused.
        state: usually QUEUED; REJECTED when the provider refused this recipient.
        to: the address, as it was given.
        reference: the recipient's own, as it was given.
        detail: the provider's own word for the state, or its reason.
        raw: the provider's own answer.
    """

    id: str | None
    state: State
    to: str
    reference: str | None = None
    detail: str | None = None
    raw: object = attrs.field(default=None, repr=False, eq=False)

    @property
    def ok(self) -> bool:
        """Whether the provider took the message, and nothing is known against it.

        False if the state is REJECTED, FAILED, EXPIRED, CANCELLED or UNKNOWN. True is no promise
        that the message arrives: ask `Client.status` or `Client.wait` for that.
        """
        return self.state not in _NOT_OK


@attrs.frozen
class Batch:
    """One call to the provider, of the several that a broadcast may need.

    Args:
        id: the provider's handle; None when nothing was accepted, or nobody knows.
        state: what the provider said of it; UNKNOWN when its reply was lost or the provider
            failed on its own side, CANCELLED when it was not submitted because others had failed,
            or because of Ctrl-C.
        size: how many recipients it holds.
        error: why it was not accepted, or not known to be.
    """

    id: str | None
    state: State
    size: int
    error: PolycastError | None = attrs.field(default=None, eq=False)
    raw: object = attrs.field(default=None, repr=False, eq=False)


@attrs.frozen
class BulkReceipt:
    """What a provider answered for a broadcast; iterating it gives the receipts.

    Args:
        id: what `status` and `control` take back; None when nothing was accepted.
        state: of the broadcast as a whole.
        receipts: one per recipient, in the order given.
        batches: one per call to the provider.
        raw: the provider's own answer, when there was one call.
    """

    id: str | None
    state: State
    receipts: tuple[Receipt, ...]
    batches: tuple[Batch, ...] = ()
    raw: object = attrs.field(default=None, repr=False, eq=False)

    def __len__(self) -> int:
        """Return the number of receipts."""
        return len(self.receipts)

    def __iter__(self) -> Iterator[Receipt]:
        """Iterate over the receipts, in the order of the recipients."""
        return iter(self.receipts)

    def __bool__(self) -> bool:
        """Return True, also without receipts: `lookup` returns None if there is nothing."""
        return True

    @property
    def ok(self) -> bool:
        """Whether the broadcast as a whole and each receipt is ok, see `Receipt.ok`."""
        return self.state not in _NOT_OK and all(each.ok for each in self.receipts)


@attrs.frozen
class Report:
    """How far one recipient's message has come.

    Args:
        to: the address as the provider tells it, or None where it does not.
        state: in our words.
        id: the provider's handle for this message.
        reference: the recipient's own, where the provider carries it.
        detail: the provider's own word for the state, always kept.
        code: the provider's own code, where it has them.
        at: when the state was reached.
        channel: what it travelled by, e.g. `"viber"`.
        aliases: other handles for the same message, where a receipt may have given one of them.
    """

    to: str | None
    state: State
    id: str | None = None
    reference: str | None = None
    detail: str | None = None
    code: str | int | None = None
    at: datetime | None = None
    channel: str | None = None
    raw: object = attrs.field(default=None, repr=False, eq=False)
    aliases: tuple[str, ...] = attrs.field(default=(), kw_only=True)


@attrs.frozen(kw_only=True)
class CallbackRequest:
    """One HTTP request that a provider made to you, as your web framework hands it over.

    Args:
        body: the bytes.
        headers: the HTTP headers; looked up in any case by `header`.
        query: the parameters of the URL.
        method: the HTTP method.

    Raises:
        UsageError: `body` is not bytes, or `headers` or `query` is not a mapping.
    """

    body: bytes = attrs.field(validator=check_bytes, repr=lambda body: f"<{len(body)} bytes>")
    headers: Mapping[str, str] = attrs.field(factory=dict, validator=check_mapping, repr=False)
    query: Mapping[str, str] = attrs.field(factory=dict, validator=check_mapping, repr=False)
    method: str = "POST"

    def header(self, name: str) -> str | None:
        """Return a header's value, whatever the case of its name; None where it is absent."""
        wanted = name.lower()
        return next((v for k, v in self.headers.items() if k.lower() == wanted), None)


class Reports(Iterable[Report]):
    """Per-recipient reports, fetched page by page as they are read.

    Each iteration asks the provider anew; nothing is fetched before the first item is.
    """

    def __init__(self, fetch: Callable[[], Iterable[Report]]) -> None:
        """Remember how to fetch: `fetch` is called once per iteration."""
        self._fetch = fetch

    def __iter__(self) -> Iterator[Report]:
        return iter(self._fetch())

    def __repr__(self) -> str:
        return "<Reports, fetched when read>"


@attrs.frozen
class Status:
    """How far a message or a broadcast has come.

    Args:
        id: what was asked for.
        state: in our words.
        counts: how many recipients are in each state, where the provider tells.
        reports: one `Report` per recipient, where the provider tells; paged lazily.
        started_at: when sending began.
        finished_at: when it ended.
        detail: the provider's own word for the state, always kept.
        expected: how many messages there are to be, where the provider tells.
        final: set by a provider that will never say more than this, e.g. a broadcast that
            ends with SENT; left None, the state decides.
        raw: the provider's own answer.
    """

    id: str
    state: State
    counts: Mapping[State, int] = attrs.field(factory=dict)
    reports: Iterable[Report] = attrs.field(default=(), eq=False)
    started_at: datetime | None = None
    finished_at: datetime | None = None
    detail: str | None = None
    expected: int | None = None
    final: bool | None = None
    raw: object = attrs.field(default=None, repr=False, eq=False)

    @property
    def is_final(self) -> bool:
        """Whether asking again can bring no news of the outcome."""
        return self.state.is_final if self.final is None else self.final
