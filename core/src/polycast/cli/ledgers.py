"""Opens the ledger of a command, and tells campaign ids from provider ids."""

import re
from importlib.util import find_spec
from typing import TYPE_CHECKING

from polycast.errors import LedgerError, UsageError

if TYPE_CHECKING:
    from polycast.campaign import Campaign, Ledger
    from polycast.cli.session import Session
    from polycast.client import Client
    from polycast.model.messages import Status

__all__ = ["has_ledgers", "is_campaign", "note_status", "open_ledger", "profile_of", "the_campaign"]

_CAMPAIGN = re.compile(r"c-[2-9a-z]{6}\Z")


def is_campaign(id: str) -> bool:
    """Whether an id is a campaign's; no provider's ids have this form."""
    return _CAMPAIGN.match(id) is not None


def has_ledgers() -> bool:
    """Whether the extra is installed that keeps ledgers."""
    return find_spec("sqlalchemy") is not None


def open_ledger(url: str | None, *, new: bool = False) -> "Ledger":
    """Open the ledger; SQLAlchemy is imported only here.

    Args:
        url: what `--ledger` names, if anything.
        new: whether a file that `--ledger` names is made, where there is none.

    Raises:
        UsageError: the extra is not installed, or the URL is of no kind that is known.
        LedgerError: it cannot be opened, or is not there.
    """
    try:
        from polycast.campaign import Ledger
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != "sqlalchemy":
            raise
        raise UsageError(
            'Campaigns need the extra that keeps their ledger: pip install "polycast[campaign]".'
        ) from None
    if url is not None and not new:
        from polycast.campaign.store import place

        name, file = place(url)
        if file is not None and not file.exists():
            raise LedgerError(f"There is no ledger {name}: give --ledger the file that has it.")
    return Ledger.open(url)


def note_status(session: "Session", client: "Client", status: "Status", url: str | None) -> None:
    """Write the state of a single message to the ledger, if there is one that has the message.

    The state was asked for and is shown: a ledger that cannot be used is no error.

    Args:
        session: of this command.
        client: who was asked.
        status: the answer.
        url: what `--ledger` names, if anything.
    """
    if not has_ledgers():
        return
    from polycast.campaign.store import place

    _, file = place(url)
    if file is not None and not file.exists():
        return
    try:
        with open_ledger(url) as ledger:
            ledger.note(client, [status])
    except LedgerError as error:
        session.screen.aside(f"The state was not recorded: {error}")


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
