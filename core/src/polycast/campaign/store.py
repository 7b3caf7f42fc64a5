"""The database behind a ledger: connections, transactions, and its failures as our own errors."""

import os
import re
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, NoReturn, TypeVar
from weakref import WeakSet

import platformdirs
from sqlalchemy import (
    URL,
    Connection,
    Engine,
    create_engine,
    event,
    inspect,
    make_url,
    select,
)
from sqlalchemy.exc import (
    ArgumentError,
    DBAPIError,
    NoSuchModuleError,
    OperationalError,
    SQLAlchemyError,
)

from polycast.campaign import schema
from polycast.errors import LedgerError, UsageError
from polycast.model.validators import check_type

__all__ = ["Store", "place"]

#: Seconds to wait for another process to finish its transaction.
_PATIENCE = 30.0
_WRITES = "polycast_writes"
#: PostgreSQL's classes of errors after which the same transaction may succeed: connection, operator
#: intervention such as a restart, and rollback.
_AGAIN = ("08", "57", "40")
#: Seconds for which a fork waits until no transaction is under way.
_FORK_PATIENCE = 5.0

T = TypeVar("T")


class ConnectionCut(LedgerError):
    """The connection to the server was lost in the middle of a transaction, or not made."""


class Store:
    """One database, safe to share between threads, and usable in a forked child.

    A fork waits until no transaction is under way, and closes the connections before: a child
    must neither use nor close those of its parent, and an SQLite library that was forked with open
    files no longer knows who has locked them.
    """

    def __init__(self, url: "str | os.PathLike[str] | None") -> None:
        """Open it, and make its tables where there are none.

        Raises:
            UsageError: the URL is of no kind that is known.
            LedgerError: it cannot be opened, is damaged, or is no ledger.
        """
        self.url = _url(url)
        #: As it may be shown: without a password.
        self.name = _shown(self.url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        if self.is_sqlite:
            self._make_file()
        try:
            self.engine = _engine(self.url)
        except (ArgumentError, NoSuchModuleError, ImportError) as error:
            raise UsageError(f"{self.name} is not the URL of a ledger: {error}") from None
        self._make_locks()
        # A server would else show to each statement what has been written since the one before.
        self._reading = {} if self.is_sqlite else {"isolation_level": "REPEATABLE READ"}
        try:
            self._make_tables()
        except BaseException:
            self.close()
            raise
        _stores.add(self)

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "A ledger cannot be pickled: its URL may hold a password. Open it by its URL in the "
            "other process."
        )

    def close(self) -> None:
        """Close the connections."""
        self.engine.dispose()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Read, and see one state of the ledger throughout."""
        with self._explained(), self._in_use(), self.engine.connect() as plain:
            connection = plain.execution_options(**self._reading)
            with connection.begin():
                yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Read and write; at the end everything is on the disk, or, after an error, nothing."""
        with (
            self._explained(),
            self._in_use(),
            self._writer,
            self.engine.connect() as plain,
        ):
            connection = plain.execution_options(**{_WRITES: True})
            with connection.begin():
                yield connection

    def do(self, step: Callable[[Connection], T]) -> T:
        """Take a step in a transaction that writes, again where the connection was cut.

        A server that is away is waited for, up to 30 seconds.

        Args:
            step: changes nothing when it is taken a second time: the first may have been written
                although nobody was told so.
        """
        give_up = time.monotonic() + _PATIENCE
        pause = 0.0
        while True:
            try:
                with self.write() as connection:
                    return step(connection)
            except ConnectionCut:
                if time.monotonic() + pause > give_up:
                    raise
            time.sleep(pause)
            pause = min(1.0, 2 * pause + 0.1)

    def _make_locks(self) -> None:
        # SQLite has one writer at a time: our own threads queue here, and not by trying again.
        self._writer: Any = threading.RLock() if self.is_sqlite else nullcontext()
        self._idle = threading.Condition()
        self._transactions = 0

    @contextmanager
    def _in_use(self) -> Iterator[None]:
        with self._idle:
            self._transactions += 1
        try:
            yield
        finally:
            with self._idle:
                self._transactions -= 1
                self._idle.notify_all()

    def before_fork(self) -> None:
        """Wait until nothing is under way, let nothing begin, and close the connections."""
        self._idle.acquire()
        self._idle.wait_for(lambda: not self._transactions, _FORK_PATIENCE)
        self.engine.dispose()

    def after_fork(self, *, child: bool) -> None:
        """Let everything go on, in the child with connections and locks of its own."""
        if child:
            self._make_locks()
            self.engine.dispose(close=False)
        else:
            self._idle.release()

    def _make_file(self) -> None:
        """Create the file before SQLite does, readable to its owner alone."""
        path = self.url.database
        if not path or path == ":memory:":
            raise UsageError("A ledger is a file or a server: in memory it would survive nothing.")
        try:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        except OSError as error:
            raise LedgerError(
                f"The ledger {self.name} cannot be opened: {error.strerror or error}."
            ) from None

    def _make_tables(self) -> None:
        with self.write() as connection:
            if not self.is_sqlite:
                # Two processes that start together must not both make the tables.
                connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7085632197)")
            if not inspect(connection).has_table(schema.about.name):
                schema.metadata.create_all(connection, checkfirst=False)
                connection.execute(schema.about.insert().values(version=schema.VERSION))
                return
            version = connection.scalar(select(schema.about.c.version))
            if version != schema.VERSION:
                raise LedgerError(
                    f"The ledger {self.name} is of version {version}, and this Polycast knows "
                    f"version {schema.VERSION}. Finish its campaigns with the Polycast that made "
                    "it, and give another ledger to this one."
                )

    def _is_cut(self, error: DBAPIError) -> bool:
        """Return whether the server was lost, is away, or gave way to another transaction."""
        if self.is_sqlite or not isinstance(error, OperationalError):
            return error.connection_invalidated
        # Without a code of the server's, it was not reached.
        state: str | None = getattr(error.orig, "sqlstate", None)
        return error.connection_invalidated or state is None or state[:2] in _AGAIN

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (SQLAlchemyError, sqlite3.Error, UnicodeError) as error:
            detail = _words(str(getattr(error, "orig", None) or error).strip())
            cut = isinstance(error, DBAPIError) and self._is_cut(error)
        else:
            return
        # The cause would show what was being written.
        kind = ConnectionCut if cut else LedgerError
        raise kind(f"The ledger {self.name} {detail}") from None


