"""What the tests of campaigns stand on: ledgers, and a provider that does as a test says."""

import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from subprocess import PIPE, STDOUT
from typing import Any

import attrs
import pytest
from polycast import (
    Action,
    Broadcast,
    BulkReceipt,
    Features,
    OutcomeUnknown,
    Personalisation,
    ProviderSettings,
    Receipt,
    Recipient,
    State,
    Status,
    hookimpl,
)
from polycast.campaign import Ledger
from polycast.client import Client


@attrs.frozen(kw_only=True)
class Note:
    """An option of the scripted provider."""

    words: str
    tags: tuple[str, ...] = ()


#: Answers a batch, or raises: what a test has a provider do instead of taking it.
Deed = Callable[[Broadcast], BulkReceipt | None]


@attrs.define(eq=False)
class Scripted:
    """Takes every batch, unless the next deed says otherwise; remembers what it took."""

    Settings = ProviderSettings
    features: Features
    deeds: list[Deed] = attrs.Factory(list)
    taken: list[Broadcast] = attrs.Factory(list)
    asked: int = 0
    controlled: list[tuple[str, Action]] = attrs.Factory(list)
    statuses: dict[str, Status] = attrs.Factory(dict)
    lock: threading.Lock = attrs.Factory(threading.Lock)
    calls: int = 0
    #: Whether it takes whatever it is asked about for its first batch.
    confused: bool = False
    #: Whether it knows what it has, and not what it was sent as.
    vague: bool = False

    @hookimpl
    def send_bulk(self, broadcast: Broadcast) -> BulkReceipt:
        with self.lock:
            self.calls += 1
            deed = self.deeds.pop(0) if self.deeds else None
        if deed is not None:
            answer = deed(broadcast)
            if answer is not None:
                return answer
        return self.take(broadcast)

    def take(self, broadcast: Broadcast) -> BulkReceipt:
        with self.lock:
            self.taken.append(broadcast)
            id = f"job:{len(self.taken)}"
        receipts = tuple(
            Receipt(None, State.QUEUED, each.to, each.reference) for each in broadcast.recipients
        )
        return BulkReceipt(id, State.QUEUED, receipts)

    @hookimpl
    def lookup(self, broadcast: Broadcast, since: datetime) -> BulkReceipt | None:
        self.asked += 1
        if self.vague and self.taken:
            candidates = [f"job:{place}" for place in range(1, len(self.taken) + 1)]
            raise OutcomeUnknown("which is it?", provider="scripted", candidates=candidates)
        with self.lock:
            for place, each in enumerate(self.taken, start=1):
                if self.confused or each == broadcast:
                    return BulkReceipt(f"job:{place}", State.QUEUED, ())
        return None

    @hookimpl
    def status(self, id: str) -> Status:
        return self.statuses.get(id) or Status(id, State.SENT, final=True)

    @hookimpl
    def control(self, id: str, action: Action) -> Status:
        self.controlled.append((id, action))
        return Status(id, State.PAUSED if action is Action.PAUSE else State.SENDING)

    def got(self) -> Counter[tuple[str, str | None]]:
        """Count who got what how often."""
        return Counter(
            (each.to, taken.text_for(each))
            if self.features.personalisation is not Personalisation.NONE
            else (each.to, taken.text)
            for taken in self.taken
            for each in taken.recipients
        )


FEATURES = Features(
    channels=("sms",),
    schemes=("tel", "contact"),
    bulk_limit=10,
    personalisation=Personalisation.VARIABLES,
    text_required=False,
    media=True,
    ttl=True,
    scheduling=True,
    lookup=True,
    actions=frozenset({Action.PAUSE, Action.RESUME, Action.STOP}),
    options=Note,
)


@pytest.fixture
def provider() -> Scripted:
    """A provider that fills in variables, takes ten people per call and can be looked up."""
    return Scripted(FEATURES)


@pytest.fixture
def client(provider: Scripted) -> Client:
    """Its client."""
    return Client("scripted", provider)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty ledger of each kind."""
    if request.param == "sqlite":
        return str(tmp_path / "ledger.sqlite")
    server: Callable[[], str] = request.getfixturevalue("postgresql")
    return server()


@pytest.fixture
def ledger(url: str) -> Iterator[Ledger]:
    """An empty ledger of each kind."""
    with Ledger.open(url) as opened:
        yield opened


@pytest.fixture
def postgresql(postgresql_server: Path) -> Iterator[Callable[[], str]]:
    """Call it for the URL of a new database of PostgreSQL, which the test's end drops."""
    psycopg = pytest.importorskip("psycopg", reason="psycopg is not installed")
    made: list[str] = []

    def execute(statement: str) -> None:
        url = f"postgresql://polycast@/postgres?host={postgresql_server}"
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(statement.encode())

    def new() -> str:
        made.append(f"ledger{len(made)}")
        execute(f"CREATE DATABASE {made[-1]}")
        return f"postgresql://polycast@/{made[-1]}?host={postgresql_server}"

    yield new
    for name in made:
        execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[Path]:
    """The folder of the socket of a PostgreSQL server, for this session."""
    tools = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    if not tools:
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    # It does not run as root: its package made a user for it.
    user = "postgres" if os.geteuid() == 0 else None
    # The name of a socket may not be long.
    with tempfile.TemporaryDirectory(prefix="polycast-") as made:
        folder = Path(made)
        if user:
            shutil.chown(folder, user)
        told = {"user": user, "cwd": folder, "stdout": PIPE, "stderr": STDOUT, "text": True}

        def do(tool: str, *arguments: str) -> None:
            done = subprocess.run([tools[0] / tool, *arguments], **told, check=False)  # type: ignore[call-overload]
            assert not done.returncode, done.stdout

        data = str(folder / "data")
        do("initdb", "-D", data, "-U", "polycast", "--auth=trust", "-E", "UTF8", "--locale=C", "-N")
        # Nothing has to outlive the machine.
        how = ("-c", "listen_addresses=", "-c", "fsync=off")
        server = subprocess.Popen(
            [tools[0] / "postgres", "-D", data, "-k", made, *how],
            **told | {"stdout": subprocess.DEVNULL},  # type: ignore[call-overload]
        )
        try:
            ready = [str(tools[0] / "pg_isready"), "-q", "-h", made]
            while subprocess.run(ready, check=False).returncode:
                assert server.poll() is None, "PostgreSQL did not start"
                time.sleep(0.05)
            yield folder
        finally:
            server.send_signal(signal.SIGQUIT)
            server.wait()


@pytest.fixture
def people() -> list[Recipient]:
    """Thirty-five people, each with a name of their own."""
    return [
        Recipient(f"+1212555{place:04}", {"name": f"N{place}"}, reference=f"r{place}")
        for place in range(35)
    ]


@pytest.fixture
def broadcast(people: list[Recipient]) -> Broadcast:
    """A personal broadcast to them: four batches."""
    return Broadcast(text="Dear {name}!", recipients=people)


def expected(broadcast: Broadcast) -> dict[Any, int]:
    """What everybody is to get: each text once."""
    return {(each.to, broadcast.text_for(each)): 1 for each in broadcast.recipients}
