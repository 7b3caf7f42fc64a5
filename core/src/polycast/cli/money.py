"""What a campaign costs, in words and as JSON, and the limit of `--max-cost`."""

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import typer

from polycast.cli.screen import counted
from polycast.cli.session import Session
from polycast.client import Client
from polycast.config.prices import Prices
from polycast.errors import SettingsError, UsageError
from polycast.model.messages import Message
from polycast.model.segments import count_segments

if TYPE_CHECKING:
    from polycast.campaign import Campaign, Cost

__all__ = [
    "MaxCost",
    "check_cost",
    "cost_in_ledger",
    "cost_of",
    "cost_of_message",
    "described_cost",
    "read_limit",
    "shown_cost",
]

MaxCost = Annotated[
    str | None,
    typer.Option(
        "--max-cost",
        metavar="AMOUNT",
        help="Refuse what may cost more, by the prices of the profile: 50, or 50 EUR.",
    ),
]
#: The currency is what the prices call it: a code, a sign or a word.
_AMOUNT = re.compile(r"([0-9]+(?:\.[0-9]+)?)(?:\s*([^\s\d.,+\-].*))?")


def cost_of(session: Session, client: Client, campaign: "Campaign", profile: str) -> "Cost | None":
    """Return what a campaign costs; None where its profile has no prices."""
    prices = _prices(session, profile)
    return None if prices is None else campaign.cost(client, prices)


def cost_of_message(session: Session, profile: str, message: Message) -> str | None:
    """Return what a message costs, in words; None where its profile has no price for it."""
    prices = _prices(session, profile)
    segments = count_segments(message.text or "").parts
    if prices is None:
        return None
    amount = prices.of(message.to, segments, message.channels)
    return None if amount is None else f"up to {money(amount, prices.currency)}"


def _prices(session: Session, profile: str) -> Prices | None:
    found = session.accounts[0].get(profile)
    return None if found is None else found.prices


def cost_in_ledger(session: Session, campaign: "Campaign") -> "Cost | None":
    """Return the same for a campaign whose account is not connected.

    The account is connected, without a request, only if its profile has prices.
    """
    if _prices(session, campaign.profile) is None:
        return None
    try:
        with session.connect(campaign.profile) as client:
            return cost_of(session, client, campaign, campaign.profile)
    except SettingsError as error:
        session.screen.remark(f"The cost is not known: {error}")
        return None


def shown_cost(cost: "Cost | None") -> str | None:
    """Return what a campaign costs, in words."""
    if cost is None:
        return None
    words = f"up to {money(cost.planned, cost.currency)}"
    if cost.accepted:
        words += f", of which up to {money(cost.accepted, cost.currency)} is accepted"
    if cost.unpriced:
        words += f"; {counted(cost.unpriced, 'recipient')} without a price"
    return words


def described_cost(cost: "Cost | None") -> dict[str, Any] | None:
    """Return what a campaign costs, as JSON values; amounts are texts."""
    if cost is None:
        return None
    return {
        "currency": cost.currency,
        "planned": f"{cost.planned:f}",
        "accepted": f"{cost.accepted:f}",
        "unpriced": cost.unpriced,
    }


def money(amount: Decimal, currency: str) -> str:
    """Return an amount with two decimals, or as many as it has."""
    whole, _, decimals = f"{amount:,f}".partition(".")
    return f"{whole}.{decimals.rstrip('0').ljust(2, '0')} {currency}"


def read_limit(text: str) -> tuple[Decimal, str | None]:
    """Return what `--max-cost` says: an amount, and a currency where it has one.

    Raises:
        UsageError: it is no amount.
    """
    match = _AMOUNT.fullmatch(text.strip())
    if match is None:
        raise UsageError(f"--max-cost {text!r} is not an amount: write it as 50, or 50 EUR.")
    return Decimal(match[1]), match[2]


def check_cost(session: Session, cost: "Cost | None", limit: str | None, profile: str) -> None:
    """Refuse what may cost more than `--max-cost` says.

    Raises:
        UsageError: it may cost more, or nobody knows what it costs.
    """
    if limit is None:
        return
    most, currency = read_limit(limit)
    if cost is None and profile in session.accounts[1]:
        raise UsageError(
            f"--max-cost does not work with {profile}, which is a route: prices belong to a "
            "profile. Send through one of its members, or leave --max-cost out. Nothing was sent."
        )
    if cost is None:
        raise UsageError(
            f"--max-cost needs the prices of {profile}: write them into polycast.toml, "
            f"[profiles.{profile}.prices]."
        )
    if currency is not None and currency.upper() != cost.currency.upper():
        raise UsageError(f"--max-cost is in {currency}, and the prices are in {cost.currency}.")
    if cost.unpriced:
        raise UsageError(
            f"{counted(cost.unpriced, 'recipient')} cannot be priced, so --max-cost cannot hold: "
            f"add their prices to [profiles.{profile}.prices], or a default. Nothing was sent."
        )
    if cost.planned > most:
        raise UsageError(
            f"It may cost {money(cost.planned, cost.currency)}, more than --max-cost "
            f"{money(most, cost.currency)}. Nothing was sent."
        )
