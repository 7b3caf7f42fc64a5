"""What the command line sends, as the sandbox of a provider receives it."""

import json
import os
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from polycast.cli.app import app
from polycast.sandbox import Sandbox, host, installed
from typer.testing import CliRunner, Result

from tests.workspace import ROOT

Run = Callable[..., Result]


@pytest.fixture
def hyber(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """A sandbox of Hyber, which the settings of an empty folder name."""
    monkeypatch.chdir(tmp_path)
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setenv("POLYCAST_LEDGER", str(tmp_path / "ledger.sqlite"))
    mask = os.umask(0o077)
    kind = installed()["hyber"]
    with host([kind()]) as hosted:
        settings = {"base_url": hosted.base_url("hyber"), **kind.settings()}
        for name, value in settings.items():
            monkeypatch.setenv(f"POLYCAST_HYBER_{name}".upper(), str(value))
        yield hosted.sandboxes["hyber"]
    os.umask(mask)


@pytest.fixture
def run(hyber: Sandbox) -> Run:
    """Return a function that runs the command in this process."""

    def run(*args: str) -> Result:
        return CliRunner().invoke(app, args, catch_exceptions=False)

    return run


def bodies(sandbox: Sandbox) -> list[dict[str, object]]:
    return [json.loads(each.body) for each in sandbox.requests]


WORDS = (
    *("--text", "The kitchen closes at ten.", "--channels", "viber,sms", "--ttl", "2h"),
    *("--option", "viber.image=https://x.test/a.png", "--option", "viber.caption=Book"),
    *("--option", "viber.action=https://x.test", "--option", "sms.ttl=10min"),
    *("--callback-url", "https://x.test/reports"),
)


def test_channels_and_options_arrive(run: Run, hyber: Sandbox) -> None:
    """`send` tells the provider the channels, their options, the time to live and the callback."""
    result = run("send", "hyber", "+380961234501", *WORDS)

    assert result.exit_code == 0, result.stderr
    (body,) = bodies(hyber)
    assert body["channels"] == ["viber", "sms"]
    options = body["channel_options"]
    assert isinstance(options, dict)
    assert options["viber"]["img"] == "https://x.test/a.png"
    assert options["viber"]["caption"] == "Book"
    assert (options["viber"]["ttl"], options["sms"]["ttl"]) == (7200, 600)
    assert body["callback_url"] == "https://x.test/reports"


def test_a_broadcast_has_the_same_options(run: Run, hyber: Sandbox) -> None:
    """`broadcast` sends with the same options as `send`, and its campaign keeps them."""
    Path("list.csv").write_text("to\n+380961234501\n+380961234502\n")
    result = run("broadcast", "hyber", "list.csv", *WORDS)

    assert result.exit_code == 0, result.stderr
    (body,) = bodies(hyber)
    options = body["channel_options"]
    assert isinstance(options, dict)
    assert options["viber"]["img"] == "https://x.test/a.png"


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ("viber.picture=a", "viber.picture: there is no such option, but viber.text"),
        ("telegram.text=a", "telegram: there is no such option, but viber, sms"),
        ("viber.image", "has no value"),
        ("viber.count_clicks=maybe", "'maybe' is not of its kind"),
        ("viber.ttl=soon", "'soon' is not a length of time"),
        ("viber.ttl=3s", "viber takes a ttl of 40"),
    ],
)
def test_an_option_that_cannot_be_meant(run: Run, hyber: Sandbox, option: str, words: str) -> None:
    """An option that the provider does not have, or a wrong value, is wrong usage."""
    result = run("send", "hyber", "+380961234501", "--text", "Hi", "--option", option)

    assert result.exit_code == 2
    assert words in result.stderr
    assert hyber.requests == []


def test_a_dry_run_of_one_message(run: Run, hyber: Sandbox) -> None:
    """`send --dry-run` checks the message and shows it; no request is made."""
    result = run("send", "hyber", "+380961234501", *WORDS, "--dry-run")

    assert result.exit_code == 0, result.stderr
    facts = dict(line.split(maxsplit=1) for line in result.stdout.splitlines()[1:])
    assert facts["to"] == "+380961234501"
    assert facts["channels"] == "viber, sms"
    assert facts["segments"] == "1"
    told = json.loads(run("send", "hyber", "+380961234501", *WORDS, "--dry-run", "--json").stdout)
    assert (told["dry_run"], told["text"]) == (True, "The kitchen closes at ten.")
    assert run("send", "hyber", "group:7", "--text", "Hi", "--dry-run").exit_code == 2
    assert hyber.requests == []


