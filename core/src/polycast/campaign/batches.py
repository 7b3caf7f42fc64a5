"""The states of a batch in the ledger: claimed before it is sent, settled after the answer."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

import attrs
from sqlalchemy import Connection, Update, and_, bindparam, func, or_, select

from polycast.campaign import schema
from polycast.campaign.batch_builder import BatchBuilder, Claim
from polycast.campaign.recipient_results import RecipientResults, written_counts
from polycast.campaign.results import Progress
from polycast.campaign.states import SOURCES, BatchState, CampaignState
from polycast.campaign.store import Store
from polycast.model.messages import BulkReceipt
from polycast.sending import admission

__all__ = [
    "accept",
    "claim",
    "count_batches",
    "count_failure",
    "forget_failures",
    "hold_orphans",
    "in_flight",
    "is_stopped",
    "lock_campaign",
    "move",
    "opens_at",
    "owners_in_flight",
    "progress",
    "put_back",
    "state_of",
]

_b = schema.batches.c


# Statements that run for every batch are built once: SQLAlchemy then takes a sixth of the time,
# measured, and other workers wait for the ledger meanwhile.

_CLAIMABLE = and_(
    _b.campaign == bindparam("campaign"),
    _b.state == BatchState.PLANNED,
    select(schema.campaigns.c.state)
    .where(schema.campaigns.c.id == bindparam("campaign"))
    .scalar_subquery()
    == CampaignState.OPEN,
)
_PLANNED = (
    select(_b.number, _b.size, _b.submitted_at)
    .where(_CLAIMABLE)
    # In the order of the list: the parts of a divided batch come at its place.
    .order_by(_b.first, _b.number)
    .limit(1)
    .with_for_update(skip_locked=True)
)
#: The same, of a campaign with hours: only where people may be written to now.
_PLANNED_NOW = _PLANNED.where(_b.zones.in_(bindparam("zones", expanding=True)))
_ZONES = select(_b.zones).where(_CLAIMABLE).distinct()
#: Before the name of a column that is written, where one of that name is asked for as well.
_TO = "to_"
#: Before the name of a column that must hold a value.
_ONLY = "only_"


@cache
def _moving(
    sources: frozenset[BatchState], names: tuple[str, ...], only: tuple[str, ...]
) -> Update:
    """Return what takes a batch from one of some states, and writes some columns of it."""
    where = [
        _b.campaign == bindparam("campaign_"),
        _b.number == bindparam("number_"),
        or_(*(_b.state == state for state in sorted(sources))),
        *(_b[name] == bindparam(_ONLY + name) for name in only),
    ]
    written: dict[str, Any] = {name: bindparam(_TO + name) for name in names}
    return schema.batches.update().where(*where).values(written)


def claim(
    connection: Connection,
    builder: BatchBuilder,
    owner: str,
    turn: Callable[[int], float],
    *,
    wait_for_hours: bool = True,
) -> Claim | float | None:
    """Claim the next planned batch for this owner; nothing may be sent before the commit.

    Args:
        connection: of a transaction that writes.
        builder: of the campaign's batches.
        owner: who takes it.
        turn: lets a call with so many recipients through, or returns the seconds to wait.
        wait_for_hours: whether to wait where nothing may be submitted at this hour of the day.

    Returns:
        The batch; the seconds to wait, if the rate limit or the hours do not allow it yet; or None
        if nothing is planned or the campaign is not open.
    """
    row = _next_planned(connection, builder)
    if row is None:
        return None
    if isinstance(row, float):
        return row if wait_for_hours else None
    delay = turn(row.size)
    if delay > 0:
        return delay
    now = datetime.now(UTC)
    move(
        connection, builder.campaign, row.number, BatchState.SUBMITTING,
        owner=owner, submitted_at=now, provider_state=None, detail=None,
    )  # fmt: skip
    return attrs.evolve(builder.load(connection, row), submitted_at=now)


def _next_planned(connection: Connection, builder: BatchBuilder) -> Any:
    """Return the next batch that may be submitted at this hour, or the seconds until then."""
    place: dict[str, Any] = {"campaign": builder.campaign}
    if builder.hours is None:
        return connection.execute(_PLANNED, place).one_or_none()
    now = admission.now()
    opens = {
        zones: builder.hours.opens_at(tuple(zones.split()), now)
        for zones in connection.scalars(_ZONES, place)
    }
    opened = [zones for zones, moment in opens.items() if moment == now]
    if opened:
        return connection.execute(_PLANNED_NOW, {**place, "zones": opened}).one_or_none()
    moments = [moment for moment in opens.values() if moment is not None]
    return (min(moments) - now).total_seconds() if moments else None


def opens_at(store: Store, builder: BatchBuilder) -> datetime | None:
    """Return when something that is planned may be submitted next; None where it may be now."""
    with store.read() as connection:
        if builder.hours is None:
            return None
        planned = (_b.campaign == builder.campaign, _b.state == BatchState.PLANNED)
        zones = connection.scalars(select(_b.zones).where(*planned).distinct()).all()
    now = admission.now()
    moments = [builder.hours.opens_at(tuple(each.split()), now) for each in zones]
    known = [moment for moment in moments if moment is not None]
    first = min(known, default=now)
    return None if first == now else first


def move(
    connection: Connection,
    campaign: str,
    number: int,
    to: BatchState,
    *,
    only_from: Iterable[BatchState] = (),
    only: Mapping[str, Any] | None = None,
    **values: Any,
) -> bool:
    """Change the state of a batch, if the present state allows it.

    Args:
        connection: of a transaction that writes.
        campaign: the campaign's id.
        number: which batch.
        to: the state.
        only_from: fewer states that it may be in.
        only: columns, and what they must hold: e.g. the owner and the moment of one attempt.
        **values: what else to write down of it.

    Returns:
        Whether it was in such a state.
    """
    sources = SOURCES[to] & frozenset(only_from) if only_from else SOURCES[to]
    values["state"] = to
    only = only or {}
    statement = _moving(sources, tuple(values), tuple(only))
    parameters = {_TO + name: value for name, value in values.items()}
    parameters |= {_ONLY + name: value for name, value in only.items()}
    done = connection.execute(statement, {"campaign_": campaign, "number_": number, **parameters})
    return done.rowcount == 1


def put_back(
    connection: Connection,
    campaign: str,
    number: int,
    *,
    only_from: Iterable[BatchState] = (),
    only: Mapping[str, Any] | None = None,
    **values: Any,
) -> bool:
    """Plan a batch again, as `move` does; of a campaign that was stopped it is cancelled."""
    stopped = is_stopped(connection, campaign)
    planned = move(
        connection, campaign, number, BatchState.PLANNED,
        only_from=only_from, only=only, owner=None, **values,
    )  # fmt: skip
    if planned and stopped:
        move(connection, campaign, number, BatchState.CANCELLED)
    return planned


def lock_campaign(connection: Connection, campaign: str) -> None:
    """Lock the row of this campaign until the transaction ends."""
    connection.execute(
        select(schema.campaigns.c.id).where(schema.campaigns.c.id == campaign).with_for_update()
    )


def count_failure(connection: Connection, campaign: str) -> int:
    """Count one more failed batch, and return how many failed since the last accepted one."""
    campaigns = schema.campaigns
    counted = (
        campaigns.update()
        .where(campaigns.c.id == campaign)
        .values(failures=campaigns.c.failures + 1)
        .returning(campaigns.c.failures)
    )
    return int(connection.scalars(counted).one())


def forget_failures(connection: Connection, campaign: str) -> None:
    """Start to count failed batches anew."""
    campaigns = schema.campaigns
    connection.execute(
        campaigns.update()
        .where(campaigns.c.id == campaign, campaigns.c.failures > 0)
        .values(failures=0)
    )


def in_flight(connection: Connection, campaign: str) -> int:
    """Return how many batches are SUBMITTING."""
    return (
        connection.scalar(
            select(func.count()).where(_b.campaign == campaign, _b.state == BatchState.SUBMITTING)
        )
        or 0
    )


def is_stopped(connection: Connection, campaign: str) -> bool:
    """Return whether a campaign was stopped; it cannot be until the transaction ends."""
    return state_of(connection, campaign, lock=True) == CampaignState.STOPPED


def state_of(connection: Connection, campaign: str, *, lock: bool = False) -> str | None:
    """Return the stored state of a campaign; a lock keeps it until the transaction ends."""
    state = select(schema.campaigns.c.state).where(schema.campaigns.c.id == campaign)
    return connection.scalar(state.with_for_update(read=True) if lock else state)


def accept(connection: Connection, campaign: str, claim: Claim, answer: BulkReceipt) -> None:
    """Record that the provider has a batch, and its results for single recipients."""
    results = RecipientResults.of_answer(answer, claim.size)
    place = {"campaign": campaign, "number": claim.number}

    def moved(*sources: BatchState) -> bool:
        return move(
            connection, campaign, claim.number, BatchState.ACCEPTED,
            only_from=sources, provider_id=answer.id, provider_state=answer.state, detail=None,
            # Without an id the provider cannot be polled, so the state is final.
            provider_final=int(answer.id is None and not results.ids),
            counts=written_counts(results),
        )  # fmt: skip

    if not moved(BatchState.SUBMITTING):
        # The answer comes late: what was recorded since is wrong.
        if not moved():
            return
        outcomes = schema.outcomes
        connection.execute(
            outcomes.delete().where(
                outcomes.c.campaign == campaign, outcomes.c.number == claim.number
            )
        )
    if results:
        connection.execute(schema.outcomes.insert(), {**place, "outcomes": results.write()})


def owners_in_flight(store: Store, campaign: str) -> set[str]:
    """Return the owners of the batches that are SUBMITTING."""
    with store.read() as connection:
        return set(
            connection.scalars(
                select(_b.owner)
                .where(_b.campaign == campaign, _b.state == BatchState.SUBMITTING)
                .distinct()
            )
        )


def hold_orphans(store: Store, campaign: str, dead: set[str]) -> int:
    """Set the batches that dead owners were submitting IN_DOUBT, and return how many they are."""
    with store.write() as connection:
        held = connection.execute(
            schema.batches.update()
            .where(
                _b.campaign == campaign,
                _b.state == BatchState.SUBMITTING,
                _b.owner.in_(sorted(dead)),
            )
            .values(
                state=BatchState.IN_DOUBT,
                detail="the process that was sending it ended before it noted an answer",
            )
        )
        return held.rowcount


def progress(store: Store, campaign: str) -> Progress:
    """Count the batches, and the recipients in them, by state."""
    with store.read() as connection:
        return count_batches(connection, campaign)


def count_batches(connection: Connection, campaign: str) -> Progress:
    """Count them within a transaction."""
    rows = connection.execute(
        select(_b.state, func.count(), func.sum(_b.size))
        .where(_b.campaign == campaign)
        .group_by(_b.state)
    ).all()
    batches = Counter(dict.fromkeys(BatchState, 0))
    people = Counter(dict.fromkeys(BatchState, 0))
    for state, calls, size in rows:
        batches[BatchState(state)] = int(calls)
        people[BatchState(state)] = int(size)
    return Progress(campaign, people, batches)
