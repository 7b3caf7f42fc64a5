"""What became of messages: as they are fetched, and as Twilio pushes them."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import parse_qsl

from polycast import CallbackRequest, Report, State, UsageError
from polycast.providers import none_if_unset
from polycast.wire import Unset

from polycast_twilio._client import models as m
from polycast_twilio.response import is_id, state_of


def read_moment(value: str | Unset | None) -> datetime | None:
    """Return a moment as Twilio writes it, e.g. `Thu, 24 Aug 2023 05:01:45 +0000`.

    Returns:
        An aware datetime; None where it is no date.
    """
    if not isinstance(value, str):
        return None
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def to_report(message: m.Message) -> Report:
    """Return how far a message has come."""
    code = none_if_unset(message.error_code)
    state = state_of(message.status, code)
    sent, updated = read_moment(message.date_sent), read_moment(message.date_updated)
    why = message.error_message or None
    return Report(
        to=message.to or None,
        state=state,
        id=message.sid,
        detail=f"{message.status}: {why}" if why else message.status,
        code=code,
        at=sent if state is State.SENT else updated,
        raw=message,
    )


def from_callback(request: CallbackRequest, account_sid: str) -> list[Report]:
    """Return what Twilio pushed to a `StatusCallback`.

    Args:
        request: as it came, a form.
        account_sid: the account that has to be named, where one is.

    Raises:
        UsageError: it is something else, e.g. an inbound message, or is of another account.
    """
    try:
        pairs = parse_qsl(request.body.decode("utf-8"), keep_blank_values=True)
    except ValueError:
        pairs = []
    form = dict(pairs)
    sid, word = form.get("MessageSid", ""), form.get("MessageStatus", "")
    if not is_id(sid):
        raise UsageError("This is nothing that Twilio pushes: it is no form with a MessageSid.")
    if form.get("AccountSid", account_sid) != account_sid:
        raise UsageError(
            f"This is pushed for the account {form['AccountSid']}, not for {account_sid}."
        )
    if not word:
        raise UsageError(
            "This is no delivery report, for it has no MessageStatus. Inbound messages are not "
            "read: give their webhook another address than callback_url."
        )
    code = form.get("ErrorCode") or None
    number = int(code) if code is not None and code.isascii() and code.isdecimal() else code
    return [
        Report(
            to=form.get("To") or None,
            state=state_of(word, number),
            id=sid,
            detail=word,
            code=number,
            raw=form,
        )
    ]
