"""The life of a batch in the ledger: claimed before it leaves, settled after the answer."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import attrs
from sqlalchemy import Connection, Row, and_, func, select

from polycast.campaign import schema
from polycast.campaign.model import Progress
from polycast.campaign.states import SOURCES, BatchState, CampaignState
from polycast.campaign.store import Store
from polycast.errors import LedgerError
from polycast.model import Broadcast, BulkReceipt, Receipt, Recipient
from polycast.text import Template

__all__ = [
    "Claim",
    "Script",
    "accept",
    "aware",
    "claim",
    "doubts",
    "hold_orphans",
    "latest_doubt",
    "load",
    "move",
    "owners_in_flight",
    "progress",
    "replace_results",
    "same_id_elsewhere",
]

#: Rows whose positions one statement names.
_CHUNK = 1_000

_b = schema.batches.c
_r = schema.recipients.c


@attrs.frozen
class Claim:
    """A batch that is about to be sent, or was.

    Args:
        number: which one.
        broadcast: what to send: the same whenever it is asked for.
        positions: its recipients' places in the list.
        submitted_at: when it was claimed, by our clock.
    """

    number: int
    broadcast: Broadcast
    positions: tuple[int, ...]
    submitted_at: datetime


@attrs.frozen
class Script:
    """How the batches of one campaign become broadcasts again.

    Args:
        campaign: its id.
        content: the fields of the broadcast without its recipients.
        grouped: whether everybody in a batch has the same text, which is filled in here.
    """

    campaign: str
    content: Mapping[str, Any]
    grouped: bool
    _template: Template | None = attrs.field(init=False, eq=False, repr=False)

    @_template.default
    def _parsed(self) -> Template | None:
        text = self.content["text"]
        return None if text is None else Template.parse(text)

    def text_for(self, recipient: Recipient) -> str | None:
        """Return what a recipient reads.

        Raises:
            UsageError: a variable is missing.
        """
        if recipient.text is not None or self._template is None:
            return recipient.text
        return self._template.render(recipient.variables)

    def name_of(self, number: int) -> str:
        """Return a name that no other batch has, nor holds: a provider can search for it."""
        own = f"({self.campaign}-{number})"
        return f"{self.content['name']} {own}" if self.content["name"] else own

    def broadcast(self, number: int, recipients: Iterable[Recipient]) -> Broadcast:
        """Return what is sent as batch `number`, the same each time."""
        fields = {**self.content, "name": self.name_of(number)}
        recipients = tuple(recipients)
        if self.grouped:
            fields["text"] = self.text_for(recipients[0])
            recipients = tuple(
                each if each.text is None else attrs.evolve(each, text=None) for each in recipients
            )
        return Broadcast(recipients=recipients, **fields)

    def load(self, connection: Connection, batch: "Row[Any]") -> Claim:
        """Read a batch with its recipients."""
        grouping = (
            _r.grouping.is_(None) if batch.grouping is None else _r.grouping == batch.grouping
        )
        rows = connection.execute(
            select(_r.position, _r.address, _r.variables, _r.text, _r.reference)
            .where(
                _r.campaign == self.campaign, _r.position.between(batch.first, batch.last), grouping
            )
            .order_by(_r.position)
        ).all()
        if len(rows) != batch.size:
            raise LedgerError(
                f"The ledger has {len(rows)} recipients of batch {batch.number} of "
                f"{self.campaign}, instead of {batch.size}: it is damaged."
            )
        people = [
            Recipient(
                row.address,
                variables=json.loads(row.variables) if row.variables else {},
                text=row.text,
                reference=row.reference,
            )
            for row in rows
        ]
        return Claim(
            batch.number,
            self.broadcast(batch.number, people),
            tuple(row.position for row in rows),
            aware(batch.submitted_at) or datetime.now(UTC),
        )


def aware(moment: datetime | None) -> datetime | None:
    """Return a moment with its zone, which SQLite does not keep."""
    if moment is None or moment.tzinfo is not None:
        return moment
    return moment.replace(tzinfo=UTC)


def claim(
    connection: Connection, script: Script, owner: str, turn: Callable[[int], float]
) -> Claim | float | None:
    """Take the next planned batch for this owner; not a byte may leave before the commit.

    Args:
        connection: of a transaction that writes.
        script: of the campaign.
        owner: who takes it.
        turn: lets a call with so many recipients through, or tells how many seconds to wait.

    Returns:
        The seconds to wait, where it is not its turn yet; None when nothing is planned, or the
        campaign is not open.
    """
    planned = (
        select(schema.batches)
        .where(
            _b.campaign == script.campaign,
            _b.state == BatchState.PLANNED,
            select(schema.campaigns.c.state)
            .where(schema.campaigns.c.id == script.campaign)
            .scalar_subquery()
            == CampaignState.OPEN,
        )
        .order_by(_b.number)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    row = connection.execute(planned).one_or_none()
    if row is None:
        return None
    delay = turn(row.size)
    if delay > 0:
        return delay
    now = datetime.now(UTC)
    move(
        connection, script.campaign, row.number, BatchState.SUBMITTING,
        owner=owner, submitted_at=now, words=None,
    )  # fmt: skip
    return attrs.evolve(script.load(connection, row), submitted_at=now)


def move(
    connection: Connection,
    campaign: str,
    number: int,
    to: BatchState,
    *,
    only_from: Iterable[BatchState] = (),
    only_of: str | None = None,
    **values: Any,
) -> bool:
    """Take a batch to another state, if it is in one that may come before.

    Args:
        connection: of a transaction that writes.
        campaign: the campaign's id.
        number: which batch.
        to: the state.
        only_from: fewer states that it may be in.
        only_of: who must own it.
        **values: what else to write down of it.

    Returns:
        Whether it was in such a state.
    """
    sources = SOURCES[to] & frozenset(only_from) if only_from else SOURCES[to]
    where = [_b.campaign == campaign, _b.number == number, _b.state.in_(sorted(sources))]
    if only_of is not None:
        where.append(_b.owner == only_of)
    done = connection.execute(schema.batches.update().where(*where).values(state=to, **values))
    return done.rowcount == 1


def accept(connection: Connection, campaign: str, claim: Claim, answer: BulkReceipt) -> None:
    """Write down that the provider has a batch, and what it said of single people."""
    move(
        connection, campaign, claim.number, BatchState.ACCEPTED,
        provider_id=answer.id, provider_state=answer.state, provider_final=0, words=None,
    )  # fmt: skip
    if len(answer.receipts) != len(claim.positions):
        return
    told = [
        _result(campaign, position, receipt)
        for position, receipt in zip(claim.positions, answer.receipts, strict=True)
        if receipt.state != answer.state or receipt.words or receipt.id not in (None, answer.id)
    ]
    if told:
        replace_results(connection, told)


def replace_results(connection: Connection, rows: Sequence[Mapping[str, object]]) -> None:
    """Write down what is known of single people, instead of what was."""
    results = schema.results
    for start in range(0, len(rows), _CHUNK):
        chunk = rows[start : start + _CHUNK]
        connection.execute(
            results.delete().where(
                results.c.campaign == chunk[0]["campaign"],
                results.c.position.in_([row["position"] for row in chunk]),
            )
        )
        connection.execute(results.insert(), list(chunk))


def _result(campaign: str, position: int, receipt: Receipt) -> dict[str, object]:
    return {
        "campaign": campaign,
        "position": position,
        "state": receipt.state,
        "message_id": receipt.id,
        "words": receipt.words,
    }


def owners_in_flight(store: Store, campaign: str) -> set[str]:
    """Return who owns the batches that are being submitted."""
    with store.read() as connection:
        return set(
            connection.scalars(
                select(_b.owner)
                .where(_b.campaign == campaign, _b.state == BatchState.SUBMITTING)
                .distinct()
            )
        )


def hold_orphans(store: Store, campaign: str, dead: set[str]) -> int:
    """Hold as in doubt what dead owners were submitting; return how many batches."""
    if not dead:
        return 0
    with store.write() as connection:
        done = connection.execute(
            schema.batches.update()
            .where(
                _b.campaign == campaign,
                _b.state == BatchState.SUBMITTING,
                _b.owner.in_(sorted(dead)),
            )
            .values(
                state=BatchState.IN_DOUBT,
                words="the process that was sending it ended before it noted an answer",
            )
        )
        return done.rowcount


def doubts(store: Store, campaign: str) -> list[int]:
    """Return the numbers of the batches in doubt."""
    with store.read() as connection:
        return list(
            connection.scalars(
                select(_b.number)
                .where(_b.campaign == campaign, _b.state == BatchState.IN_DOUBT)
                .order_by(_b.number)
            )
        )


def load(store: Store, script: Script, number: int) -> Claim:
    """Return one batch, as it was sent."""
    with store.read() as connection:
        row = connection.execute(
            select(schema.batches).where(_b.campaign == script.campaign, _b.number == number)
        ).one()
        return script.load(connection, row)


def latest_doubt(store: Store, campaign: str) -> datetime | None:
    """Return when the last of the batches in doubt was claimed."""
    with store.read() as connection:
        latest = connection.scalar(
            select(func.max(_b.submitted_at)).where(
                _b.campaign == campaign, _b.state == BatchState.IN_DOUBT
            )
        )
    return aware(latest)


def same_id_elsewhere(
    connection: Connection, provider: str, campaign: str, number: int, provider_id: str
) -> str | None:
    """Return which other batch has this id of this provider, if there is one."""
    row = connection.execute(
        select(_b.campaign, _b.number)
        .join(schema.campaigns, schema.campaigns.c.id == _b.campaign)
        .where(
            schema.campaigns.c.provider == provider,
            _b.provider_id == provider_id,
            ~and_(_b.campaign == campaign, _b.number == number),
        )
        .limit(1)
    ).one_or_none()
    return f"batch {row.number} of {row.campaign}" if row else None


def progress(store: Store, campaign: str) -> Progress:
    """Count the batches, and the recipients in them, by state."""
    with store.read() as connection:
        rows = connection.execute(
            select(_b.state, func.count(), func.sum(_b.size))
            .where(_b.campaign == campaign)
            .group_by(_b.state)
        ).all()
    batches = Counter(dict.fromkeys(BatchState, 0))
    people = Counter(dict.fromkeys(BatchState, 0))
    for state, count, size in rows:
        batches[BatchState(state)] = int(count)
        people[BatchState(state)] = int(size)
    return Progress(campaign, people, batches)
