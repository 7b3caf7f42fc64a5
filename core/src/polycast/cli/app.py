"""The commands, and the options that come before them."""

import inspect
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from polycast.cli import (
    balance,
    broadcast,
    campaigns,
    check,
    doctor,
    find,
    init,
    new_provider,
    providers,
    sandbox,
    send,
    status,
    suppress,
    wrappers,
)
from polycast.cli.boundary import Boundary
from polycast.cli.help import Command
from polycast.cli.session import Session, log_to_stderr
from polycast.model.messages import Action

__all__ = ["app"]

app = typer.Typer(
    cls=Boundary,
    no_args_is_help=True,
    # A traceback shows no values: they may be secrets.
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _tell_version(ctx: typer.Context, value: bool) -> None:
    if value:
        ctx.ensure_object(Session).screen.line(f"polycast {version('polycast')}")
        raise typer.Exit


@app.callback()
def start(
    ctx: typer.Context,
    config: Annotated[
        Path | None,
        typer.Option("--config", metavar="FILE", help="Read profiles from this file alone."),
    ] = None,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Show logs, on standard error.")
    ] = False,
    tell_version: Annotated[
        bool,
        typer.Option("--version", callback=_tell_version, is_eager=True, help="Tell the version."),
    ] = False,
) -> None:
    """Send messages and broadcasts through any provider, and follow what becomes of them.

    Accounts are described in polycast.toml, here or in your config folder, or in the environment.

    Exit codes: 0 done, 1 refused or failed, 2 wrong usage, 3 partly failed or in doubt.
    """
    session = ctx.ensure_object(Session)
    session.config = config
    session.verbose = verbose
    if verbose:
        log_to_stderr()


def _enter(
    command: Callable[..., object], name: str | None = None, *, group: typer.Typer = app
) -> None:
    """Add a command whose help text is its docstring, wrapped to the terminal.

    Typer wraps only the first paragraph itself.
    """
    paragraphs = (inspect.getdoc(command) or "").split("\n\n")
    words = "\n\n".join(" ".join(each.split()) for each in paragraphs)
    group.command(name, cls=Command, help=words)(command)


_enter(init.init)
_enter(providers.providers)
_enter(wrappers.wrappers)
_enter(send.send)
_enter(check.check)
_enter(broadcast.broadcast)
_enter(status.status)
_enter(status.watch)
_enter(status.control(Action.PAUSE), "pause")
_enter(campaigns.resume)
_enter(status.control(Action.STOP), "stop")
_enter(status.control(Action.DELETE), "delete")
_enter(find.find)
_enter(campaigns.campaigns)
_enter(campaigns.report)
_enter(campaigns.forget)
app.add_typer(suppress.suppress, name="suppress", help="Keep a list of whom nothing is sent to.")
_enter(suppress.add, group=suppress.suppress)
_enter(suppress.remove, group=suppress.suppress)
_enter(suppress.show, "list", group=suppress.suppress)
_enter(suppress.import_, "import", group=suppress.suppress)
_enter(suppress.export, group=suppress.suppress)
_enter(balance.balance)
_enter(doctor.doctor)
_enter(sandbox.sandbox)
app.command(context_settings=new_provider.HANDED_ON, add_help_option=False)(
    new_provider.new_provider
)
