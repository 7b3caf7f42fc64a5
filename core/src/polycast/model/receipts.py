"""What comes back: receipts, statuses and delivery reports."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

import attrs

from polycast.errors import PolycastError
from polycast.model.prices import Price
from polycast.model.serialization import Serializable
from polycast.model.states import State

__all__ = [
    "Batch",
    "BulkReceipt",
    "Receipt",
    "Report",
    "Reports",
    "Status",
]

#: States in which a message will not arrive, or it is not known whether it will.
_NOT_OK = frozenset({State.REJECTED, State.FAILED, State.EXPIRED, State.CANCELLED, State.UNKNOWN})


@attrs.frozen
class Receipt(Serializable):
    """What a provider answered for one message.

    Args:
        id: the provider's handle for it, which `status` takes back; None when refused.
        state: usually QUEUED; REJECTED when the provider refused this recipient.
        to: the address, as it was given.
        reference: the recipient's own, as it was given.
        detail: the provider's own word for the state, or its reason.
        raw: the provider's own answer.
        code: the provider's own error code, where it has them.
        segments: the number of parts that the provider counts and charges.
        price: what the provider takes for the message, where it tells.
    """

    id: str | None
    state: State
    to: str
    reference: str | None = None
    detail: str | None = None
    raw: object = attrs.field(default=None, repr=False, eq=False)
    code: str | int | None = attrs.field(default=None, kw_only=True)
    segments: int | None = attrs.field(default=None, kw_only=True)
    price: Price | None = attrs.field(default=None, kw_only=True)

    @property
    def ok(self) -> bool:
        """Whether the provider took the message, and nothing is known against it.

        False if the state is REJECTED, FAILED, EXPIRED, CANCELLED or UNKNOWN. True is no promise
        that the message arrives: ask `Client.status` or `Client.wait` for that.
        """
        return self.state not in _NOT_OK


@attrs.frozen
class Batch(Serializable):
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
class BulkReceipt(Serializable):
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

    @classmethod
    def of(cls, receipt: Receipt) -> "BulkReceipt":
        """Return the answer for a broadcast to one recipient, from the receipt of its message."""
        return cls(receipt.id, receipt.state, (receipt,), raw=receipt.raw)

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
class Report(Serializable):
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
        segments: the number of parts that the provider counts and charges.
        price: what the provider takes for the message, where it tells.
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
    segments: int | None = attrs.field(default=None, kw_only=True)
    price: Price | None = attrs.field(default=None, kw_only=True)


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
class Status(Serializable):
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
        code: the provider's own error code, of a single message.
        segments: the number of parts that the provider counts and charges, of all messages.
        price: what the provider takes for all of it, where it tells.
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
    code: str | int | None = attrs.field(default=None, kw_only=True)
    segments: int | None = attrs.field(default=None, kw_only=True)
    price: Price | None = attrs.field(default=None, kw_only=True)

    def to_dict(self, *, reports: bool = False) -> dict[str, Any]:
        """Return the fields as values that `json.dumps` takes; without `raw`.

        Args:
            reports: whether the reports are fetched and written as well; it may take requests.
        """
        written = Serializable.to_dict(attrs.evolve(self, reports=()))
        if reports:
            written["reports"] = [report.to_dict() for report in self.reports]
        else:
            del written["reports"]
        return written

    @property
    def is_final(self) -> bool:
        """Whether asking again can bring no news of the outcome."""
        return self.state.is_final if self.final is None else self.final
