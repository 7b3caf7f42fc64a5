"""Where the ledger is, and whether it opens."""

import os
from pathlib import Path

import attrs

from polycast.errors import PolycastError

__all__ = ["LedgerState", "examine_ledger"]


@attrs.frozen
class LedgerState:
    """What is known of the ledger.

    Args:
        place: the file, or the URL without a password; None where campaigns cannot be kept.
        detail: what there is to say of it.
        problem: why it cannot be used, as a sentence.
    """

    place: str | None
    detail: str
    problem: str | None = None


def examine_ledger() -> LedgerState:
    """Look at the ledger that a command would use; a file is not made where there is none."""
    try:
        from polycast.campaign import Ledger
        from polycast.campaign.store import place
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != "sqlalchemy":
            raise
        return LedgerState(None, 'needs the extra: pip install "polycast[campaign]"')
    try:
        shown, path = place()
    except PolycastError as error:
        return LedgerState(None, "cannot be opened", str(error))
    if path is not None and not path.exists():
        folder = _nearest(path)
        if folder.is_dir() and os.access(folder, os.W_OK):
            return LedgerState(shown, "not there yet; the first broadcast makes it")
        problem = f"The ledger {shown} cannot be made: {folder} may not be written to."
        return LedgerState(shown, "cannot be made", problem)
    try:
        Ledger.open().close()
    except PolycastError as error:
        return LedgerState(shown, "cannot be opened", str(error))
    return LedgerState(shown, "opens")


def _nearest(path: Path) -> Path:
    """Return the innermost of the folders around a file that there is."""
    return next((folder for folder in path.absolute().parents if folder.exists()), Path("/"))
