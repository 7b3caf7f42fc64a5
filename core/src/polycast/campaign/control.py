"""Pause, resume, stop and delete: the ledger's own part, then the provider's."""

from sqlalchemy import Connection, select

from polycast.campaign import schema
from polycast.campaign.results import Outcome
from polycast.campaign.states import BatchState, CampaignState
from polycast.campaign.store import Store
from polycast.client import Client
from polycast.errors import PolycastError, UsageError
from polycast.model.messages import Action, State

__all__ = ["control", "discard", "forget", "opened", "remove", "set_state"]

_AFTER = {
    Action.PAUSE: CampaignState.PAUSED,
    Action.RESUME: CampaignState.OPEN,
    Action.STOP: CampaignState.STOPPED,
    Action.DELETE: CampaignState.STOPPED,
}

#: Maximum number of problems in one outcome.
_TOLD = 20

_b = schema.batches.c
_c = schema.campaigns.c


def control(store: Store, client: Client, campaign: str, action: Action) -> Outcome:
    """Do it to the campaign, then to every batch that the provider has."""
    set_state(store, campaign, _AFTER[action], detail=f"{action} was asked for")
    succeeded = unsupported = 0
    problems: list[str] = []
    offered = action in client.features.actions
    last = 0
    while row := _next(store, campaign, last, action):
        last, provider_id = row
        if not offered or provider_id is None:
            unsupported += 1
            continue
        try:
            answer = client.control(provider_id, action)
        except PolycastError as error:
            problems.append(f"batch {last}: {error}")
        else:
            succeeded += 1
            _note(store, campaign, last, action, answer.state)
    with store.read() as connection:
        state = connection.scalars(select(_c.state).where(_c.id == campaign)).one()
        in_flight = connection.scalars(
            select(_b.number).where(_b.campaign == campaign, _b.state == BatchState.SUBMITTING)
        ).all()
    return Outcome(
        CampaignState(state), succeeded, unsupported, len(in_flight), tuple(problems[:_TOLD])
    )


def _next(store: Store, campaign: str, after: int, action: Action) -> tuple[int, str | None] | None:
    """Return the next accepted batch whose outcome does not stand yet: one of many thousands.

    Only what is paused at the provider is resumed there.
    """
    wanted = select(_b.number, _b.provider_id).where(
        _b.campaign == campaign,
        _b.state == BatchState.ACCEPTED,
        _b.provider_final == 0,
        _b.number > after,
    )
    if action is Action.RESUME:
        wanted = wanted.where(_b.provider_state == State.PAUSED)
    with store.read() as connection:
        row = connection.execute(wanted.order_by(_b.number).limit(1)).one_or_none()
    return (row.number, row.provider_id) if row else None


def _note(store: Store, campaign: str, number: int, action: Action, answered: State) -> None:
    """Write down the state of a batch at the provider after an action.

    A pause that succeeded is one, whatever the answer says: a resume has to find it.
    """
    if action is Action.PAUSE:
        answered = State.PAUSED
    with store.write() as connection:
        connection.execute(
            schema.batches.update()
            .where(_b.campaign == campaign, _b.number == number, _b.provider_final == 0)
            .values(provider_state=answered)
        )


def opened(store: Store, campaign: str, *, reopen: bool) -> bool:
    """Return whether a campaign may be sent.

    Args:
        store: the ledger's database.
        campaign: its id.
        reopen: the operator's word to open it, if it is paused.

    Raises:
        UsageError: it was never planned to its end, or was stopped.
    """
    if reopen:
        set_state(store, campaign, CampaignState.OPEN)
        return True
    with store.read() as connection:
        present = connection.scalar(select(_c.state).where(_c.id == campaign))
    _check_going(campaign, present)
    return present == CampaignState.OPEN


def set_state(store: Store, campaign: str, state: CampaignState, detail: str | None = None) -> None:
    """Change what may happen to a campaign; a stopped one stays stopped, and cancels its rest.

    Raises:
        UsageError: it was never planned to its end, or was stopped.
    """
    with store.write() as connection:
        present = connection.scalar(select(_c.state).where(_c.id == campaign).with_for_update())
        if state is not CampaignState.STOPPED:
            _check_going(campaign, present)
        if present == state == CampaignState.PAUSED:
            return
        connection.execute(
            schema.campaigns.update()
            .where(_c.id == campaign)
            .values(state=state, detail=None if state is CampaignState.OPEN else detail, failures=0)
        )
        if state is CampaignState.STOPPED:
            connection.execute(
                schema.batches.update()
                .where(_b.campaign == campaign, _b.state == BatchState.PLANNED)
                .values(state=BatchState.CANCELLED)
            )


def _check_going(campaign: str, state: str | None) -> None:
    """Refuse a campaign that was never planned to its end, or was stopped."""
    if state == CampaignState.PLANNING:
        raise UsageError(
            f"{campaign} was not planned to its end, so nothing of it was sent: remove it "
            "(polycast forget, in Python delete()), and plan it again."
        )
    if state == CampaignState.STOPPED:
        raise UsageError(f"{campaign} was stopped: nothing more of it is sent.")


def forget(store: Store, campaign: str, *, only_unplanned: bool = False) -> None:
    """Remove everything of a campaign from the ledger.

    Its key stays taken, so that the same is not sent again. If the campaign never sent anything,
    the key becomes free.

    Args:
        store: the ledger's database.
        campaign: its id.
        only_unplanned: leave a campaign that was planned to its end: another process may run it.
    """
    with store.write() as connection:
        planned = connection.scalar(
            select(_c.list_digest).where(_c.id == campaign).with_for_update()
        )
        if planned is not None and only_unplanned:
            return
        was_sent = select(_b.number).where(_b.campaign == campaign, _b.submitted_at.is_not(None))
        if connection.scalar(was_sent.limit(1)) is None:
            connection.execute(schema.keys.delete().where(schema.keys.c.holder == campaign))
        remove(connection, campaign)


def discard(store: Store, campaign: str) -> None:
    """Remove a campaign that has sent nothing, and free its key.

    Raises:
        UsageError: it has sent something, or another process is sending it.
    """
    with store.write() as connection:
        connection.scalar(select(_c.state).where(_c.id == campaign).with_for_update())
        connection.execute(
            schema.batches.delete().where(
                _b.campaign == campaign,
                _b.state == BatchState.PLANNED,
                _b.submitted_at.is_(None),
            )
        )
        left = connection.scalar(select(_b.number).where(_b.campaign == campaign).limit(1))
        if left is not None:
            raise UsageError(f"{campaign} is being sent, or was: stop it instead.")
        connection.execute(schema.keys.delete().where(schema.keys.c.holder == campaign))
        remove(connection, campaign)


def remove(connection: Connection, campaign: str) -> None:
    """Remove the rows of a campaign, but not its key."""
    for table in (schema.people, schema.outcomes, schema.dropped, schema.batches):
        connection.execute(table.delete().where(table.c.campaign == campaign))
    connection.execute(schema.campaigns.delete().where(_c.id == campaign))
