"""Registers new campaigns, and finds the one that has a key already."""

import json
import secrets
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
from sqlalchemy import Connection, Row, exists, select

from polycast.campaign import schema
from polycast.campaign.control import remove
from polycast.campaign.keys import holder_of, take_key
from polycast.campaign.leases import dead_owners
from polycast.campaign.states import BatchState, CampaignState
from polycast.campaign.store import Store
from polycast.errors import KeyReused

__all__ = ["Registration", "alike", "check_same", "new_id"]

#: Neither 0 and o nor 1 and l: an id is read from a screen, and typed.
_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"
#: Seconds between two looks at a campaign that another process is planning.
_LOOK = 0.2

_c = schema.campaigns.c


def new_id(kind: str, letters: int = 6) -> str:
    """Return a new id, such as `"c-7f3k2q"` for the kind `"c"`."""
    return f"{kind}-" + "".join(secrets.choice(_LETTERS) for _ in range(letters))


@attrs.frozen
class Registration:
    """A campaign as it is about to be planned.

    Args:
        store: the ledger's database.
        provider: the provider's name.
        profile: the name that the account was connected by.
        name: the label of the broadcast.
        content: the broadcast without its recipients, as JSON.
        grouped: whether all recipients of a batch get the same text.
        batch_size: recipients per batch.
        key: what makes it the only one; None where there may be others like it.
        hours: when it may be submitted, by the clocks of its recipients; None for always.
        suppresses: whether it leaves out whom the ledger's suppression list names.
    """

    store: Store
    provider: str
    profile: str
    name: str | None
    content: str
    grouped: bool
    batch_size: int
    key: str | None
    hours: str | None = None
    suppresses: bool = True

    def register(self, owner: str) -> str | None:
        """Write a campaign down that this owner will plan; nothing is sent before that is done.

        A campaign with this key whose planner has died is removed first: it sent nothing.

        Returns:
            Its id; None where the key is taken.
        """
        abandoned = self._abandoned()
        while True:
            id = new_id("c")
            with self.store.write() as connection:
                taken = connection.scalar(select(_c.id).where(_c.id == id))
                if taken is not None:
                    continue
                if abandoned is not None:
                    self._free(connection, abandoned)
                if self.key is not None and take_key(connection, self.key, id) is not None:
                    return None
                connection.execute(schema.campaigns.insert().values(**self._row(id, owner)))
            return id

    def earlier(self) -> "Row[Any] | None":
        """Return the campaign that has the key, once it is planned.

        Returns:
            Its row; None where the key is free, or its planner has died.

        Raises:
            KeyReused: the key belongs to a single message, or to a campaign that was removed.
        """
        while True:
            row = self._present()
            if row is None or row.state != CampaignState.PLANNING:
                return row
            if dead_owners(self.store, {row.owner}):
                return None
            time.sleep(_LOOK)

    def compare(self, row: "Row[Any]", list_digest: bytes | None = None) -> None:
        """Refuse what is not the campaign that has the key.

        Args:
            row: that campaign.
            list_digest: of the list, where it has been read.

        Raises:
            KeyReused: another account, other hours, another content or another list; the message
                says which.
        """
        if row.hours != self.hours:
            raise KeyReused(
                f"The key {self.key!r} belongs to {row.id}, which is submitted "
                f"{_said_hours(row.hours)}, and now {_said_hours(self.hours)}. Nothing was sent. "
                "Repeat it with its own hours, or take another key."
            )
        check_same(row, str(row.id), self.provider, self.profile, self.content, list_digest)

    def _abandoned(self) -> str | None:
        row = None if self.key is None else self._present()
        if row is None or row.state != CampaignState.PLANNING:
            return None
        return row.id if dead_owners(self.store, {row.owner}) else None

    def _free(self, connection: Connection, campaign: str) -> None:
        state = connection.scalar(select(_c.state).where(_c.id == campaign).with_for_update())
        if state == CampaignState.PLANNING:
            connection.execute(schema.keys.delete().where(schema.keys.c.holder == campaign))
            remove(connection, campaign)

    def _present(self) -> "Row[Any] | None":
        assert self.key is not None
        with self.store.read() as connection:
            holder = holder_of(connection, self.key)
            row = connection.execute(select(schema.campaigns).where(_c.id == holder)).one_or_none()
        if holder is None or row is not None:
            return row
        is_campaign = str(holder).startswith("c-")
        what = f"{holder}, which was removed from the ledger" if is_campaign else "a single message"
        raise KeyReused(f"The key {self.key!r} belongs to {what}: take another one.")

    def _row(self, id: str, owner: str) -> Mapping[str, object]:
        return {
            "id": id,
            "provider": self.provider,
            "profile": self.profile,
            "name": self.name,
            "content": self.content,
            "state": CampaignState.PLANNING,
            "grouped": int(self.grouped),
            "batch_size": self.batch_size,
            "created_at": datetime.now(UTC),
            "key": self.key,
            "hours": self.hours,
            "suppressed_at": datetime.now(UTC) if self.suppresses else None,
            "owner": owner,
        }


def _said_hours(hours: str | None) -> str:
    return "at any hour" if hours is None else f"between {hours}"


def alike(store: Store, row: "Row[Any]", within: timedelta) -> str | None:
    """Return the id of the latest other campaign that sends the same to the same list.

    Args:
        store: the ledger's database.
        row: of a campaign.
        within: how long ago the other one was planned, at most.
    """
    batches = schema.batches.c
    going = [
        BatchState.PLANNED, BatchState.SUBMITTING, BatchState.ACCEPTED, BatchState.IN_DOUBT,
    ]  # fmt: skip
    with store.read() as connection:
        others = connection.execute(
            select(_c.id, _c.content)
            .where(
                _c.provider == row.provider,
                _c.profile == row.profile,
                _c.list_digest == row.list_digest,
                _c.created_at >= datetime.now(UTC) - within,
                _c.id != row.id,
                exists().where(batches.campaign == _c.id, batches.state.in_(going)),
            )
            .order_by(_c.created_at.desc())
        ).all()
    said = _said(row.content)
    return next((str(other.id) for other in others if _said(other.content) == said), None)


def _said(content: str) -> Mapping[str, object]:
    """Return what makes two broadcasts the same to their recipients."""
    return {**json.loads(content), "name": None, "send_at": None}


def check_same(
    row: "Row[Any]",
    name: str,
    provider: str,
    profile: str,
    content: str,
    list_digest: bytes | None = None,
) -> None:
    """Refuse what is not that which has its key already.

    Args:
        row: of the campaign or the single message that has the key.
        name: what it is called.
        provider: of what is to be sent now.
        profile: the same.
        content: the same, as JSON.
        list_digest: of the list that it is to be sent to, where there is one that was read.

    Raises:
        KeyReused: another account, another content or another list; the message says which.
    """
    differences = []
    if (row.provider, row.profile) != (provider, profile):
        differences.append(f"account ({row.profile}, and now {profile})")
    there, here = json.loads(row.content), json.loads(content)
    differences += [
        "recipient" if field == "to" else field for field in here if there.get(field) != here[field]
    ]
    if list_digest is not None and row.list_digest != list_digest:
        differences.append("list")
    if differences:
        raise KeyReused(
            f"The key {row.key!r} belongs to {name}, which has another "
            f"{' and another '.join(differences)}. Nothing was sent. Repeat it unchanged, or take "
            "another key."
        )
