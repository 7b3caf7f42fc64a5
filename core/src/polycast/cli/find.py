"""`polycast find`."""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from polycast.cli.exits import ExitCode
from polycast.cli.ledgers import open_ledger
from polycast.cli.options import Json, LedgerUrl
from polycast.cli.report import state_shown
from polycast.cli.screen import shown
from polycast.cli.session import Session
from polycast.model.serialization import plain

if TYPE_CHECKING:
    from polycast.campaign import Found

__all__ = ["find"]


def find(
    ctx: typer.Context,
    what: Annotated[
        str,
        typer.Argument(
            metavar="WHAT",
            help="An address such as +375291234567, a reference, a provider's id, or a key.",
        ),
    ],
    ledger: LedgerUrl = None,
    json: Json = False,
) -> int:
    """Show every message in the ledger to an address, and what became of each.

    The provider is not asked: `status` and `watch` do that.
    """
    session: Session = ctx.obj
    with open_ledger(ledger) as opened:
        with session.screen.busy("Searching ..."):
            found = opened.find(what)
        name = opened.name
    if json:
        session.screen.json([plain(each) for each in found])
    elif not found:
        session.screen.line(f"The ledger {name} has nothing to {what}.")
    else:
        session.screen.table(
            ("sent", "to", "profile", "campaign or key", "state", "id"),
            [_row(each) for each in found],
        )
    return ExitCode.DONE


def _row(found: "Found") -> tuple[object, ...]:
    sent = found.sent_at
    state = state_shown(found.state)
    detail = found.detail if found.code is None else f"{found.detail or ''} ({found.code})".strip()
    if detail:
        state = Text.assemble(state, (f" ({shown(detail)})", "default"))
    return (
        None if sent is None else sent.astimezone().isoformat(" ", "minutes")[:16],
        found.to,
        found.profile,
        found.campaign or found.key,
        state,
        found.message_id or found.batch_id,
    )
