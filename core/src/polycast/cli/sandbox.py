"""`polycast sandbox`."""

import json
import re
import sys
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from polycast.cli.exits import ExitCode
from polycast.cli.session import Session
from polycast.errors import UsageError

if TYPE_CHECKING:
    from polycast.sandbox import Hosted, Sandbox

__all__ = ["need_sandbox", "sandbox", "toml_key", "toml_value"]

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+\Z")


def sandbox(
    ctx: typer.Context,
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="On 127.0.0.1; 0 takes any free one.")
    ] = 8025,
) -> int:
    """Run a fake of every installed provider on this machine until Ctrl-C.

    It prints a settings file with a profile for each.
    """
    session: Session = ctx.obj
    need_sandbox()
    from polycast.sandbox import host, installed

    with session.screen.busy("Looking at what is installed"):
        offered = installed(lambda broken: session.screen.remark(f"Left out: {broken}"))
    if not offered:
        raise UsageError(
            "No installed provider brings a sandbox: install one, e.g. pip install polycast-textit."
        )
    try:
        with host([kind() for kind in offered.values()], port=port) as hosted:
            _print_settings(session, hosted, offered)
            while True:
                time.sleep(3600)
    except KeyboardInterrupt:
        session.screen.aside("\nThe sandbox has stopped.")
    return ExitCode.DONE


def _print_settings(
    session: Session, hosted: "Hosted", offered: "Mapping[str, type[Sandbox]]"
) -> None:
    lines = [f"# What arrives is shown at {hosted.url}/"]
    for name, kind in offered.items():
        settings = {"provider": name, "base_url": hosted.base_url(name), **kind.settings()}
        lines += ["", f"[profiles.{toml_key(name + '-sandbox')}]"]
        lines += [f"{toml_key(key)} = {toml_value(value)}" for key, value in settings.items()]
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()
    first = next(iter(offered))
    session.screen.aside(
        f"\nKept as sandbox.toml: polycast --config sandbox.toml send {first}-sandbox "
        "+380961234501 --text Hello\nCtrl-C stops the sandbox."
    )


def need_sandbox() -> None:
    """Say how to install what sandboxes need, if it is not there.

    Raises:
        UsageError: it is not.
    """
    try:
        import polycast.sandbox  # noqa: F401
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] == "polycast":
            raise
        raise UsageError(
            f'The sandbox needs its extra: pip install "polycast[sandbox]" ({error}).'
        ) from None


def toml_key(name: str) -> str:
    """Return a name as a key of TOML."""
    return name if _BARE_KEY.match(name) else toml_value(name)


def toml_value(value: object) -> str:
    """Return a setting as TOML, whose strings, numbers and booleans are JSON's."""
    return json.dumps(
        value if isinstance(value, bool | int | float) else str(value), ensure_ascii=False
    )
