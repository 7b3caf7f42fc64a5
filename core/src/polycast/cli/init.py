"""`polycast init`."""

import inspect
import os
import re
import typing
from pathlib import Path
from typing import Annotated, Any

import attrs
import typer

from polycast.cli.exits import ExitCode
from polycast.cli.sandbox import toml_key, toml_value
from polycast.cli.session import Session
from polycast.config.profiles import FILE_NAME
from polycast.config.settings import ProviderSettings, variable
from polycast.errors import BrokenProvider, UsageError
from polycast.masking.secret import Secret
from polycast.plugins.registry import installed_providers, load_provider

__all__ = ["init"]

_HEAD = """\
# Accounts of Polycast: one profile each, of the provider that it names.
# "env:NAME" is read from the environment, so that this file holds no secret.
# `polycast doctor` says what is missing.
"""
#: The description of a setting, up to the next one.
_DESCRIBED = re.compile(r"^    ([a-z_0-9]+): (.*(?:\n        .*)*)", re.MULTILINE)


def init(
    ctx: typer.Context,
    providers: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="PROVIDER", help="Whose accounts you have; others are written as comments."
        ),
    ] = None,
) -> int:
    """Write polycast.toml here, with a commented profile for each installed provider.

    A file that is there already is not touched.
    """
    session: Session = ctx.obj
    wanted = providers or []
    parts = [_HEAD]
    for name in [*wanted, *(each for each in installed_providers() if each not in wanted)]:
        try:
            settings = load_provider(name).Settings
        except BrokenProvider as error:
            if name in wanted:
                raise
            session.screen.remark(f"Left out: {error}")
            continue
        parts.append(_profile(name, settings, chosen=name in wanted))
    path = session.config or Path(FILE_NAME)
    try:
        # It may come to hold secrets, and is read only if nobody else can read it.
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise UsageError(f"{path} is there already, and was not touched.") from None
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}.") from None
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write("\n".join(parts))
    session.screen.line(f"Written to {path}. Fill in your accounts; polycast doctor checks them.")
    return ExitCode.DONE


def _profile(name: str, settings: type, *, chosen: bool) -> str:
    """Return the profile of a provider, as comments where it is not chosen."""
    common = {field.name for field in attrs.fields(ProviderSettings)}
    words = dict(_DESCRIBED.findall(inspect.getdoc(settings) or ""))
    hints = typing.get_type_hints(settings)
    mark = "" if chosen else "# "
    lines = [f"{mark}[profiles.{toml_key(name)}]", f"{mark}provider = {toml_value(name)}"]
    for field in attrs.fields(settings):
        if field.name in common:
            continue
        described = " ".join(words.get(field.name, "").split())
        if described:
            lines.append(f"# {field.name}: {described}")
        required = field.default is attrs.NOTHING
        before = mark if required else "# "
        value = _example(name, field, hints[field.name])
        lines.append(f"{before}{field.name} = {toml_value(value)}")
    return "\n".join(lines) + "\n"


def _example(provider: str, field: "attrs.Attribute[Any]", hint: Any) -> object:
    if hint is Secret or Secret in typing.get_args(hint):
        return f"env:{variable(provider, field.name).removeprefix('POLYCAST_')}"
    if isinstance(field.default, bool | int | float | str):
        return field.default
    return 0 if hint is int else "..."
