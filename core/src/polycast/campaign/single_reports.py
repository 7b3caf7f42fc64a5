"""Delivery reports of single messages: matched at once, by an index of the provider's ids."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Row, select

from polycast.campaign import schema
from polycast.campaign.recipient_results import RecipientResult
from polycast.model.messages import Report

__all__ = ["note_singles", "report_of"]

#: Ids that one statement names.
_IDS = 1_000

_s = schema.sends.c


def note_singles(connection: Connection, provider: str, reports: Sequence[Report]) -> set[int]:
    """Write down what was told of single messages, in a transaction that writes.

    A message keeps the state that it has if a report comes late, as a recipient of a batch does.

    Returns:
        The places of the reports that are about single messages of this ledger.
    """
    by_id: dict[str, list[int]] = {}
    for place, report in enumerate(reports):
        for id in (report.id, *report.aliases):
            if id is not None:
                by_id.setdefault(id, []).append(place)
    noted: set[int] = set()
    for row in _messages(connection, provider, list(by_id)):
        known = report_of(row)
        written = None
        for place in by_id[row.provider_id]:
            noted.add(place)
            latest = RecipientResult.of(reports[place])
            if known is None or not known.supersedes_later(latest):
                known, written = latest, json.dumps(reports[place].to_dict())
        if written is not None and written != row.report:
            connection.execute(schema.sends.update().where(_s.id == row.id).values(report=written))
    return noted


def report_of(row: "Row[Any]") -> RecipientResult | None:
    """Return what was told of a single message after the answer to its call, if anything."""
    if row.report is None:
        return None
    return RecipientResult.of(Report.from_dict(json.loads(row.report)))


def _messages(connection: Connection, provider: str, ids: list[str]) -> Iterator[Any]:
    for start in range(0, len(ids), _IDS):
        yield from connection.execute(
            select(_s.id, _s.provider_id, _s.report)
            .where(_s.provider_id.in_(ids[start : start + _IDS]), _s.provider == provider)
            .with_for_update()
        ).all()
