"""A dry run, and the check of a list: what would be sent, shown and not sent."""

import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from polycast.cli.exits import ExitCode
from polycast.cli.ledgers import open_ledger
from polycast.cli.lists import noting_bad_rows
from polycast.cli.money import check_cost, cost_of, described_cost, shown_cost
from polycast.cli.report import left_out_because
from polycast.cli.screen import counted
from polycast.cli.session import Session
from polycast.client import Client
from polycast.model.hours import SendingHours
from polycast.model.messages import Broadcast, Recipient
from polycast.model.segments import count_segments
from polycast.recipients import Check, Recipients
from polycast.recipients.bad_rows import NobodyLeft
from polycast.recipients.columns import FIELDS

if TYPE_CHECKING:
    from polycast.campaign import Campaign, Cost, Ledger, Suppressions

__all__ = ["show_list", "show_plan", "warn"]

#: Recipients shown in a table; `--json` shows all of them.
_SHOWN = 20
#: Rows left out that are shown in a table.
_LEFT_OUT_SHOWN = 10

#: The number of the call, the recipient and the text.
_Planned = tuple[int, Recipient, str | None]


@attrs.frozen
class _Preview:
    """What would be sent.

    Args:
        title: the first line.
        facts: the lines below it.
        head: the first fields of the JSON.
        planned: reads everybody; called more than once.
        left_out: how many recipients, by the reason.
        check: of the list.
        skips: whether bad rows are left out, instead of stopping everything.
        has_calls: whether the calls to the provider are known.
        cost: what it costs, if that is known.
    """

    title: str
    facts: Mapping[str, object]
    head: Mapping[str, object]
    planned: Callable[[], Iterable[_Planned]]
    left_out: Mapping[str, int]
    check: Check
    skips: bool
    has_calls: bool
    cost: "Cost | None" = None

    @property
    def stopped(self) -> bool:
        """Whether nothing would be sent."""
        return not self.check.good or (bool(self.check.bad) and not self.skips)


def show_plan(
    session: Session,
    client: Client,
    broadcast: Broadcast,
    people: Recipients,
    batch_size: int | None,
    bad_rows: Path | None,
    suppressions: "Suppressions | None",
    max_cost: str | None,
    profile: str,
    between: SendingHours | None = None,
    zone: str | None = None,
) -> ExitCode:
    """Show the calls, the texts with their segments, and the rows left out; send nothing.

    Bad rows are shown too, and written to `bad_rows` if it is given. If they would stop the
    broadcast, the output and the exit code say so.
    """
    willing = attrs.evolve(people, bad_rows="skip")
    wanted = attrs.evolve(broadcast, recipients=willing)
    with (
        tempfile.TemporaryDirectory(prefix="polycast-") as folder,
        open_ledger(str(Path(folder) / "plan.sqlite"), new=True) as ledger,
    ):
        if suppressions is not None:
            ledger.suppressions.add(suppressions)
        with noting_bad_rows(session, willing, bad_rows), session.screen.busy("Planning ..."):
            campaign = _plan(ledger, client, wanted, batch_size, between, zone)
        check = willing.check()
        preview = _Preview(
            "Nothing was sent. This is what would be:",
            {
                "provider": client.provider_name,
                "name": broadcast.name,
                "sender": broadcast.sender,
                "at": broadcast.send_at,
                "between": between and f"{between}, where the recipients are",
            },
            {"dry_run": True, "provider": client.provider_name},
            tuple if campaign is None else partial(campaign.planned, client),
            _counts(check) if campaign is None else campaign.report().dropped,
            check,
            skips=people.bad_rows == "skip",
            has_calls=True,
            cost=None if campaign is None else cost_of(session, client, campaign, profile),
        )
        code = _show(session, preview)
        check_cost(session, preview.cost, max_cost, profile)
        return code


def show_list(
    session: Session, people: Recipients, text: str | None, bad_rows: Path | None
) -> ExitCode:
    """Show how a list is read, the texts, and the rows left out, without a provider.

    Args:
        session: of this command.
        people: the list, with the rules of the text.
        text: what would be sent.
        bad_rows: where the bad rows are written, if anywhere.
    """
    with noting_bad_rows(session, people, bad_rows), session.screen.busy("Reading ..."):
        check = people.check()
    broadcast = Broadcast(recipients=people, text=text)
    columns = people.columns
    variables = None if columns is None else [name for name in columns if name not in FIELDS]
    preview = _Preview(
        "This is how the list is read:",
        {
            "list": people.name,
            "addresses": None if columns is None else f"column {columns['to']!r}",
            "variables": None if variables is None else ", ".join(variables),
            "rows": f"{check.rows:,}",
        },
        {
            "list": people.name,
            "columns": None if columns is None else dict(columns),
            "rows": check.rows,
        },
        lambda: (
            (0, each, broadcast.text_for(each))
            for each in people.rows()
            if isinstance(each, Recipient)
        ),
        _counts(check),
        check,
        skips=False,
        has_calls=False,
    )
    return _show(session, preview)


def _counts(check: Check) -> dict[str, int]:
    return {problem.value: count for problem, count in check.counts.items()}


