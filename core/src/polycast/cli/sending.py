"""`polycast send` and `polycast broadcast`."""

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from polycast.bulk import Plan
from polycast.cli.exits import NOT_SENT, ExitCode, for_broadcast, for_states
from polycast.cli.options import At, Json, Profile, Sender, Text, media_items, moment
from polycast.cli.screen import Screen, state_text
from polycast.cli.session import Session
from polycast.cli.values import plain
from polycast.client import Client
from polycast.model import Broadcast, BulkReceipt, Message, Receipt, State
from polycast.recipients import read_recipients

__all__ = ["broadcast", "send"]

#: Recipients that a dry run shows to a person; `--json` shows them all.
_SHOWN = 20


def send(
    ctx: typer.Context,
    profile: Profile,
    to: Annotated[
        str, typer.Argument(metavar="TO", help="A number such as +380961111111, or scheme:value.")
    ],
    text: Text = None,
    sender: Sender = None,
    at: At = None,
    media: Annotated[
        list[str] | None,
        typer.Option("--media", metavar="FILE|URL", help="A picture or file; may be repeated."),
    ] = None,
    json: Json = False,
) -> int:
    """Send one message to one recipient."""
    session: Session = ctx.obj
    message = Message(
        to, text=text, sender=sender, send_at=moment(at), media=media_items(media or [])
    )
    with session.connect(profile) as client:
        session.at_stake = True
        with session.screen.busy(f"Sending through {client.provider_name} ..."):
            receipt = client.send(message)
        session.at_stake = False
    if json:
        session.screen.json(plain(receipt))
        return for_states([receipt.state])
    _show_receipt(session.screen, receipt)
    if receipt.state in NOT_SENT:
        session.screen.complain(
            f"{client.provider_name} did not take the message to {receipt.to}"
            f"{_because(receipt.words)}."
        )
    else:
        session.follow_up(profile, receipt.id)
    return for_states([receipt.state])


def broadcast(
    ctx: typer.Context,
    profile: Profile,
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE",
            help="A CSV list whose header has 'to'; other columns are variables. '-' reads "
            "standard input.",
        ),
    ],
    text: Annotated[
        str | None,
        typer.Option(
            "--text", "-t", help="What to say; {name} is filled in from the column 'name'."
        ),
    ] = None,
    name: Annotated[str | None, typer.Option("--name", help="Your label for it.")] = None,
    sender: Sender = None,
    at: At = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check everything and show it; send nothing.")
    ] = False,
    json: Json = False,
) -> int:
    """Send one text, filled in for each, to a list of recipients."""
    session: Session = ctx.obj
    wanted = Broadcast(
        recipients=read_recipients(file), text=text, name=name, sender=sender, send_at=moment(at)
    )
    with session.connect(profile) as client:
        if dry_run:
            _show_plan(session, client, wanted)
            return ExitCode.DONE
        session.at_stake = True
        with session.screen.busy(f"Sending through {client.provider_name} ..."):
            receipt = client.send_bulk(wanted)
        session.at_stake = False
    if json:
        session.screen.json(plain(receipt))
    else:
        _show_bulk_receipt(session, profile, receipt)
    return for_broadcast(receipt)


def _because(words: str | None) -> str:
    return f": {words.rstrip('.')}" if words else ""


def _show_receipt(screen: Screen, receipt: Receipt) -> None:
    screen.facts(
        {
            "id": receipt.id,
            "to": receipt.to,
            "state": state_text(receipt.state, receipt.words),
        }
    )


def _show_bulk_receipt(session: Session, profile: str, receipt: BulkReceipt) -> None:
    screen = session.screen
    screen.facts(
        {
            "id": receipt.id,
            "state": receipt.state,
            "recipients": len(receipt.receipts),
            "calls": len(receipt.batches) or None,
        }
    )
    failed = [
        (place, batch.size, batch.state, batch.error)
        for place, batch in enumerate(receipt.batches, start=1)
        if batch.error is not None
    ]
    if failed:
        screen.line()
        screen.table(("call", "recipients", "state", "error"), failed)
    wrong = [each for each in receipt.receipts if each.state in NOT_SENT | {State.UNKNOWN}]
    if wrong:
        screen.line()
        screen.table(
            ("to", "reference", "state"),
            [(each.to, each.reference, state_text(each.state, each.words)) for each in wrong],
        )
    refused = sum(each.state in NOT_SENT for each in wrong)
    if refused:
        screen.complain(f"{refused} of {len(receipt.receipts)} recipients were not accepted.")
    if len(wrong) > refused:
        screen.complain(
            f"Nobody knows about {len(wrong) - refused} of {len(receipt.receipts)} recipients: "
            "ask the provider before sending to them again."
        )
    if receipt.id is not None:
        screen.aside(f"Follow it with: polycast watch {profile} {receipt.id}")


def _show_plan(session: Session, client: Client, broadcast: Broadcast) -> None:
    plan = client.plan(broadcast)
    texts = [broadcast.text_for(recipient) for recipient in plan.recipients]
    if session.json:
        session.screen.json(_describe_plan(client, plan, texts))
        return
    screen = session.screen
    screen.line("Nothing was sent. This is what would be:")
    screen.facts(
        {
            "provider": client.provider_name,
            "name": broadcast.name,
            "sender": broadcast.sender,
            "at": broadcast.send_at,
            "recipients": len(plan.recipients),
            "calls": f"{len(plan.batches)}, of {_sizes(plan)} each",
        }
    )
    screen.line()
    screen.table(
        ("to", "reference", "text"),
        [
            (recipient.to, recipient.reference, text)
            for recipient, text in zip(plan.recipients[:_SHOWN], texts, strict=False)
        ],
    )
    if len(plan.recipients) > _SHOWN:
        screen.line(f"... and {len(plan.recipients) - _SHOWN} more; --json shows them all.")


def _sizes(plan: Plan) -> str:
    sizes = {len(places) for _, places in plan.batches}
    if len(sizes) > 1:
        return f"{min(sizes)} to {max(sizes)} recipients"
    (size,) = sizes
    return f"{size} recipient{'s' if size > 1 else ''}"


def _describe_plan(client: Client, plan: Plan, texts: Sequence[str | None]) -> dict[str, Any]:
    return {
        "dry_run": True,
        "provider": client.provider_name,
        "recipients": len(plan.recipients),
        "calls": [
            {
                "text": batch.text,
                "recipients": [
                    {
                        "to": plan.recipients[place].to,
                        "reference": plan.recipients[place].reference,
                        "text": texts[place],
                    }
                    for place in places
                ],
            }
            for batch, places in plan.batches
        ],
    }
