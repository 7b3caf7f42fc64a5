"""What became of messages, as they are fetched, and all that Twilio pushes."""

import hashlib
import re
from urllib.parse import parse_qs, urlsplit, urlunsplit

from polycast import CallbackRequest, Reply, Report, Secret, State, UsageError
from polycast.providers import form_fields, is_mac, none_if_unset, read_whole_number, signed_url

from polycast_twilio._client import models as m
from polycast_twilio.response import ID, details_of, state_of

_PORTS = {"http": 80, "https": 443}


def to_report(message: m.Message) -> Report:
    """Return how far a message has come."""
    details = details_of(message)
    moment = message.date_sent if details["state"] is State.SENT else message.date_updated
    return Report(to=message.to or None, id=message.sid, at=none_if_unset(moment), **details)


def is_signed(request: CallbackRequest, auth_token: Secret) -> bool:
    """Return whether a request carries Twilio's signature: of its URL and its form.

    Source: "Webhooks security", and the validators of Twilio's SDKs.

    Args:
        request: as it came.
        auth_token: the account's.

    Raises:
        UsageError: it has no URL.
    """
    parts = urlsplit(signed_url(request))
    digests = parse_qs(parts.query).get("bodySHA256")
    if digests is None:
        form = form_fields(request)
        said = "".join(name + value for name in sorted(form) for value in sorted({*form[name]}))
    elif hashlib.sha256(request.body).hexdigest() != digests[0]:
        return False
    else:
        said = ""
    host, _, _ = parts.netloc.partition(":")
    # Signed with the port or without it, whatever the URL has.
    hosts = {parts.netloc, host, f"{host}:{parts.port or _PORTS.get(parts.scheme)}"}
    urls = [urlunsplit(parts._replace(netloc=each)) for each in hosts]
    given = request.header("X-Twilio-Signature")
    return is_mac(given, auth_token, [url + said for url in urls], "sha1")


def from_callback(request: CallbackRequest) -> list[Report | Reply]:
    """Return what Twilio pushed: a report to a `StatusCallback`, or a message of a person.

    Args:
        request: as it came, a form.

    Raises:
        UsageError: it is something else.
    """
    form = {name: values[-1] for name, values in form_fields(request).items()}
    sid, word, sender = (form.get(name, "") for name in ("MessageSid", "MessageStatus", "From"))
    if not re.fullmatch(ID, sid) or not (word or sender):
        raise UsageError("This is nothing that Twilio pushes: it is no form with a MessageSid.")
    to = form.get("To") or None
    if not word:
        media = tuple(form[name] for name in sorted(form) if re.fullmatch(r"MediaUrl\d", name))
        return [Reply(sender, to, form.get("Body") or None, sid, media=media, raw=form)]
    code = read_whole_number(form.get("ErrorCode")) or form.get("ErrorCode") or None
    return [Report(to, state_of(word, code), sid, detail=word, code=code, raw=form)]
