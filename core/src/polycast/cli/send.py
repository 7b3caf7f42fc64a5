"""`polycast send`."""

from typing import Annotated

import typer

from polycast.cli.exits import NOT_SENT, ExitCode, for_states
from polycast.cli.options import At, Json, Profile, Sender, Text, media_items, moment
from polycast.cli.screen import Screen, state_text
from polycast.cli.session import Session
from polycast.client import caller_of
from polycast.model.messages import Message, Receipt, State

__all__ = ["send"]


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
        rehearsed = (
            receipt.state is State.CANCELLED and caller_of(client).short_circuit("send") is not None
        )
    code = ExitCode.DONE if rehearsed else for_states([receipt.state])
    if json:
        session.screen.json(receipt.to_dict())
        return code
    _show_receipt(session.screen, receipt)
    if rehearsed:
        return code
    if receipt.state in NOT_SENT:
        session.screen.complain(
            f"{client.provider_name} did not take the message to {receipt.to}"
            f"{_because(receipt.detail)}."
        )
    else:
        session.follow_up(profile, receipt.id)
    return code


def _because(detail: str | None) -> str:
    return f": {detail.rstrip('.')}" if detail else ""


def _show_receipt(screen: Screen, receipt: Receipt) -> None:
    screen.facts(
        {
            "id": receipt.id,
            "to": receipt.to,
            "state": state_text(receipt.state, receipt.detail),
        }
    )
