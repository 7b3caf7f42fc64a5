"""`polycast send`."""

from typing import Annotated

import typer

from polycast.cli.content import (
    At,
    CallbackUrl,
    Channels,
    MaxSegments,
    Media,
    Options,
    Sender,
    Ttl,
    Zone,
    content,
)
from polycast.cli.exits import NOT_SENT, ExitCode, for_states
from polycast.cli.moments import moment
from polycast.cli.options import Json, Profile, Text
from polycast.cli.screen import Screen, counted, state_text
from polycast.cli.session import Session
from polycast.client import Client, caller_of
from polycast.errors import UsageError
from polycast.model.messages import Message, Receipt, State
from polycast.model.segments import count_segments
from polycast.model.serialization import plain

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
    zone: Zone = None,
    channels: Channels = None,
    ttl: Ttl = None,
    media: Media = None,
    callback_url: CallbackUrl = None,
    option: Options = None,
    max_segments: MaxSegments = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check it and show it; send nothing.")
    ] = False,
    json: Json = False,
) -> int:
    """Send one message to one recipient."""
    session: Session = ctx.obj
    when = moment(at, zone)
    with session.connect(profile, dry_run=dry_run) as client:
        message = Message(
            to,
            text=text,
            **content(
                client,
                sender=sender,
                at=when,
                channels=channels,
                ttl=ttl,
                callback_url=callback_url,
                media=media,
                options=option,
            ),
        )
        segments = count_segments(text or "").parts
        if max_segments is not None and segments > max_segments:
            raise UsageError(
                f"The text takes {counted(segments, 'segment')} as SMS, more than --max-segments "
                f"{max_segments}. Nothing was sent."
            )
        session.at_stake = not dry_run
        with session.screen.busy(f"Sending through {client.provider_name} ..."):
            receipt = client.send(message)
        session.at_stake = False
        rehearsed = (
            receipt.state is State.CANCELLED and caller_of(client).short_circuit("send") is not None
        )
    if dry_run:
        _show_plan(session, client, message, segments)
        return ExitCode.DONE
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


def _show_plan(session: Session, client: Client, message: Message, segments: int) -> None:
    planned = {
        "provider": client.provider_name,
        "to": message.to,
        "sender": message.sender,
        "channels": ", ".join(message.channels) or None,
        "at": message.send_at,
        "text": message.text,
        "segments": segments or None,
    }
    if session.json:
        session.screen.json(
            {"dry_run": True, **{name: plain(each) for name, each in planned.items()}}
        )
        return
    session.screen.line("Nothing was sent. This is what would be:")
    session.screen.facts(planned)


def _show_receipt(screen: Screen, receipt: Receipt) -> None:
    screen.facts(
        {
            "id": receipt.id,
            "to": receipt.to,
            "state": state_text(receipt.state, receipt.detail),
        }
    )