def test_more_segments_than_wanted(run: Run, hyber: Sandbox) -> None:
    """--max-segments refuses a text that costs more SMS, of one message and of a list."""
    words = ("--text", "Жалейка " * 10, "--max-segments", "1")
    Path("list.csv").write_text("to\n+380961234501\n")

    for command in (("send", "hyber", "+380961234501"), ("broadcast", "hyber", "list.csv")):
        result = run(*command, *words)
        assert result.exit_code == 2
        assert "2 segments" in result.stderr or "2 SMS" in result.stderr
    assert hyber.requests == []


def test_a_balance_is_told(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """`balance` asks a provider that tells one, and says of another that it does not."""
    kind = installed()["smsby"]
    with host([kind()]) as hosted:
        for name, value in {"base_url": hosted.base_url("smsby"), **kind.settings()}.items():
            monkeypatch.setenv(f"POLYCAST_SMSBY_{name}".upper(), str(value))
        shown = run("balance", "smsby")
        told = fits("balance", run("balance", "smsby", "--json").stdout)
    assert shown.stdout.splitlines()[0].startswith("balance    100,000.")
    assert (Decimal(told["amount"]), told["currency"]) == (Decimal(100_000), "BYN")
    silent = run("balance", "hyber")
    assert silent.exit_code == 2
    assert "hyber does not offer balance" in silent.stderr


# What is printed for machines.

SCHEMA = json.loads((ROOT / "docs" / "output.schema.json").read_text(encoding="utf-8"))


def fits(name: str, printed: str) -> Any:
    """Return what was printed, if it is as the manual's schema describes it."""
    told = json.loads(printed)
    Draft202012Validator({**SCHEMA, "$ref": f"#/$defs/{name}"}).validate(told)
    return told


def test_the_schema_is_one() -> None:
    """The schema of the manual is a JSON Schema, and its page names each command's definition."""
    Draft202012Validator.check_schema(SCHEMA)
    page = (ROOT / "docs" / "json.md").read_text(encoding="utf-8")
    inner = {"state", "campaign_state", "price", "cost", "planned", "warning"}
    assert [name for name in SCHEMA["$defs"] if f"`{name}`" not in page and name not in inner] == []


def test_output_is_as_the_manual_says(run: Run, hyber: Sandbox) -> None:
    """What each command prints with --json fits its definition, and has no field besides."""
    Path("list.csv").write_text("to,name\n+380961234501,Olena\n12,Nobody\n+380961234502,Ira\n")
    words = ("broadcast", "hyber", "list.csv", "--text", "Dear {name}", "--skip-bad-rows", "--json")
    fits("dry_run", run(*words, "--dry-run").stdout)
    id = fits("campaign", run(*words).stdout)["id"]
    fits("campaigns", run("campaigns", "--json").stdout)
    fits("campaign", run("report", id, "--json").stdout)
    fits("campaign", run("resume", id, "--json").stdout)
    for line in run("report", id, "--jsonl", "-").stdout.splitlines():
        fits("result", line)
    fits("campaign_status", run("status", id, "--json", "--reports").stdout)
    fits("outcome", run("pause", id, "--json").stdout)
    fits("outcome", run("stop", id, "--json").stdout)
    fits("forgotten", run("forget", id, "--json").stdout)
    one = ("send", "hyber", "+380961234501", "--text", "Hi", "--json")
    fits("message_plan", run(*one, "--dry-run").stdout)
    sent = fits("receipt", run(*one).stdout)
    fits("status", run("status", sent["id"], "--profile", "hyber", "--json").stdout)
    fits("suppressed", run("suppress", "add", "+380961234503", "--json").stdout)
    fits("suppressions", run("suppress", "list", "--json").stdout)
    failed = run("report", "c-222222", "--json")
    assert failed.exit_code == 2
    fits("error", failed.stderr.splitlines()[-1])
