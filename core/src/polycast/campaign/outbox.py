"""Messages that are posted in the caller's own transaction, and delivered later."""

import contextlib
import json
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from polycast.campaign import schema
from polycast.campaign.keys import take_key
from polycast.campaign.recipient_results import bare_address
from polycast.campaign.registering import check_same, new_id
from polycast.campaign.sends import SingleSend
from polycast.campaign.states import BatchState
from polycast.campaign.store import Store
from polycast.client import Client
from polycast.errors import InFlight, KeyReused, OutcomeUnknown, PolycastError
from polycast.model.messages import Message, Receipt, State
from polycast.sending.dispatcher import is_refusal

__all__ = ["deliver", "post"]

#: How long a provider is asked about a message in doubt, from its call on.
_ASKED = timedelta(hours=1)

_s = schema.sends.c


def post(send: SingleSend, connection: Any = None) -> None:
    """Write a message down that `deliver` will send; the same one again changes nothing.

    Args:
        send: the message, its account and its key.
        connection: to the ledger's database; the caller commits. A connection or a session of
            SQLAlchemy, Django's, or one of psycopg or sqlite3. None for a transaction of its own.

    Raises:
        KeyReused: the key belongs to something else.
    """
    if connection is None:
        with send.store.write() as own:
            _post(send, own)
    elif isinstance(connection, Session):
        _post(send, connection.connection())
    elif isinstance(connection, Connection):
        _post(send, connection)
    else:
        _post(send, _Plain(connection))


def _post(send: SingleSend, connection: Any) -> None:
    assert send.key is not None
    id, now = new_id("s", 12), datetime.now(UTC)
    first = take_key(connection, send.key, id)
    if first is not None:
        found = select(_s.key, _s.provider, _s.profile, _s.content).where(_s.id == first)
        rows = list(connection.execute(found))
        if not rows:
            raise KeyReused(f"The key {send.key!r} belongs to {first}: take another one.")
        name = f"the message to {send.message.to}"
        check_same(rows[0], name, send.client.provider_name, send.profile, send.content)
        return
    connection.execute(
        schema.sends.insert().values(
            id=id,
            key=send.key,
            provider=send.client.provider_name,
            profile=send.profile,
            address=bare_address(send.message.to),
            content=send.content,
            state=BatchState.PLANNED,
            attempt=0,
            machine="",
            process="",
            submitted_at=now,
            claimed_until=now,
            answered=0,
            posted=1,
        )
    )


def deliver(
    send: Callable[[Message, str], Receipt], client: Client, store: Store, limit: int
) -> int:
    """Send messages that were posted, the oldest first; return how many the provider took.

    Args:
        send: sends a message by its key.
        client: the account.
        store: the ledger's database.
        limit: messages to send, at most; as many that are in doubt are asked about.

    Raises:
        PolycastError: the account may not send, or the ledger failed. What was not sent stays
            posted.
    """
    taken = calls = 0
    for row in _waiting(store, client, limit):
        if calls == limit:
            break
        try:
            receipt = send(Message.from_dict(json.loads(row.content)), row.key)
        except (InFlight, OutcomeUnknown):
            # Another process has it, or nobody knows: later calls may learn more.
            continue
        except PolycastError as error:
            if error.safe_to_retry:
                break
            if not is_refusal(error):
                raise
            _refuse(store, row.id, error)
            calls += 1
        else:
            calls += 1
            taken += receipt.state is not State.REJECTED
    return taken


def _waiting(store: Store, client: Client, limit: int) -> list[Any]:
    """Return what processes that ended may have left, then what is planned; each the oldest first.

    More is returned than is sent: other processes send some of it meanwhile.
    """
    left: ColumnElement[bool] = _s.state == BatchState.SUBMITTING
    if client.features.lookup:
        since = datetime.now(UTC) - _ASKED
        left = or_(left, and_(_s.state == BatchState.IN_DOUBT, _s.submitted_at > since))
    own = [_s.posted == 1, _s.provider == client.provider_name, _s.profile == client.account.name]
    wanted = select(_s.id, _s.key, _s.content).order_by(_s.submitted_at, _s.id)
    planned = _s.state == BatchState.PLANNED
    with store.read() as connection:
        return [
            row
            for state, most in ((left, limit), (planned, 4 * limit))
            for row in connection.execute(wanted.where(*own, state).limit(most))
        ]


def _refuse(store: Store, id: str, error: PolycastError) -> None:
    """Record a message that cannot be sent as asked, or must not be; nothing has left."""
    with store.write() as connection:
        connection.execute(
            schema.sends.update()
            .where(_s.id == id, _s.state == BatchState.PLANNED)
            .values(state=BatchState.REJECTED, detail=str(error))
        )


class _Plain:
    """A connection of DB-API or Django, as far as statements of an outbox need SQLAlchemy's."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        is_plain = isinstance(connection, sqlite3.Connection)
        self._is_sqlite = is_plain or getattr(connection, "vendor", "") == "sqlite"
        kind: Any = sqlite if self._is_sqlite else postgresql
        self.dialect = kind.dialect(paramstyle="qmark" if is_plain else "format")

    def scalar(self, statement: Any) -> Any:
        for row in self.execute(statement):
            return next(iter(vars(row).values()))
        return None

    def execute(self, statement: Any) -> Any:
        compiled = statement.compile(dialect=self.dialect)
        values = [self._value(compiled.params[name]) for name in compiled.positiontup]
        with contextlib.closing(self._connection.cursor()) as cursor:
            cursor.execute(str(compiled), values)
            names = [each[0] for each in cursor.description or ()]
            rows = cursor.fetchall() if names else []
        return [SimpleNamespace(**dict(zip(names, row, strict=True))) for row in rows]

    def _value(self, value: Any) -> Any:
        if isinstance(value, datetime):
            return value.strftime("%Y-%m-%d %H:%M:%S.%f") if self._is_sqlite else value
        return schema.keepable(str(value)) if isinstance(value, str) else value
