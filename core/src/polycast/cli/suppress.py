"""`polycast suppress`: the suppression list of the ledger."""

import sys
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from polycast.cli.exits import ExitCode
from polycast.cli.help import Group
from polycast.cli.ledgers import open_ledger
from polycast.cli.lists import Region, open_addresses
from polycast.cli.options import Json, LedgerUrl
from polycast.cli.session import Session
from polycast.errors import UsageError
from polycast.model.serialization import plain

if TYPE_CHECKING:
    from polycast.campaign import Ledger, Suppression

__all__ = ["add", "export", "import_", "remove", "show", "suppress"]

suppress = typer.Typer(cls=Group, no_args_is_help=True)

Addresses = Annotated[
    list[str],
    typer.Argument(metavar="ADDRESS", help="A number such as +380961111111, or scheme:value."),
]
Reason = Annotated[
    str | None, typer.Option("--reason", metavar="TEXT", help="Why they must not be written to.")
]


def add(
    ctx: typer.Context,
    addresses: Addresses,
    reason: Reason = None,
    region: Region = None,
    ledger: LedgerUrl = None,
    json: Json = False,
) -> int:
    """Put addresses on the list: nothing is sent to them by this ledger any more.

    What is on it already keeps its moment and its reason.
    """
    with open_ledger(ledger, new=True) as opened:
        new = opened.suppressions.add(addresses, reason=reason, region=region)
        return _tell(ctx.obj, opened, "added", new)


def remove(
    ctx: typer.Context,
    addresses: Addresses,
    region: Region = None,
    ledger: LedgerUrl = None,
    json: Json = False,
) -> int:
    """Take addresses off the list: they may be written to again."""
    with open_ledger(ledger) as opened:
        removed = opened.suppressions.remove(addresses, region=region)
        return _tell(ctx.obj, opened, "removed", removed)


def show(ctx: typer.Context, ledger: LedgerUrl = None, json: Json = False) -> int:
    """Show the list, with the moment and the reason of each entry."""
    session: Session = ctx.obj
    with open_ledger(ledger) as opened:
        if json:
            session.screen.json([_described(each) for each in opened.suppressions])
            return ExitCode.DONE
        entries = [(each.to, _moment(each), each.reason) for each in opened.suppressions]
        name = opened.name
    if entries:
        session.screen.table(("to", "since", "reason"), entries)
    else:
        session.screen.line(f"The suppression list of {name} is empty.")
    return ExitCode.DONE


def import_(
    ctx: typer.Context,
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE",
            help="A list with a column 'to', and perhaps 'reason' and 'added_at'; or one address "
            "a line. '-' reads standard input.",
        ),
    ],
    reason: Reason = None,
    region: Region = None,
    ledger: LedgerUrl = None,
    json: Json = False,
) -> int:
    """Put the addresses of a file on the list; each row must be right, else nothing is added."""
    with open_ledger(ledger, new=True) as opened:
        new = opened.suppressions.add(_entries(file, region), reason=reason)
        return _tell(ctx.obj, opened, "added", new)


def export(
    ctx: typer.Context,
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="The CSV file; '-' is standard output.")
    ] = "-",
    ledger: LedgerUrl = None,
) -> int:
    """Write the list as CSV, with the columns to, reason and added_at; `import` reads it."""
    session: Session = ctx.obj
    with open_ledger(ledger) as opened:
        count = opened.suppressions.write_csv(sys.stdout if file == "-" else file)
    if file != "-":
        session.screen.aside(f"Written to {file}: {count:,}.")
    return ExitCode.DONE


def _entries(file: str, region: str | None) -> "Iterator[Suppression]":
    from polycast.campaign import Suppression

    for each in open_addresses(file, region):
        at = each.variables.get("added_at")
        try:
            moment = datetime.fromisoformat(at) if at else None
        except ValueError:
            raise UsageError(f"{file}: {at!r} of {each.to} is not a moment.") from None
        yield Suppression(each.to, each.variables.get("reason") or None, moment)


def _described(entry: "Suppression") -> dict[str, object]:
    return {"to": entry.to, "reason": entry.reason, "added_at": plain(entry.added_at)}


def _moment(entry: "Suppression") -> str | None:
    at = entry.added_at
    return None if at is None else at.astimezone().isoformat(" ", "minutes")[:16]


def _tell(session: Session, ledger: "Ledger", done: str, count: int) -> ExitCode:
    size = len(ledger.suppressions)
    if session.json:
        session.screen.json({done: count, "size": size})
    else:
        session.screen.line(
            f"{count:,} {done}; there are {size:,} on the suppression list of {ledger.name}."
        )
    return ExitCode.DONE