_stores: WeakSet[Store] = WeakSet()
#: Those that the fork under way has stopped.
_stopped: list[Store] = []


def _before_fork() -> None:
    for store in list(_stores):
        store.before_fork()
        _stopped.append(store)


def _after_fork(*, child: bool) -> None:
    while _stopped:
        _stopped.pop().after_fork(child=child)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_before_fork,
        after_in_parent=lambda: _after_fork(child=False),
        after_in_child=lambda: _after_fork(child=True),
    )


_KNOWN = (
    ("locked", "is locked by another program: end that one, or try again later."),
    ("disk is full", "has no room left: its disk is full."),
    ("not a database", "is not a ledger, or is damaged."),
    ("malformed", "is damaged: restore it from a copy."),
    ("readonly", "may not be written to."),
    ("read-only", "may not be written to."),
    ("disk I/O error", "cannot be read or written: its disk fails, or is full."),
)


def _words(message: str) -> str:
    for sign, detail in _KNOWN:
        if sign in message:
            return detail
    return f"cannot be used: {message}"


#: Also a URL that lacks a slash: a file of that name would show its password.
_LIKE_A_URL = re.compile(r"(?:postgres|postgresql|sqlite)(?:\+\w+)?:|[^/]*://")


def place(given: "str | os.PathLike[str] | None" = None) -> tuple[str, Path | None]:
    """Return what a ledger is called, and its file where it is one; nothing is opened.

    Args:
        given: what `Ledger.open` is given.

    Raises:
        UsageError: the URL is of no kind that is known.
    """
    url = _url(given)
    is_file = url.get_backend_name() == "sqlite" and url.database
    return _shown(url), Path(url.database or "") if is_file else None


def _url(given: "str | os.PathLike[str] | None") -> URL:
    if given is None:
        given = os.environ.get("POLYCAST_LEDGER") or (
            Path(platformdirs.user_data_dir("polycast")) / "ledger.sqlite"
        )
    check_type("The ledger", given, (str, os.PathLike), "a path or a URL")
    if isinstance(given, os.PathLike) or not _LIKE_A_URL.match(given):
        return URL.create("sqlite", database=os.fspath(given))
    try:
        url = make_url(given)
    except (ArgumentError, ValueError):
        raise UsageError("The ledger is given as a file, or as a URL such as "
                         "postgresql://user@host/database.") from None  # fmt: skip
    if url.get_backend_name() != "sqlite" and given.partition("?")[0].count("@") > 1:
        # The end of the password would be taken for the host, and shown.
        raise UsageError(
            "The ledger's URL has more than one @. Write an @ of the user name or the password as "
            "%40, and one of the database's name, too."
        )
    if url.drivername in ("postgresql", "postgres"):
        return url.set(drivername="postgresql+psycopg")
    return url


def _shown(url: URL) -> str:
    if url.get_backend_name() == "sqlite":
        return str(url.database)
    return url.set(query={}).render_as_string(hide_password=True)


def _engine(url: URL) -> Engine:
    backend = url.get_backend_name()
    if backend == "postgresql":
        return create_engine(
            url,
            hide_parameters=True,
            pool_size=32,
            max_overflow=32,
            # A server that was restarted, or a router, has cut those that lay idle.
            pool_pre_ping=True,
            # Whatever the database is in: one in SQL_ASCII would else hand out bytes.
            connect_args={"client_encoding": "UTF8"},
        )
    if backend != "sqlite":
        raise UsageError(f"A ledger is kept in SQLite or PostgreSQL, not in {backend}.")
    engine = create_engine(
        url,
        hide_parameters=True,
        pool_size=32,
        max_overflow=32,
        connect_args={"timeout": _PATIENCE},
    )

    @event.listens_for(engine, "connect")
    def _connected(connection: sqlite3.Connection, _: object) -> None:
        # Transactions begin where we say so, and not before the first write.
        connection.isolation_level = None
        connection.execute("PRAGMA journal_mode = WAL")
        # In WAL mode this alone has every commit on the disk before the next request leaves.
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA cache_size = -8192")

    @event.listens_for(engine, "begin")
    def _begun(connection: Connection) -> None:
        writes = connection.get_execution_options().get(_WRITES)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine
