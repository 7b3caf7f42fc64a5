"""A ledger on a server that cuts connections, and in a database without an encoding."""

from collections.abc import Callable
from typing import Any

import pytest
from polycast import Broadcast, Recipient, Rejected, UsageError
from polycast.campaign import Ledger
from polycast.client import Client
from sqlalchemy import make_url

from .conftest import FEATURES, Scripted, expected

PEOPLE = [Recipient(f"+1212555{n:04}", {"name": f"N{n}"}) for n in range(35)]
HELLO = Broadcast(text="Dear {name}!", recipients=PEOPLE)


def connected(url: str, database: str | None = None) -> Any:
    """Connect to a test's server past Polycast."""
    psycopg = pytest.importorskip("psycopg")
    parts = make_url(url)
    return psycopg.connect(
        host=parts.query["host"],
        user=parts.username,
        dbname=database or parts.database,
        autocommit=True,
    )


def test_connections_that_are_cut_do_not_end_a_run(postgresql: Callable[[], str]) -> None:
    """The server ends every session while a call is under way: the run goes on, all are sent."""
    url = postgresql()
    provider = Scripted(FEATURES)

    def cut(_: Broadcast) -> None:
        with connected(url) as own:
            own.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )

    provider.deeds += [cut, cut]
    with Ledger.open(url) as ledger:
        report = ledger.plan(Client("scripted", provider), HELLO).run(
            Client("scripted", provider), workers=1
        )

    assert report.states == {"queued": 35}
    assert provider.got() == expected(HELLO)


@pytest.mark.parametrize("written", [True, False])
@pytest.mark.parametrize("at", [1, 2, 3, 4])
def test_a_commit_whose_word_is_lost_sends_nothing_twice(
    postgresql: Callable[[], str], at: int, written: bool
) -> None:
    """Cut at any commit after a call, written or not: nobody is lost, and nobody doubled."""
    psycopg = pytest.importorskip("psycopg")
    provider = Scripted(FEATURES)
    client = Client("scripted", provider)
    with Ledger.open(postgresql()) as ledger:
        campaign = ledger.plan(client, HELLO)
        dialect: Any = ledger._store.engine.dialect
        commit = dialect.do_commit
        seen: list[bool] = []

        def lost(connection: Any) -> None:
            seen.append(True)
            if len(seen) == at:
                if written:
                    commit(connection)
                connection.dbapi_connection.close()
                raise psycopg.OperationalError("the connection was closed")
            commit(connection)

        def begin(_: Broadcast) -> None:
            dialect.do_commit = lost

        provider.deeds.append(begin)
        report = campaign.run(client, workers=1)

    assert len(seen) > at
    assert report.states == {"queued": 35}
    assert provider.got() == expected(HELLO)
    assert provider.calls == 4


def test_a_database_without_an_encoding_keeps_every_word(postgresql: Callable[[], str]) -> None:
    """In a database in SQL_ASCII a campaign goes through, and words and texts come back whole."""
    url = postgresql()
    with connected(url) as own:
        own.execute(
            "CREATE DATABASE plain ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' "
            "TEMPLATE template0"
        )
    provider = Scripted(FEATURES)

    def refused(_: Broadcast) -> None:
        raise Rejected("нема такого номера \ud83d", provider="scripted")

    provider.deeds.append(refused)
    client = Client("scripted", provider)
    people = [Recipient("+12125550000", {"name": "Їжак"}, reference="№1")]
    hello = Broadcast(text="Привіт, {name}!", recipients=people)
    plain = make_url(url).set(database="plain").render_as_string()
    with Ledger.open(plain) as ledger:
        campaign = ledger.plan(client, hello)
        campaign.run(client)
        [result] = campaign.results()
        assert "нема такого номера" in str(result.detail)
        assert result.reference == "№1"
        assert campaign.run(client, retry_rejected=True).states == {"queued": 1}

    assert provider.got() == expected(hello)


@pytest.mark.parametrize("id", ["\ud800", "c-\0", "", 5, None])
def test_an_id_that_no_database_holds_is_no_campaign(ledger: Ledger, id: Any) -> None:
    """Whatever is asked for as a campaign, the answer is a sentence of ours."""
    with pytest.raises(UsageError, match="has no campaign"):
        ledger.campaign(id)
