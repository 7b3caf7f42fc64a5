"""A dry run: the broadcast is planned in a temporary ledger and shown, not sent."""

import tempfile
from collections import Counter
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from polycast.cli.exits import ExitCode
from polycast.cli.ledgers import open_ledger
from polycast.cli.lists import noting_bad_rows
from polycast.cli.report import left_out_because
from polycast.cli.screen import counted
from polycast.cli.session import Session
from polycast.client import Client
from polycast.model.messages import Broadcast, Recipient
from polycast.model.segments import count_segments
from polycast.recipients import Check, Recipients

if TYPE_CHECKING:
    from polycast.campaign import Campaign, Suppressions

__all__ = ["show_plan"]

#: Recipients shown in a table; `--json` shows all of them.
_SHOWN = 20
#: Rows left out that are shown in a table.
_LEFT_OUT_SHOWN = 10


def show_plan(
    session: Session,
    client: Client,
    broadcast: Broadcast,
    people: Recipients,
    batch_size: int | None,
    bad_rows: Path | None,
    suppressions: "Suppressions | None",
) -> int:
    """Show the calls, the texts with their segments, and the rows left out; send nothing.

    Bad rows are shown too, and written to `bad_rows` if it is given. If they would stop the
    broadcast, the output and the exit code say so.
    """
    willing = attrs.evolve(people, bad_rows="skip")
    wanted = attrs.evolve(broadcast, recipients=willing)
    with (
        tempfile.TemporaryDirectory(prefix="polycast-") as folder,
        open_ledger(str(Path(folder) / "plan.sqlite")) as ledger,
    ):
        if suppressions is not None:
            ledger.suppressions.add(suppressions)
        with noting_bad_rows(session, willing, bad_rows), session.screen.busy("Planning ..."):
            campaign = ledger.plan(client, wanted, batch_size=batch_size, skip_invalid=True)
        check = willing.check()
        stopped = bool(check.bad) and people.bad_rows == "stop"
        if session.json:
            _print(session, client, campaign, check, stopped)
        else:
            _show(session, client, wanted, campaign, check)
    if stopped and not session.json:
        session.screen.complain(
            f"Nothing would be sent, because of {counted(check.bad, 'bad row')}. "
            "--skip-bad-rows sends to the others."
        )
    return ExitCode.WRONG_USAGE if stopped else ExitCode.DONE


def _show(
    session: Session, client: Client, broadcast: Broadcast, campaign: "Campaign", check: Check
) -> None:
    first: list[tuple[object, ...]] = []
    parts: Counter[str] = Counter()
    people: Counter[str] = Counter()
    sizes: Counter[int] = Counter()
    for number, recipient, text in campaign.planned(client):
        counted = count_segments(text or "")
        parts[counted.encoding] += counted.parts
        people[counted.encoding] += 1
        sizes[number] += 1
        if len(first) < _SHOWN:
            first.append((recipient.to, recipient.reference, counted.parts or None, text))
    total = sum(sizes.values())
    screen = session.screen
    screen.line("Nothing was sent. This is what would be:")
    screen.facts(
        {
            "provider": client.provider_name,
            "name": broadcast.name,
            "sender": broadcast.sender,
            "at": broadcast.send_at,
            "recipients": f"{total:,}",
            "calls": f"{len(sizes):,}, of {_spread(sizes)} each",
            "as SMS": _cost(parts, people),
            "left out": _left_out(campaign),
        }
    )
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


def _spread(sizes: Counter[int]) -> str:
    least, most = min(sizes.values()), max(sizes.values())
    return f"{least:,} to {most:,} recipients" if least != most else counted(most, "recipient")


def _cost(parts: Counter[str], people: Counter[str]) -> str:
    told = ", ".join(
        f"{parts[encoding]:,} in {encoding} for {people[encoding]:,}" for encoding in sorted(people)
    )
    return f"{counted(sum(parts.values()), 'segment')} ({told})"


def _left_out(campaign: "Campaign") -> str | None:
    counts = campaign.report().dropped
    return (
        ", ".join(f"{count:,} {left_out_because(kind)}" for kind, count in counts.items()) or None
    )


def _print(
    session: Session, client: Client, campaign: "Campaign", check: Check, stopped: bool
) -> None:
    """Print the plan as JSON. It is read twice, so that a long list does not fill the memory."""
    total: Counter[str] = Counter()
    recipients = 0
    for _, _, text in campaign.planned(client):
        counted = count_segments(text or "")
        total[counted.encoding] += counted.parts
        recipients += 1
    head = {
        "dry_run": True,
        "provider": client.provider_name,
        "stopped": stopped,
        "recipients": recipients,
        "segments": {"total": sum(total.values()), **total},
        "left_out": dict(campaign.report().dropped),
    }
    bad_rows = (
        {"row": row.row, "problem": row.problem.value, "reason": row.reason}
        for row in check.bad_rows()
    )
    calls = groupby(campaign.planned(client), key=itemgetter(0))
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
