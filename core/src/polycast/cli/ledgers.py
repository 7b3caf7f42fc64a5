"""Opens the ledger of a command, and tells campaign ids from provider ids."""

import re
from importlib.util import find_spec
from typing import TYPE_CHECKING

from polycast.errors import UsageError

if TYPE_CHECKING:
    from polycast.campaign import Campaign, Ledger

__all__ = ["has_ledgers", "is_campaign", "open_ledger", "profile_of", "the_campaign"]

_CAMPAIGN = re.compile(r"c-[2-9a-z]{6}\Z")


def is_campaign(id: str) -> bool:
    """Whether an id is a campaign's; no provider's ids have this form."""
    return _CAMPAIGN.match(id) is not None


def has_ledgers() -> bool:
    """Whether the extra is installed that keeps ledgers."""
    return find_spec("sqlalchemy") is not None


def open_ledger(url: str | None) -> "Ledger":
    """Open the ledger; SQLAlchemy is imported only here.

    Args:
        url: what `--ledger` names, if anything.

    Raises:
        UsageError: the extra is not installed, or the URL is of no kind that is known.
        LedgerError: it cannot be opened.
    """
    try:
        from polycast.campaign import Ledger
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != "sqlalchemy":
            raise
        raise UsageError(
            'Campaigns need the extra that keeps their ledger: pip install "polycast[campaign]".'
        ) from None
    return Ledger.open(url)


def profile_of(id: str, profile: str | None) -> str:
    """Return the profile of a message or broadcast at a provider.

    Raises:
        UsageError: none was named.
    """
    if profile is None:
        raise UsageError(
            f"{id!r} is no campaign. Whose message or broadcast is it? Name the profile: "
            "--profile PROFILE."
        )
    return profile


def the_campaign(ledger: "Ledger", id: str, profile: str | None) -> "Campaign":
    """Return a campaign.

    Raises:
        UsageError: there is no such campaign, or it belongs to another profile than is named.
    """
    campaign = ledger.campaign(id)
    if profile is not None and campaign.profile != profile:
        raise UsageError(f"{id} was planned for the profile {campaign.profile!r}, not {profile!r}.")
    return campaign