def _plan(
    ledger: "Ledger",
    client: Client,
    wanted: Broadcast,
    batch_size: int | None,
    between: SendingHours | None,
    zone: str | None,
) -> "Campaign | None":
    """Plan the broadcast; None where nobody of the list is left."""
    try:
        return ledger.plan(
            client, wanted, batch_size=batch_size, skip_invalid=True, between=between, zone=zone
        )
    except NobodyLeft:
        return None


def _show(session: Session, preview: _Preview) -> ExitCode:
    if session.json:
        _print(session, preview)
    else:
        _draw(session, preview)
    return ExitCode.WRONG_USAGE if preview.stopped else ExitCode.DONE


def _draw(session: Session, preview: _Preview) -> None:
    first: list[tuple[object, ...]] = []
    parts: Counter[str] = Counter()
    people: Counter[str] = Counter()
    sizes: Counter[int] = Counter()
    for number, recipient, text in preview.planned():
        length = count_segments(text or "")
        parts[length.encoding] += length.parts
        people[length.encoding] += 1
        sizes[number] += 1
        if len(first) < _SHOWN:
            first.append((recipient.to, recipient.reference, length.parts or None, text))
    total = sum(sizes.values())
    check = preview.check
    screen = session.screen
    screen.line(preview.title)
    screen.facts(
        {
            **preview.facts,
            "recipients": f"{total:,}",
            "calls": _spread(sizes) if preview.has_calls and sizes else None,
            "as SMS": _segments(parts, people) if sum(parts.values()) else None,
            "cost": shown_cost(preview.cost),
            "left out": _left_out(preview.left_out),
        }
    )
    if first:
        screen.line()
        screen.table(("to", "reference", "segments", "text"), first)
    if total > _SHOWN:
        screen.line(f"... and {total - _SHOWN:,} more; --json shows them all.")
    bad = sorted(check.examples, key=lambda row: not row.problem.is_defect)[:_LEFT_OUT_SHOWN]
    if bad:
        screen.line()
        screen.table(("row", "left out because"), [(row.row, row.reason) for row in bad])
        if check.left_out > len(bad):
            screen.line(f"... and {check.left_out - len(bad):,} more; --json shows them all.")
    warn(session, check)
    if preview.stopped:
        screen.complain(_why_stopped(check))


def warn(session: Session, check: Check) -> None:
    """Print on standard error what is no defect of a list, and may be meant otherwise."""
    for sentence in check.warnings:
        if session.json:
            session.screen.json({"warning": sentence}, sys.stderr)
        else:
            session.screen.warn(sentence)


def _why_stopped(check: Check) -> str:
    if not check.rows:
        return f"{check.name} has no recipients."
    if not check.good:
        return f"Nothing would be sent: none of {counted(check.rows, 'row')} can be sent to."
    return (
        f"Nothing would be sent, because of {counted(check.bad, 'bad row')}. "
        "`polycast broadcast --skip-bad-rows` sends to the others."
    )


def _spread(sizes: Counter[int]) -> str:
    least, most = min(sizes.values()), max(sizes.values())
    each = f"{least:,} to {most:,} recipients" if least != most else counted(most, "recipient")
    return f"{len(sizes):,}, of {each} each"


def _segments(parts: Counter[str], people: Counter[str]) -> str:
    by_encoding = ", ".join(
        f"{parts[encoding]:,} in {encoding} for {people[encoding]:,}" for encoding in sorted(people)
    )
    return f"{counted(sum(parts.values()), 'segment')} ({by_encoding})"


def _left_out(counts: Mapping[str, int]) -> str | None:
    return (
        ", ".join(f"{count:,} {left_out_because(kind)}" for kind, count in counts.items()) or None
    )


def _print(session: Session, preview: _Preview) -> None:
    """Print it as JSON. It is read twice, so that a long list does not fill the memory."""
    total: Counter[str] = Counter()
    recipients = 0
    for _, _, text in preview.planned():
        length = count_segments(text or "")
        total[length.encoding] += length.parts
        recipients += 1
    check = preview.check
    head = {
        **preview.head,
        "stopped": preview.stopped,
        "recipients": recipients,
        "segments": {"total": sum(total.values()), **total},
        **({} if preview.cost is None else {"cost": described_cost(preview.cost)}),
        "left_out": dict(preview.left_out),
        "warnings": list(check.warnings),
    }
    bad_rows = (
        {"row": row.row, "problem": row.problem.value, "reason": row.reason}
        for row in check.bad_rows()
    )
    if not preview.has_calls:
        messages = (_planned(*each) for each in preview.planned())
        session.screen.json_with_lists(head, bad_rows=bad_rows, messages=messages)
        return
    calls = groupby(preview.planned(), key=itemgetter(0))
    session.screen.json_with_lists(
        head,
        bad_rows=bad_rows,
        calls=({"recipients": [_planned(*each) for each in call]} for _, call in calls),
    )


def _planned(_: int, recipient: Recipient, text: str | None) -> dict[str, Any]:
    counted = count_segments(text or "")
    return {
        "to": recipient.to,
        "reference": recipient.reference,
        "text": text,
        "segments": counted.parts,
        "encoding": counted.encoding.value,
    }
