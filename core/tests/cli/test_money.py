"""What the command line says of money."""

import json
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any

import polycast
import pytest
from polycast import Broadcast
from polycast.campaign import Ledger
from polycast.cli.money import money

from .test_screen import on_a_terminal

ROWS = "to\n+380961234501\n+380961234502\n+375291234503\n"
WORDS = ("broadcast", "kyiv", "-", "--text", "Ваш столик готовий")


@pytest.fixture(autouse=True)
def prices(home: Path, memory: ModuleType) -> None:
    """A profile with prices."""
    (home / "polycast.toml").write_text(
        '[profiles.kyiv]\nprovider = "memory"\ntoken = "x"\n'
        '[profiles.kyiv.prices]\ncurrency = "EUR"\n"+380" = 0.045\n"+375" = { sms = 0.09 }\n'
    )


def test_a_dry_run_says_what_it_costs(run: Any) -> None:
    """The dry run of a list and of a message adds the prices up, in text and as JSON."""
    shown = run(*WORDS, "--dry-run", stdin=ROWS)
    assert "cost        up to 0.18 EUR\n" in shown.stdout
    told = json.loads(run(*WORDS, "--dry-run", "--json", stdin=ROWS).stdout)
    assert told["cost"] == {
        "currency": "EUR", "planned": "0.180", "accepted": "0", "unpriced": 0
    }  # fmt: skip
    one = run("send", "kyiv", "+375291234503", "--text", "Hi", "--dry-run")
    assert "cost      up to 0.09 EUR" in one.stdout


def test_the_report_says_what_is_accepted(run: Any) -> None:
    """After a broadcast, and from the ledger later, it is said how much of it is accepted."""
    rows = f"{ROWS}+380961233333\n"
    sent = run(*WORDS, "--batch-size", "1", stdin=rows)
    words = "up to 0.225 EUR, of which up to 0.18 EUR is accepted"
    assert words in sent.stdout
    (id,) = [each["id"] for each in json.loads(run("campaigns", "--json").stdout)]
    assert words in run("report", id).stdout
    assert json.loads(run("report", id, "--json").stdout)["cost"]["accepted"] == "0.180"


def test_a_recipient_without_a_price(run: Any) -> None:
    """Who has no price is counted, and in no amount."""
    shown = run(*WORDS, "--dry-run", stdin=f"{ROWS}+12125554501\n")
    assert "up to 0.18 EUR; 1 recipient without a price" in shown.stdout


@pytest.mark.parametrize(
    ("limit", "rows", "words"),
    [
        ("0.17", ROWS, "may cost 0.18 EUR, more than --max-cost 0.17 EUR"),
        ("1", f"{ROWS}+12125554501\n", "1 recipient cannot be priced"),
        ("1 USD", ROWS, "is in USD, and the prices are in EUR"),
        ("much", ROWS, "'much' is not an amount"),
    ],
)
@pytest.mark.parametrize("dry", [(), ("--dry-run",)])
def test_more_than_is_wanted(
    run: Any, memory: ModuleType, limit: str, rows: str, words: str, dry: tuple[str, ...]
) -> None:
    """--max-cost refuses what may cost more: nothing is sent, and no campaign is left."""
    result = run(*WORDS, *dry, "--max-cost", limit, "--key", "daily", stdin=rows)
    assert result.exit_code == 2
    assert words in result.stderr
    assert memory.sent == []
    assert json.loads(run("campaigns", "--json").stdout) == []


def test_within_the_limit(run: Any, memory: ModuleType) -> None:
    """What costs no more is sent, also where the same key was refused before."""
    assert run(*WORDS, "--max-cost", "0.1", "--key", "daily", stdin=ROWS).exit_code == 2
    assert run(*WORDS, "--max-cost", "0.18", "--key", "daily", stdin=ROWS).exit_code == 0
    assert len(memory.sent) == 1


def test_without_prices(run: Any) -> None:
    """--max-cost of an account without prices is refused, and says where they belong."""
    result = run("broadcast", "memory", "-", "--text", "Hi", "--max-cost", "1", stdin=ROWS)
    assert result.exit_code == 2
    assert "[profiles.memory.prices]" in result.stderr


def test_max_cost_of_a_route(run: Any, home: Path) -> None:
    """A route can have no prices: the error does not advise to write them."""
    with (home / "polycast.toml").open("a") as file:
        file.write('[routes.sms]\nfailover = ["kyiv", "memory"]\n')
    result = run("broadcast", "sms", "-", "--text", "Hi", "--max-cost", "1", stdin=ROWS)
    assert result.exit_code == 2
    assert "sms, which is a route" in result.stderr
    assert "[profiles.sms" not in result.stderr


@pytest.mark.parametrize("currency", ["€", "грн", "CFA franc"])
def test_a_currency_has_any_name(run: Any, memory: ModuleType, home: Path, currency: str) -> None:
    """--max-cost takes each currency that prices may be in."""
    file = home / "polycast.toml"
    file.write_text(file.read_text("utf-8").replace("EUR", currency), "utf-8")
    assert run(*WORDS, "--max-cost", f"0.17 {currency}", stdin=ROWS).exit_code == 2
    assert run(*WORDS, "--max-cost", f"0.18 {currency}", stdin=ROWS).exit_code == 0
    assert len(memory.sent) == 1


def test_an_amount_of_any_size() -> None:
    """An amount has two decimals or as many as it has, whatever its size."""
    amounts = ("1e30", "0", "1234.5", "0.0450", "1e-9")
    assert [money(Decimal(each), "EUR") for each in amounts] == [
        "1,000,000,000,000,000,000,000,000,000,000.00 EUR",
        "0.00 EUR",
        "1,234.50 EUR",
        "0.045 EUR",
        "0.000000001 EUR",
    ]


def test_the_question_says_what_it_costs(home: Path, memory: ModuleType) -> None:
    """Before many are sent to, the cost stands in the question; after a no, the key is free."""
    (home / "many.csv").write_text("to\n" + "".join(f"+38096123{n}\n" for n in range(6000, 6101)))
    command = ("broadcast", "kyiv", "many.csv", "--text", "Hi", "--key", "daily")
    written = on_a_terminal(memory, *command, typed="n\n", code=1, COLUMNS="200")
    assert "up to 4.545 EUR" in written
    assert "up to 4.545 EUR" in on_a_terminal(memory, *command, typed="y\n", COLUMNS="200")


def test_what_is_being_sent_is_not_discarded(memory: ModuleType) -> None:
    """A campaign of which something has left stays in the ledger."""
    with Ledger.open() as ledger, polycast.connect("memory") as client:
        campaign = ledger.plan(client, Broadcast(text="Hi", recipients=["+380961234501"]))
        campaign.run(client)
        with pytest.raises(polycast.UsageError, match="stop it instead"):
            campaign.discard()
        assert campaign.progress().total == 1
