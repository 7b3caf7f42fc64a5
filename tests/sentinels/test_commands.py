"""No command shows a credential: not in its output, its logs, nor in the files that it writes.

The commands know no provider: one whose token travels in a header and one with a login stand for
all. What each provider's own calls show is looked at in `test_calls`.
"""

import json
import logging
import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from polycast import PolycastError
from polycast.campaign import Ledger
from polycast.cli.app import app
from polycast.sandbox import host
from polycast.sending import dispatcher as engine
from typer.testing import CliRunner, Result

from tests.faults.server import LOOPBACK, Peer, Server
from tests.sentinels.accounts import ACCOUNTS, Account, in_url
from tests.sentinels.echoes import ECHOES, echoing
from tests.sentinels.oracle import CORE, Records, assert_hidden, sentinel, shown_by

COMMANDS = [
    ("send", "front", "{to}", "--text", "Hi"),
    ("status", "1", "--profile", "front", "--reports"),
    ("stop", "1", "--profile", "front"),
    ("broadcast", "front", "people.csv", "--text", "Hi", "--again", "--error-threshold", "1"),
    ("campaigns",),
    ("report", "{campaign}", "--csv", "report.csv", "--jsonl", "report.jsonl"),
    ("status", "{campaign}"),
    ("resume", "{campaign}", "--settle", "0", "--error-threshold", "1"),
    ("doctor", "--reach"),
]

