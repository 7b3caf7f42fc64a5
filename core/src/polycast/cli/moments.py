"""Moments and lengths of time as they are typed."""

import re
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer

from polycast.cli.session import Session
from polycast.config.quiet import QuietHours
from polycast.errors import UsageError
from polycast.model.hours import SendingHours
from polycast.sending import admission

__all__ = ["Between", "NoWait", "duration", "hours_of", "moment", "zone_named"]

_DAY = re.compile(r"(today|tomorrow)[ T]+([0-9]{1,2}:[0-9]{2})")
_DAYS = {"today": 0, "tomorrow": 1}
_DURATION = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*(s|min|h|d)")
_UNITS = {"s": "seconds", "min": "minutes", "h": "hours", "d": "days"}
_EXAMPLE = '2030-01-31T09:00+02:00, or "tomorrow 09:00" with --zone Europe/Minsk'


Between = Annotated[
    str | None,
    typer.Option(
        "--between",
        metavar="HOURS",
        help="Submit it only then, by the clocks where each recipient is: 09:00-20:00.",
    ),
]
NoWait = Annotated[
    bool,
    typer.Option("--no-wait", help="End outside the hours of --between, instead of waiting."),
]


def hours_of(
    session: Session, profile: str, between: str | None, zone: str | None
) -> tuple[SendingHours | None, str | None]:
    """Return when a campaign may be submitted, and the zone of recipients of unknown zone.

    What the command line says counts, else what the profile says, or those of a route's members.

    Raises:
        UsageError: the hours or the zone are written otherwise, or members of a route differ.
    """
    if zone is not None:
        zone_named("--zone", zone)
    known = _quiet_hours(session, profile)
    if len(known) > 1 and (between is None or zone is None):
        raise UsageError(
            f"The members of the route {profile} have different quiet hours: name those that hold "
            "for this broadcast with --between, such as 09:00-20:00, and --zone."
        )
    quiet = next(iter(known), None)
    if between is not None:
        return SendingHours.parse(between), zone or (None if quiet is None else quiet.zone)
    return (None, None) if quiet is None else (quiet.between, zone or quiet.zone)


def _quiet_hours(session: Session, name: str) -> set[QuietHours]:
    """Return the quiet hours of a profile, or of all members of a route."""
    profiles, routes = session.accounts
    names, seen = [name], set[str]()
    known = set()
    while names:
        each = names.pop()
        if each in profiles:
            quiet = profiles[each].quiet
            known |= set() if quiet is None else {quiet}
        elif each in routes and each not in seen:
            seen.add(each)
            names += routes[each].members
    return known


def moment(text: str | None, zone: str | None = None) -> datetime | None:
    """Return what `--at` names.

    Args:
        text: an ISO 8601 moment, or a day (`today`, `tomorrow`) and a time.
        zone: what `--zone` names; for moments that do not say theirs.

    Raises:
        UsageError: it is not a moment, its zone is missing or is named twice, or clocks are
            changed at that moment.
    """
    if text is None:
        if zone is not None:
            raise UsageError(f"--zone {zone} is the zone of --at, which is missing.")
        return None
    named = None if zone is None else zone_named("--zone", zone)
    at = _read(text.strip(), named)
    if at.tzinfo is not None and named is not None:
        raise UsageError(f"--at {text!r} says its zone itself: leave --zone {zone} out.")
    if at.tzinfo is None:
        if named is None:
            raise UsageError(
                f"--at {text!r} has no zone: add --zone, such as --zone Europe/Minsk, or write it "
                "into the moment, such as Z or +02:00."
            )
        at = at.replace(tzinfo=named)
        if at.utcoffset() != at.replace(fold=1).utcoffset():
            raise UsageError(
                f"--at {text!r}: the clocks of {zone} are changed then, so that it is no moment "
                "or two. Write it with its offset, such as +02:00."
            )
    return at


def _read(text: str, zone: tzinfo | None) -> datetime:
    match = _DAY.fullmatch(text)
    try:
        if match is None:
            return datetime.fromisoformat(text)
        today: date = admission.now().astimezone(zone).date()
        hour, minute = map(int, match[2].split(":"))
        return datetime.combine(today + timedelta(days=_DAYS[match[1]]), time(hour, minute))
    except ValueError:
        raise UsageError(f"--at {text!r} is not a moment: write it as {_EXAMPLE}.") from None


def zone_named(option: str, name: str) -> ZoneInfo:
    """Return a time zone by its name.

    Args:
        option: where it was named, for the error.
        name: e.g. `"Europe/Minsk"`.

    Raises:
        UsageError: there is no such zone.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise UsageError(
            f"{option} {name!r} is not a time zone: write a name such as Europe/Minsk."
        ) from None


def duration(option: str, text: str | None) -> timedelta | None:
    """Return a length of time: `90s`, `15min`, `2h` or `1d`.

    Raises:
        UsageError: it is none.
    """
    if text is None:
        return None
    match = _DURATION.fullmatch(text.strip())
    if match is None:
        raise UsageError(
            f"{option} {text!r} is not a length of time: write it as 90s, 15min, 2h or 1d."
        )
    return timedelta(**{_UNITS[match[2]]: float(match[1])})
