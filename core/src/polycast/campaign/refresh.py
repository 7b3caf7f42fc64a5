"""Asks the provider how far each batch has come, and writes down what it says of each person."""

from collections.abc import Iterable

import attrs
from sqlalchemy import select

from polycast.campaign import schema
from polycast.campaign.batches import Claim, Script, aware, load, replace_results
from polycast.campaign.states import BatchState
from polycast.campaign.store import Store
from polycast.client import Client
from polycast.errors import PolycastError
from polycast.model import Report, Status

__all__ = ["refresh"]

_b = schema.batches.c
#: Reports written in one transaction.
_CHUNK = 1_000


def refresh(store: Store, client: Client, script: Script) -> tuple[int, list[str]]:
    """Pull the states of all batches whose outcome does not stand yet.

    Returns:
        How many batches were asked about, and what went wrong, one sentence per batch. A batch
        that cannot be asked about costs no other.
    """
    asked, problems = 0, []
    with store.read() as connection:
        rows = connection.execute(
            select(_b.number, _b.provider_id)
            .where(
                _b.campaign == script.campaign,
                _b.state == BatchState.ACCEPTED,
                _b.provider_final == 0,
                _b.provider_id.is_not(None),
            )
            .order_by(_b.number)
        ).all()
    for row in rows:
        try:
            status = client.status(row.provider_id)
            _note(store, script, row.number, status)
        except PolycastError as error:
            problems.append(f"batch {row.number}: {error}")
        else:
            asked += 1
    return asked, problems


def _note(store: Store, script: Script, number: int, status: Status) -> None:
    """Write down what was told; the batch is final only once all of its people's reports are."""
    people = _People.of(store, script, load(store, script, number))
    final = status.is_final
    chunk: list[dict[str, object]] = []
    for report in status.reports:
        position = people.position(report)
        if position is None:
            continue
        final = final and (report.state.is_final or status.final is True)
        chunk.append(_row(script.campaign, position, report))
        if len(chunk) == _CHUNK:
            _write(store, chunk)
            chunk = []
    _write(store, chunk)
    with store.write() as connection:
        connection.execute(
            schema.batches.update()
            .where(_b.campaign == script.campaign, _b.number == number)
            .values(provider_state=status.state, provider_final=int(final), words=status.words)
        )


def _row(campaign: str, position: int, report: Report) -> dict[str, object]:
    return {
        "campaign": campaign,
        "position": position,
        "state": report.state,
        "message_id": report.id,
        "words": report.words,
        "code": None if report.code is None else str(report.code),
        "channel": report.channel,
        "at": aware(report.at),
    }


def _write(store: Store, rows: Iterable[dict[str, object]]) -> None:
    latest = {row["position"]: row for row in rows}
    if not latest:
        return
    with store.write() as connection:
        replace_results(connection, list(latest.values()))


@attrs.frozen
class _People:
    """Whom the reports of a batch are about, by everything they may be named by."""

    by_reference: dict[str, int]
    by_message: dict[str, int]
    by_address: dict[str, int]

    @classmethod
    def of(cls, store: Store, script: Script, claim: Claim) -> "_People":
        pairs = list(zip(claim.positions, claim.broadcast.recipients, strict=True))
        results = schema.results.c
        with store.read() as connection:
            messages = connection.execute(
                select(results.message_id, results.position).where(
                    results.campaign == script.campaign,
                    results.position.between(claim.positions[0], claim.positions[-1]),
                    results.message_id.is_not(None),
                )
            ).all()
        mine = set(claim.positions)
        return cls(
            {each.reference: place for place, each in pairs if each.reference is not None},
            {row.message_id: row.position for row in messages if row.position in mine},
            {_bare(each.to): place for place, each in pairs},
        )

    def position(self, report: Report) -> int | None:
        for known, name in (
            (self.by_message, report.id),
            (self.by_reference, report.reference),
            (self.by_address, _bare(report.to) if report.to else None),
        ):
            if name is not None and name in known:
                return known[name]
        return None


def _bare(to: str) -> str:
    """An address as several providers write it: a number with or without plus sign and scheme."""
    return to.removeprefix("tel:").removeprefix("+")