some = pytest.mark.parametrize(
    "account",
    [each for each in ACCOUNTS if each.name in ("textit", "hyber")],
    ids=lambda account: account.name,
)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder in which the commands are run; no file that they leave in it shows a secret."""
    # What -v shows is shown for one test: the logger belongs to the whole process.
    logger = logging.getLogger("polycast")
    handlers, level = logger.handlers, logger.level
    monkeypatch.chdir(tmp_path)
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setenv("POLYCAST_LEDGER", str(tmp_path / "ledger.sqlite"))
    # No line is broken in the middle of a secret.
    monkeypatch.setenv("COLUMNS", "100000")
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setattr(engine, "wait", lambda over, seconds: None)
    mask = os.umask(0o077)
    with Records() as records:
        yield tmp_path
    os.umask(mask)
    logger.handlers = handlers
    logger.setLevel(level)
    assert_hidden(records.shown)
    for path in tmp_path.rglob("*"):
        assert_hidden([("a file's name", str(path))])
        if path.is_file() and path.name != "polycast.toml":
            assert_hidden([(f"the file {path.name}", path.read_bytes())])


def write_profile(account: Account, **changes: object) -> None:
    """Write a profile with the sentinels, and an audit log that writes down all that it can."""
    lines = [
        f"{key} = {json.dumps(value)}"
        for key, value in {**account.settings(**changes), "provider": account.name}.items()
    ]
    lines += ['wrappers = [{name = "audit-log", file = "audit.jsonl", texts = true}]']
    # JSON has strings like TOML's.
    Path("polycast.toml").write_text("\n".join(["[profiles.front]", *lines, ""]))
    Path("people.csv").write_text("\n".join(["to", *account.people, ""]))


def run(*args: str) -> Result:
    """Run a command with its logs shown, and look at all that it prints."""
    result = CliRunner().invoke(app, ["-v", *args])
    shown: list[tuple[str, str | bytes]] = [("stdout", result.stdout), ("stderr", result.stderr)]
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        shown += shown_by(result.exception)
    assert_hidden((f"{args[0]}, {place}", content) for place, content in shown)
    assert isinstance(result.exception, SystemExit | None), result.exception
    return result


def run_all(account: Account) -> dict[str, list[int]]:
    """Run every command, for people and for machines; return how each ended."""
    ended: dict[str, list[int]] = {}
    for machine in ([], ["--json"]):
        campaign = "c-222222"
        for command in COMMANDS:
            words = [each.format(to=account.people[0], campaign=campaign) for each in command]
            result = run(*words, *machine)
            ended.setdefault(command[0], []).append(result.exit_code)
            if command[0] == "broadcast":
                found = json.loads(run("campaigns", "--json").stdout)
                campaign = found[0]["id"] if found else campaign
    return ended


@some
def test_success(account: Account) -> None:
    """What goes well shows no credential to people, to machines, in logs, in files."""
    with host([account.sandbox()]) as hosted:
        url = hosted.base_url(account.name)
        write_profile(account, base_url=url if account.name == "hyber" else in_url(url))
        ended = run_all(account)
    for command in ("send", "broadcast", "campaigns", "report", "resume", "doctor"):
        assert set(ended[command]) == {0}, command
    assert {"audit.jsonl", "ledger.sqlite", "report.csv", "report.jsonl"} <= {
        path.name for path in Path().iterdir()
    }


@some
def test_wrong_credentials(account: Account) -> None:
    """The error of a command does not show the credentials that were refused."""
    with host([account.sandbox()]) as hosted:
        wrong = {name: sentinel(f"wrong-{name}") for name in account.credentials}
        write_profile(account, base_url=hosted.base_url(account.name), **wrong)
        ended = run_all(account)
    assert 0 not in ended["send"] + ended["broadcast"]


def losing(peer: Peer) -> None:
    """Read a request, and never answer."""
    peer.request()
    peer.close()


@some
@pytest.mark.parametrize(
    "play",
    [losing, *(echoing(status, ECHOES["in JSON"]) for status in (200, 400, 401, 500))],
    ids=["lost", "200", "400", "401", "500"],
)
def test_a_hostile_server(account: Account, play: Callable[[Peer], None]) -> None:
    """What a server repeats of a request, or leaves without a reply, shows no credential."""
    with Server(play) as server:
        root = f"http://{LOOPBACK}:{server.port}"
        write_profile(account, base_url=in_url(account.base_url(root)), deadline=0.5)
        ended = run_all(account)
    assert 0 not in ended["send"] + ended["broadcast"]


@some
def test_an_unreachable_server(account: Account) -> None:
    """A server that is not there is named without the password in its address."""
    with socket.create_server((LOOPBACK, 0)) as unused:
        port = unused.getsockname()[1]
    url = in_url(account.base_url(f"http://{LOOPBACK}:{port}"))
    write_profile(account, base_url=url, deadline=0.5)
    ended = run_all(account)
    assert 0 not in ended["send"] + ended["broadcast"]


_QUOTED = json.dumps(sentinel("x"))
_URL = json.dumps(in_url("http://h:x"))


@pytest.mark.parametrize(
    "lines",
    [
        f"token = {_QUOTED} {_QUOTED}",
        f"token = {_QUOTED[:-1]}",
        f"token = {_QUOTED}\ntoken = {_QUOTED}",
        f"token = [{_QUOTED}]",
        f"token = {{ is = {_QUOTED} }}",
        f"tokn = {_QUOTED}",
        f"token = {_QUOTED}\ntimeout = {_QUOTED}",
        f"token = {_QUOTED}\nbase_url = {_URL}",
        f"token = {_QUOTED}\nbase_url = {_QUOTED}",
        f"token = {_QUOTED}\nwrappers = [{{ is = {_QUOTED} }}]",
        f'token = {_QUOTED}\nwrappers = [{{ name = "audit-log", key = {_QUOTED} }}]',
        f'token = {_QUOTED}\nwrappers = [{{ name = "dry-run", key = {_QUOTED} }}]',
        f'token = {_QUOTED}\nwrappers = [{{ name = "nothing-like-it", key = {_QUOTED} }}]',
        f'token = {_QUOTED}\nwrappers = [{{ name = "audit-log", file = [{_QUOTED}] }}]',
        f"token = {_QUOTED}\nwrappers = {{ key = {_QUOTED} }}",
    ],
)
def test_bad_settings(lines: str) -> None:
    """A profile that is wrong is told with the place, and without the values."""
    assert CORE in lines
    Path("polycast.toml").write_text(f'[profiles.front]\nprovider = "textit"\n{lines}\n')
    assert run("send", "front", "+250788123123", "--text", "Hi").exit_code in (1, 2)
    assert run("status", "1", "--profile", "front", "--json").exit_code in (1, 2)
    assert run("doctor").exit_code == 1


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://peter:{secret}@127.0.0.1:1/db",
        "postgresql://peter:a@{secret}@127.0.0.1:1/db",
        "postgresql://peter:a@b/{secret}@127.0.0.1:1/db",
        "postgresql://peter:a/{secret}@127.0.0.1:1/db",
        "postgresql://127.0.0.1:1/db?user=peter&password={secret}",
        "postgresql://127.0.0.1:1/db?passwrd={secret}",
        "postgresql:/peter:{secret}@127.0.0.1/db",
        "postgres:peter:{secret}@127.0.0.1/db",
        "postgresql+unheard://peter:{secret}@127.0.0.1/db",
        "postgresql://peter:{secret}@127.0.0.1:port/db",
        "mysql://peter:{secret}@127.0.0.1/db",
        "sqlite://peter:{secret}@127.0.0.1/db",
        "://peter:{secret}@127.0.0.1/db",
    ],
)
def test_a_ledger_that_cannot_be_reached(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The URL of a ledger is shown without its password, by whatever fails, and its frames."""
    account = next(each for each in ACCOUNTS if each.name == "textit")
    write_profile(account, base_url="http://127.0.0.1:1/api/v2")
    given = url.format(secret=CORE)
    for command in (
        ("campaigns", "--json"),
        ("report", "c-222222"),
        ("broadcast", "front", "people.csv", "--text", "Hi"),
    ):
        assert run(*command, "--ledger", given).exit_code in (1, 2)
    monkeypatch.setenv("POLYCAST_LEDGER", given)
    assert run("doctor").exit_code == 1
    with pytest.raises(PolycastError) as caught:
        Ledger.open(given)
    assert_hidden(shown_by(caught.value))
