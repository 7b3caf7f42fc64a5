"""The arguments and options that several commands share."""

from datetime import datetime
from typing import Annotated

import typer

from polycast.cli import completion
from polycast.cli.session import Session
from polycast.errors import UsageError
from polycast.model.templates import Template

__all__ = [
    "BatchSize",
    "CampaignId",
    "ErrorThreshold",
    "Id",
    "IgnoreSuppressions",
    "Json",
    "Key",
    "LedgerUrl",
    "Profile",
    "ProfileOption",
    "Rate",
    "Settle",
    "Text",
    "Workers",
    "Yes",
    "filled_key",
]


def _note_json(ctx: typer.Context, value: bool) -> bool:
    ctx.ensure_object(Session).json = value
    return value


Profile = Annotated[
    str,
    typer.Argument(
        metavar="PROFILE",
        help="A profile of polycast.toml, or a provider's name.",
        autocompletion=completion.profiles,
    ),
]
Id = Annotated[
    str,
    typer.Argument(
        metavar="ID",
        help="A campaign; or the id of a message or broadcast, with --profile.",
        autocompletion=completion.campaigns,
    ),
]
ProfileOption = Annotated[
    str | None,
    typer.Option(
        "--profile",
        metavar="PROFILE",
        help="Whose message or broadcast it is. The ledger knows that of a campaign.",
        autocompletion=completion.profiles,
    ),
]
CampaignId = Annotated[
    str,
    typer.Argument(
        metavar="CAMPAIGN",
        help="Its id, such as c-7f3k2q; campaigns lists them.",
        autocompletion=completion.campaigns,
    ),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before it is done.")]
LedgerUrl = Annotated[
    str | None,
    typer.Option(
        "--ledger",
        metavar="URL",
        help="The record of campaigns: a file, or postgresql://...; by default POLYCAST_LEDGER, "
        "else a file in your data folder.",
    ),
]
Workers = Annotated[
    int, typer.Option("--workers", metavar="N", min=1, help="Calls to the provider at a time.")
]
ErrorThreshold = Annotated[
    int,
    typer.Option(
        "--error-threshold",
        metavar="N",
        min=0,
        help="Pause after so many failed calls in a row; 0 for never.",
    ),
]
BatchSize = Annotated[
    int | None,
    typer.Option(
        "--batch-size",
        metavar="N",
        min=1,
        help="Recipients per call, at most; by default 1,000, or the provider's limit.",
    ),
]
Rate = Annotated[
    str | None,
    typer.Option("--rate", metavar="RATE", help="No faster than: 100/s, 5000/min, 2500 calls/h."),
]
IgnoreSuppressions = Annotated[
    bool,
    typer.Option(
        "--ignore-suppressions", help="Send also to whom the ledger's suppression list names."
    ),
]
Json = Annotated[
    bool,
    typer.Option("--json", callback=_note_json, help="Print JSON instead, for machines."),
]
Key = Annotated[
    str | None,
    typer.Option(
        "--key",
        metavar="KEY",
        help="Send it once: a later call with this key sends nothing again. {date} and {hour} are "
        "filled in.",
    ),
]
Settle = Annotated[
    float,
    typer.Option(
        "--settle",
        metavar="SECONDS",
        min=0,
        help="How long a request of a process that died may still be on its way.",
    ),
]
Text = Annotated[str | None, typer.Option("--text", "-t", help="What to say.")]


def filled_key(key: str | None, now: datetime | None = None) -> str | None:
    """Fill `{date}` and `{hour}` of `--key` in, such as 2026-11-27 and 09.

    Args:
        key: what `--key` names.
        now: the local moment; the present when None.

    Raises:
        UsageError: it has another placeholder, or its braces do not match.
    """
    if key is None:
        return None
    now = now or datetime.now().astimezone()
    values = {"date": f"{now:%Y-%m-%d}", "hour": f"{now:%H}"}
    try:
        return Template.parse(key).render(values)
    except UsageError:
        raise UsageError(
            f"--key {key!r} cannot be filled in: there are {{date}} and {{hour}}, and "
            "'{{' and '}}' are literal braces."
        ) from None
