"""`polycast check`."""

from typing import Annotated

import typer

from polycast.cli.content import MaxSegments
from polycast.cli.dry_run import show_list, show_plan
from polycast.cli.exits import ExitCode
from polycast.cli.lists import (
    BadRowsFile,
    Column,
    Delimiter,
    Encoding,
    Hidden,
    ListFile,
    ListText,
    Region,
    Sheet,
    Suppress,
    open_list,
)
from polycast.cli.options import Json
from polycast.cli.session import Session
from polycast.model.messages import Broadcast

__all__ = ["check"]


def check(
    ctx: typer.Context,
    file: ListFile,
    text: ListText = None,
    profile: Annotated[
        str | None,
        typer.Option(
            "--profile",
            metavar="PROFILE",
            help="Check what its provider can be told, too, as a dry run does.",
        ),
    ] = None,
    max_segments: MaxSegments = None,
    region: Region = None,
    suppress: Suppress = None,
    encoding: Encoding = None,
    delimiter: Delimiter = None,
    sheet: Sheet = None,
    column: Column = None,
    hidden_rows: Hidden = None,
    bad_rows: BadRowsFile = None,
    json: Json = False,
) -> ExitCode:
    """Check a list of recipients, and show how it is read. Nothing is sent.

    With --text, each row must have what the text needs. The exit code is 2 where a broadcast
    would be stopped by bad rows.
    """
    session: Session = ctx.obj
    people = open_list(
        file,
        region=region,
        suppress=suppress,
        encoding=encoding,
        delimiter=delimiter,
        sheet=sheet,
        column=column,
        hidden_rows=hidden_rows,
    ).validated_for(text, max_segments=max_segments)
    if profile is None:
        return show_list(session, people, text, bad_rows)
    with session.connect(profile) as client:
        wanted = Broadcast(recipients=people, text=text)
        return show_plan(session, client, wanted, people, None, bad_rows, None, None, profile)
