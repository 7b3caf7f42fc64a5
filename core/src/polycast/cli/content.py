"""What `send` and `broadcast` say and how: the options of both, and what is made of them."""

import json
import types
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import attrs
import typer

from polycast.cli.moments import duration
from polycast.client import Client
from polycast.errors import UsageError

__all__ = [
    "At",
    "CallbackUrl",
    "Channels",
    "MaxSegments",
    "Media",
    "Options",
    "Sender",
    "Ttl",
    "Zone",
    "content",
]

Sender = Annotated[
    str | None, typer.Option("--sender", help="The name or number that it comes from.")
]
At = Annotated[
    str | None,
    typer.Option(
        "--at",
        metavar="MOMENT",
        help='When to send it: 2030-01-31T09:00+02:00, or "tomorrow 09:00" with --zone.',
    ),
]
Zone = Annotated[
    str | None,
    typer.Option("--zone", metavar="ZONE", help="The time zone of --at, such as Europe/Minsk."),
]
Channels = Annotated[
    str | None,
    typer.Option("--channels", metavar="NAMES", help="In order, the first that works: viber,sms."),
]
Ttl = Annotated[
    str | None,
    typer.Option(
        "--ttl", metavar="TIME", help="How long the provider may go on trying: 90s, 15min, 2h, 1d."
    ),
]
CallbackUrl = Annotated[
    str | None,
    typer.Option("--callback-url", metavar="URL", help="Where delivery reports are pushed."),
]
Media = Annotated[
    list[str] | None,
    typer.Option("--media", metavar="FILE|URL", help="A picture or file; may be repeated."),
]
Options = Annotated[
    list[str] | None,
    typer.Option(
        "--option",
        metavar="NAME=VALUE",
        help="An option of the provider, such as viber.image=https://...; may be repeated.",
    ),
]
MaxSegments = Annotated[
    int | None,
    typer.Option(
        "--max-segments", metavar="N", min=1, help="Refuse a text that takes more SMS than this."
    ),
]


def content(
    client: Client,
    *,
    sender: str | None,
    at: datetime | None,
    channels: str | None,
    ttl: str | None,
    callback_url: str | None,
    media: list[str] | None,
    options: list[str] | None,
) -> dict[str, Any]:
    """Return the fields that a message and a broadcast share, of what was typed.

    Raises:
        UsageError: a value is not of its kind, there is no such file, or the provider has no such
            option.
    """
    return {
        "sender": sender,
        "send_at": at,
        "channels": [each.strip() for each in channels.split(",")] if channels else (),
        "ttl": duration("--ttl", ttl),
        "callback_url": callback_url,
        "media": _media_items(media or []),
        "options": _provider_options(client, options or []),
    }


def _media_items(values: list[str]) -> tuple[str | Path, ...]:
    """Return what `--media` names: URLs as they stand, files as paths."""
    items: list[str | Path] = [value if "://" in value else Path(value) for value in values]
    for item in items:
        if isinstance(item, Path) and not item.is_file():
            raise UsageError(f"--media {str(item)!r}: there is no such file.")
    return tuple(items)


def _provider_options(client: Client, pairs: list[str]) -> object | None:
    """Return the provider's own options class, filled with what `--option` names."""
    if not pairs:
        return None
    kind = client.features.options
    if kind is None:
        raise UsageError(f"--option {pairs[0]}: {client.provider_name} has no options of its own.")
    tree: dict[str, Any] = {}
    for pair in pairs:
        name, is_pair, value = pair.partition("=")
        if not is_pair:
            raise UsageError(f"--option {pair!r} has no value: write it as NAME=VALUE.")
        *path, last = name.split(".")
        place = tree
        for step in path:
            place = place.setdefault(step, {})
            if not isinstance(place, dict):
                raise UsageError(f"--option {name}: {step} has a value already.")
        if last in place:
            raise UsageError(f"--option {name} is given twice.")
        place[last] = value
    return _filled(kind, tree, "")


def _filled(kind: type, values: Mapping[str, Any], path: str) -> object:
    """Make a class of options of texts by the names of its fields."""
    hints = get_type_hints(kind)
    known = [field.name for field in attrs.fields(kind) if field.init]
    arguments = {}
    for name, value in values.items():
        if name not in known:
            listed = ", ".join(path + each for each in known)
            raise UsageError(f"--option {path}{name}: there is no such option, but {listed}.")
        arguments[name] = _typed(hints[name], value, path + name)
    try:
        return kind(**arguments)
    except UsageError as error:
        raise UsageError(f"--option {path}{', '.join(values)}: {error}") from None
    except TypeError:
        raise UsageError(
            f"--option {path}{', '.join(values)}: more is needed of {', '.join(known)}."
        ) from None


def _typed(hint: Any, value: Any, name: str) -> Any:
    """Return the value of an option in one of the types that its field takes."""
    kinds = _kinds(hint)
    if isinstance(value, dict):
        classes = [kind for kind in kinds if isinstance(kind, type) and attrs.has(kind)]
        return _filled(classes[0], value, f"{name}.") if classes else value
    if str in kinds:
        return value
    if timedelta in kinds:
        return duration(f"--option {name}", value)
    try:
        return json.loads(value)
    except ValueError:
        raise UsageError(
            f"--option {name}: {value!r} is not of its kind: write numbers, true and false as they "
            'are, and lists and objects as JSON, such as ["Yes", "No"].'
        ) from None


def _kinds(hint: Any) -> list[Any]:
    """Return the types that a hint names, one by one."""
    if get_origin(hint) in (Union, types.UnionType):
        return [kind for each in get_args(hint) for kind in _kinds(each)]
    if get_origin(hint) is Literal:
        return [type(each) for each in get_args(hint)]
    return [hint]
