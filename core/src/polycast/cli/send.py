"""`polycast send`."""

import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Annotated

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
from polycast.cli.ledgers import has_ledgers, open_ledger
from polycast.cli.moments import moment
from polycast.cli.money import cost_of_message
from polycast.cli.options import (
    IgnoreSuppressions,
    Json,
    Key,
    LedgerUrl,
    Profile,
    Settle,
    Text,
    filled_key,
)
from polycast.cli.screen import Screen, counted, state_text
from polycast.cli.session import Session
from polycast.client import Client, caller_of
from polycast.errors import InFlight, LedgerError, UsageError
from polycast.model.messages import Message, Receipt, State
from polycast.model.segments import count_segments
from polycast.model.serialization import plain

if TYPE_CHECKING:
    from polycast.campaign import Ledger

__all__ = ["send"]

#: Seconds to wait for another process that is sending the same message.
_IN_FLIGHT = 10.0


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
    key: Key = None,
    settle: Settle = 30.0,
    resend_in_doubt: Annotated[
        bool,
        typer.Option(
            "--resend-in-doubt",
            help="Send the message of --key again if nobody knows whether it left: a recipient "
            "who has it gets it twice.",
        ),
    ] = False,
    ignore_suppressions: IgnoreSuppressions = False,
    ledger: LedgerUrl = None,
    no_record: Annotated[
        bool, typer.Option("--no-record", help="Do not record it in the ledger.")
    ] = False,
    json: Json = False,
) -> int:
    """Send one message to one recipient, and record it in the ledger.

    With --key, the same command sends it once: later it tells the receipt, or what is in doubt.
    """
    session: Session = ctx.obj
    filled = filled_key(key)
    if filled is None and resend_in_doubt:
        raise UsageError("--resend-in-doubt goes with --key: what has no key is sent each time.")
    if filled is not None and no_record:
        raise UsageError("--key needs the ledger: leave out --no-record.")
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
            rehearsed = caller_of(client).short_circuit("send") is not None
            # Without the extra that keeps ledgers, a message without a key is sent all the same.
            if no_record or rehearsed or not (has_ledgers() or filled or ledger is not None):
                receipt = client.send(message)
            else:
                with _opened(ledger, needed=filled is not None) as opened:
                    send_once = partial(
                        opened.send,
                        client,
                        message,
                        key=filled,
                        profile=profile,
                        settle=settle,
                        resend_in_doubt=resend_in_doubt,
                        use_suppressions=not ignore_suppressions,
                    )
                    receipt = _patiently(send_once, 2 * settle + _IN_FLIGHT)
        session.at_stake = False
        rehearsed = rehearsed and receipt.state is State.CANCELLED
    if dry_run:
        _show_plan(session, client, message, segments, cost_of_message(session, profile, message))
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


def _opened(url: str | None, *, needed: bool) -> "Ledger":
    try:
        return open_ledger(url, new=True)
    except LedgerError as error:
        error.carried_out = False
        if not needed:
            error.add_note("Nothing was sent. --no-record sends the message all the same.")
        raise


def _patiently(send: Callable[[], Receipt], patience: float) -> Receipt:
    """Send, and call again where it is known in a moment what became of an earlier call.

    Raises:
        InFlight: it was not known within so many seconds.
    """
    until = time.monotonic() + patience
    while True:
        try:
            return send()
        except InFlight as error:
            pause = error.retry_after or 1.0
            if time.monotonic() + pause > until:
                raise
        time.sleep(pause)


def _because(detail: str | None) -> str:
    return f": {detail.rstrip('.')}" if detail else ""


def _show_plan(
    session: Session, client: Client, message: Message, segments: int, cost: str | None
) -> None:
    planned = {
        "provider": client.provider_name,
        "to": message.to,
        "sender": message.sender,
        "channels": ", ".join(message.channels) or None,
        "at": message.send_at,
        "text": message.text,
        "segments": segments or None,
        "cost": cost,
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
