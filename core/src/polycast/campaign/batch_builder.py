"""Rebuilds the broadcasts of a campaign's batches from the ledger."""

import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import attrs
from sqlalchemy import Connection, bindparam, select

from polycast.campaign import schema
from polycast.campaign.recipient_batch import RecipientBatch
from polycast.errors import LedgerError
from polycast.model.hours import SendingHours
from polycast.model.messages import Broadcast, Recipient
from polycast.model.templates import Template

__all__ = ["BatchBuilder", "Claim", "aware", "people_of"]

_p = schema.people.c

# Put together once: SQLAlchemy then takes a sixth of the time, measured.
_PEOPLE = select(_p.people).where(
    _p.campaign == bindparam("campaign"), _p.number == bindparam("number")
)


@attrs.frozen
class Claim:
    """A batch that is about to be sent, or was.

    Its recipients are read when they are first used, not in the transaction that claims it: other
    workers wait for that one.

    Args:
        number: which one.
        size: how many recipients it holds.
        submitted_at: when it was claimed, by our clock.
        left: the same, or when it was read, by `time.monotonic`.
    """

    number: int
    size: int
    submitted_at: datetime
    _builder: "BatchBuilder"
    _people: bytes | None = attrs.field(repr=False)
    left: float = attrs.field(factory=time.monotonic, eq=False)

    @cached_property
    def people(self) -> RecipientBatch:
        """Who is in it.

        Raises:
            LedgerError: the ledger is damaged.
        """
        return people_of(self._builder.campaign, self.number, self.size, self._people)

    @cached_property
    def broadcast(self) -> Broadcast:
        """What to send: the same whenever it is asked for.

        Raises:
            LedgerError: the ledger is damaged.
        """
        return self._builder.broadcast(self.number, self.people.recipients())


@attrs.frozen
class BatchBuilder:
    """Builds the broadcasts of one campaign's batches.

    Args:
        campaign: its id.
        content: the fields of the broadcast without its recipients.
        grouped: whether all recipients of a batch get the same text, which is filled in here.
        escape: the provider's (`Features.escape`).
        hours: when its batches may be submitted, by the clocks of their recipients.
    """

    campaign: str
    content: Mapping[str, Any]
    grouped: bool
    escape: Callable[[str, str], str] | None = attrs.field(default=None, eq=False, repr=False)
    hours: SendingHours | None = None
    template: Template | None = attrs.field(init=False, eq=False)

    @template.default
    def _parsed(self) -> Template | None:
        text = self.content["text"]
        return None if text is None else Template.parse(text, self.escape)

    def text_for(self, recipient: Recipient) -> str | None:
        """Return the text that a recipient gets.

        Raises:
            UsageError: a variable is missing.
        """
        if recipient.text is not None or self.template is None:
            return recipient.text
        return self.template.render(recipient.variables)

    def name_of(self, number: int) -> str:
        """Return a unique name for a batch, which a provider can be searched for."""
        own = f"({self.campaign}-{number})"
        return f"{self.content['name']} {own}" if self.content["name"] else own

    def broadcast(self, number: int, recipients: Iterable[Recipient]) -> Broadcast:
        """Return what is sent as batch `number`, the same each time."""
        fields = {**self.content, "name": self.name_of(number)}
        recipients = tuple(recipients)
        if self.grouped:
            fields["text"] = self.text_for(recipients[0])
            whole = Broadcast(recipients=recipients[:1], **self.content)
            fields["template"] = whole.template_for(recipients[0])
            recipients = tuple(
                each if each.text is None else attrs.evolve(each, text=None) for each in recipients
            )
        return Broadcast(recipients=recipients, **fields)

    def load(self, connection: Connection, batch: Any) -> Claim:
        """Read a batch of which the number, the size and the moment are known."""
        place = {"campaign": self.campaign, "number": batch.number}
        people = connection.scalar(_PEOPLE, place)
        submitted_at = aware(batch.submitted_at) or datetime.now(UTC)
        return Claim(batch.number, batch.size, submitted_at, self, people)


def people_of(campaign: str, number: int, size: int, written: bytes | None) -> RecipientBatch:
    """Return the recipients of a batch.

    Raises:
        LedgerError: the ledger does not hold as many recipients as were planned: it is damaged.
    """
    try:
        people = RecipientBatch.read(written or b"")
    except ValueError:
        people = None
    if people is None or len(people.to) != size:
        raise LedgerError(
            f"The ledger does not hold the {size} recipients of batch {number} of {campaign}: "
            "it is damaged."
        )
    return people


def aware(moment: datetime | None) -> datetime | None:
    """Return a moment with its zone, which SQLite does not keep."""
    if moment is None or moment.tzinfo is not None:
        return moment
    return moment.replace(tzinfo=UTC)
