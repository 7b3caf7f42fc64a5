"""A stream of recipients becomes batches in the ledger, without ever being held whole."""

import hashlib
import json
from collections.abc import Container, Iterable, Iterator
from itertools import islice
from typing import Any

import attrs
from sqlalchemy import select
from sqlalchemy.dialects import postgresql

from polycast.campaign import schema
from polycast.campaign.batches import Script
from polycast.campaign.states import BatchState
from polycast.campaign.store import Store
from polycast.client import Client
from polycast.errors import UsageError
from polycast.model import Recipient

__all__ = ["Planner"]

#: Recipients per transaction.
_CHUNK = 2_000
#: Problems that one error tells of.
_TOLD = 10

#: Made once: `json.dumps` would make one for every recipient.
_write_json = json.JSONEncoder(ensure_ascii=False).encode

_Numbered = tuple[int, Recipient]


@attrs.define
class Planner:
    """Writes down who is sent what, and checks all of it, before anything is sent.

    Args:
        store: the ledger's database.
        client: whose provider judges what it can be told; the network is not used.
        script: of the campaign.
        size: recipients per batch.
        suppressed: addresses to leave out.
        go_on: leave bad recipients out, instead of refusing the whole list.
        silent: something is said even without a text.
    """

    store: Store
    client: Client
    script: Script
    size: int
    suppressed: Container[str]
    go_on: bool
    silent: bool
    _problems: list[str] = attrs.Factory(list)
    _bad: int = 0
    _number: int = 0
    _pending: list[_Numbered] = attrs.Factory(list)
    _new: list[dict[str, object]] = attrs.Factory(list)

    def run(self, recipients: Iterable[Recipient | str]) -> None:
        """Read the stream to its end.

        Raises:
            UsageError: there is nobody to send to, or somebody cannot be sent to as asked; its
                notes tell of others.
        """
        stream = enumerate(recipients, start=1)
        while chunk := list(islice(stream, _CHUNK)):
            self._write(chunk)
        if self._problems:
            failure = UsageError(self._problems[0])
            for problem in self._problems[1:]:
                failure.add_note(problem)
            if self._bad > len(self._problems):
                failure.add_note(f"{self._bad - len(self._problems)} more are wrong.")
            raise failure
        if self.script.grouped:
            self._group()
        elif self._pending:
            self._batch(self._pending)
        self._flush()
        if not self._number:
            raise UsageError("The broadcast has no recipients, or all of them were left out.")

    def _write(self, chunk: list[tuple[int, Recipient | str]]) -> None:
        rows: list[dict[str, Any]] = []
        people: dict[int, Recipient] = {}
        dropped: list[dict[str, object]] = []
        for position, given in chunk:
            try:
                recipient = given if isinstance(given, Recipient) else Recipient(given)
                if recipient.to in self.suppressed:
                    words = "the address is on the list of those not to be written to"
                    dropped.append(self._drop(position, recipient.to, "suppressed", words))
                    continue
                rows.append(self._row(position, recipient))
                people[position] = recipient
            except UsageError as error:
                to = given.to if isinstance(given, Recipient) else str(given)
                self._note_bad(f"Recipient {position}, {to}: {error}")
                dropped.append(self._drop(position, to, "bad", str(error)))
        if self._problems:
            # Nothing of this list will be sent: what remains is only looked at for problems.
            return
        for position in self._insert(rows, dropped):
            self._pending.append((position, people[position]))
        if self.script.grouped:
            self._pending.clear()
        while len(self._pending) >= self.size:
            self._batch(self._pending[: self.size])
            del self._pending[: self.size]

    def _note_bad(self, problem: str) -> None:
        if self.go_on:
            return
        self._bad += 1
        if len(self._problems) < _TOLD:
            self._problems.append(problem)

    def _drop(self, position: int, to: str, kind: str, words: str) -> dict[str, object]:
        return {
            "campaign": self.script.campaign,
            "position": position,
            "address": to,
            "kind": kind,
            "words": words,
        }

    def _row(self, position: int, recipient: Recipient) -> dict[str, Any]:
        self.client.features.check_address(self.client.provider_name, recipient)
        text = self.script.text_for(recipient)
        if text is None and not self.silent:
            raise UsageError("there is nothing to say.")
        written = (text or "").encode()
        variables = recipient.variables
        return {
            "campaign": self.script.campaign,
            "position": position,
            "address": recipient.to,
            "variables": _write_json(dict(variables)) if variables else None,
            "text": recipient.text,
            "reference": recipient.reference,
            "digest": hashlib.blake2b(
                recipient.to.encode() + b"\0" + written, digest_size=16
            ).digest(),
            "grouping": hashlib.blake2b(written, digest_size=16).digest()
            if self.script.grouped
            else None,
        }

    def _insert(self, rows: list[dict[str, Any]], dropped: list[dict[str, object]]) -> list[int]:
        """Write rows down, and return the positions of those that are not there already."""
        with self.store.write() as connection:
            if rows:
                connection.execute(self._insert_new(), rows)
            recipients = schema.recipients.c
            kept = (
                list(
                    connection.scalars(
                        select(recipients.position)
                        .where(
                            recipients.campaign == self.script.campaign,
                            recipients.position.between(rows[0]["position"], rows[-1]["position"]),
                        )
                        .order_by(recipients.position)
                    )
                )
                if rows
                else []
            )
            if len(kept) < len(rows):
                there = set(kept)
                words = "the same text goes to the same address already"
                dropped += [
                    self._drop(row["position"], row["address"], "duplicate", words)
                    for row in rows
                    if row["position"] not in there
                ]
            if dropped:
                connection.execute(schema.dropped.insert(), dropped)
            return kept

    def _insert_new(self) -> Any:
        if self.store.is_sqlite:
            return schema.recipients.insert().prefix_with("OR IGNORE")
        return postgresql.insert(schema.recipients).on_conflict_do_nothing()

    def _batch(self, people: list[_Numbered], grouping: bytes | None = None) -> None:
        self._number += 1
        self.client.check(
            self.script.broadcast(self._number, (recipient for _, recipient in people))
        )
        self._new.append(
            {
                "campaign": self.script.campaign,
                "number": self._number,
                "first": people[0][0],
                "last": people[-1][0],
                "grouping": grouping,
                "size": len(people),
                "state": BatchState.PLANNED,
            }
        )
        if len(self._new) == _CHUNK:
            self._flush()

    def _flush(self) -> None:
        if self._new:
            with self.store.write() as connection:
                connection.execute(schema.batches.insert(), self._new)
            self._new.clear()

    def _group(self) -> None:
        """Make batches of those who read the same, through the ledger's own index."""
        for group in self._groups():
            self._batch([(row.position, self._recipient(row)) for row in group], group[0].grouping)

    def _groups(self) -> Iterator[list[Any]]:
        recipients = schema.recipients.c
        rows = select(schema.recipients).where(recipients.campaign == self.script.campaign)
        rows = rows.order_by(recipients.grouping, recipients.position).limit(_CHUNK)
        group: list[Any] = []
        last: Any = None
        while True:
            # Page by page, so that no transaction stays open while batches are written.
            page = rows
            if last is not None:
                page = rows.where(
                    (recipients.grouping > last.grouping)
                    | (
                        (recipients.grouping == last.grouping)
                        & (recipients.position > last.position)
                    )
                )
            with self.store.read() as connection:
                found = connection.execute(page).all()
            for row in found:
                if group and (group[0].grouping != row.grouping or len(group) == self.size):
                    yield group
                    group = []
                group.append(row)
            if not found:
                break
            last = found[-1]
        if group:
            yield group

    def _recipient(self, row: Any) -> Recipient:
        variables = json.loads(row.variables) if row.variables else {}
        return Recipient(row.address, variables, row.text, row.reference)
