"""No credential is kept in a ledger, in its reports, in an audit log, or shown by a wrapper."""

import json
import re
from pathlib import Path

import attrs
import pytest
from polycast import Broadcast, Client, Secret
from polycast.campaign import Ledger
from polycast.config.profiles import NamedWrapper, Profile
from polycast.config.settings import build_settings
from polycast.errors import SettingsError
from polycast.sandbox import host
from polycast.wrappers import AuditLog

from tests.faults.server import LOOPBACK, Peer, Server
from tests.sentinels.accounts import ACCOUNTS, Account
from tests.sentinels.echoes import ECHOES, answer, repeated
from tests.sentinels.oracle import Records, assert_hidden, sentinel, shown_by


def run_campaign(account: Account, root: str, folder: Path) -> dict[str, bytes]:
    """Run a campaign, and return the bytes of all that it leaves, while the ledger is open."""
    log = AuditLog(folder / "audit.jsonl", texts=True, addresses="full")
    provider = account.connect(base_url=account.base_url(root)).provider
    provider.api.transport.sleep = lambda seconds: None
    with (
        Records() as records,
        Ledger.open(folder / "ledger.sqlite") as ledger,
        Client(account.name, provider, wrappers=[log]) as client,
    ):
        people = [*account.people]
        campaign = ledger.plan(client, Broadcast(text="Your table is ready", recipients=people))
        report = campaign.run(client, error_threshold=1, in_flight_grace=0)
        campaign.write_csv(folder / "report.csv")
        campaign.write_json_lines(folder / "report.jsonl")
        files = {path.name: path.read_bytes() for path in folder.iterdir()}
        assert_hidden([*files.items(), *shown_by(report), *shown_by(log), *records.shown])
    assert {"audit.jsonl", "ledger.sqlite", "ledger.sqlite-wal", "report.csv"} <= {*files}
    return files


@pytest.mark.parametrize("status", [200, 400, 401, 500, None])
@pytest.mark.parametrize("account", ACCOUNTS, ids=lambda account: account.name)
def test_a_campaign(account: Account, status: int | None, tmp_path: Path) -> None:
    """Batches that are refused, or in doubt, with words that repeat the request, leave none.

    Nor do they leave the signature of a request, which lets anybody repeat it.
    """

    def play(peer: Peer) -> None:
        for request in server.read(peer):
            if status is None:
                peer.close()
            else:
                peer.send(answer(status, ECHOES["in JSON"](repeated(request))))

    with Server(play) as server:
        files = run_campaign(account, f"http://{LOOPBACK}:{server.port}", tmp_path)
        targets = " ".join(each.target for each in server.requests)
    signatures = re.findall("[0-9a-f]{64}", targets)
    assert targets
    if status == 400 and account.name in ("textit", "hyber"):
        # The server's words are kept, masked.
        assert b"***" in files["ledger.sqlite-wal"]
        assert b"***" in files["report.csv"]
    assert bool(signatures) == (account.name == "ogangi")
    for name, content in files.items():
        assert not [each for each in signatures if each.encode() in content], name


@pytest.mark.parametrize("account", ACCOUNTS, ids=lambda account: account.name)
def test_an_accepted_campaign(account: Account, tmp_path: Path) -> None:
    """What a server accepts leaves none."""
    with host([account.sandbox()]) as hosted:
        run_campaign(account, hosted.url, tmp_path)


def test_accepted_with_words_that_repeat_the_request(tmp_path: Path) -> None:
    """An answer that accepts a batch, and repeats the request in its fields, leaves none."""
    account = next(each for each in ACCOUNTS if each.name == "textit")

    def play(peer: Peer) -> None:
        for request in server.read(peer):
            read = repeated(request)
            body = {"id": 1, "uuid": read, "status": "queued", "text": read, "urns": [read]}
            peer.send(answer(201, json.dumps(body)))

    with Server(play) as server:
        files = run_campaign(account, f"http://{LOOPBACK}:{server.port}", tmp_path)
    assert files["report.csv"].count(b",,queued,1,") == 2  # accepted, with an id that is masked
    assert b"Token ***" in files["ledger.sqlite-wal"]


@pytest.mark.parametrize("wrong", [{"colour": "red"}, {"seconds": "soon"}, {"token": []}])
def test_the_settings_of_a_wrapper(wrong: dict[str, object]) -> None:
    """A wrapper's settings hide its credentials as a provider's do: in repr, in errors."""

    @attrs.frozen(kw_only=True)
    class Wrapper:
        token: Secret
        seconds: float = 1.0

    secret = sentinel("wrapper")
    values: dict[str, object] = {"token": secret, **wrong}
    if "token" in wrong:
        values["token"] = [secret]
    named = NamedWrapper("tell", values)
    profile = Profile("front", "textit", {"token": secret}, Path("polycast.toml"), (named,))
    with pytest.raises(SettingsError) as caught:
        build_settings(Wrapper, "tell", keywords=values, environment={})
    made = build_settings(Wrapper, "tell", keywords={"token": secret}, environment={})
    assert_hidden(shown_by(caught.value))
    assert_hidden([("repr", f"{named!r} {named} {profile!r} {profile} {made!r} {made}")])
