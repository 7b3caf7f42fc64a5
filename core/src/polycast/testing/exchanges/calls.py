"""The call of an exchange in our words: made from its arguments, and its result told."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, get_args

import attrs

from polycast.errors import PolycastError, UsageError
from polycast.model.messages import (
    Action,
    Broadcast,
    CallbackRequest,
    Message,
    MessageTemplate,
    Recipient,
)
from polycast.plugins.caller import HookCaller
from polycast.plugins.hookspecs import Account
from polycast.testing.exchanges.reading import moment
from polycast.testing.exchanges.requests import encoded
from polycast.testing.exchanges.vectors import Exchange, Request

__all__ = ["call", "mistakes"]


def call(provider: Any, exchange: Exchange, folder: Path) -> Any:
    """Make the call of an exchange by the provider's own hook, and return its result.

    Args:
        provider: the instance.
        exchange: names the hook and its arguments.
        folder: where files to be sent are put.
    """
    given = dict(exchange.arguments)
    options = provider.features.options
    match exchange.hook:
        case "send" | "send_bulk":
            request = _content(given, options, folder)
            caller = HookCaller(Account("exchange", "exchange"), provider)
            payload = caller.prepare(request).payload
            if isinstance(request, Message):
                return caller.hook.send(message=request, payload=payload)
            return caller.hook.send_bulk(broadcast=request, payload=payload)
        case "lookup":
            since = moment(given.pop("since", None), f"{exchange.name!r}, since")
            return provider.lookup(_content(given, options, folder, bulk=True), since)
        case "status":
            return provider.status(given["id"])
        case "statuses":
            return provider.statuses(tuple(given["ids"]))
        case "balance":
            return provider.balance()
        case "control":
            return provider.control(given["id"], Action(given["action"]))
        case hook:
            assert exchange.pushed is not None
            return getattr(provider, hook)(_pushed(exchange.pushed))


def mistakes(expected: Any, told: Any, place: str = "") -> Iterator[str]:
    """Yield a sentence for each place where a result is not as the file has it.

    Only what the file names is compared.

    Args:
        expected: from the file.
        told: what the call returned or raised.
        place: where this is, for the sentences.
    """
    if isinstance(expected, dict):
        if "error" in expected or isinstance(told, PolycastError):
            kind = type(told).__name__
            if kind != expected.get("error"):
                yield f"the result is {kind}: {told}; {expected.get('error')} is expected"
                return
        for name, value in expected.items():
            if name == "error":
                continue
            if isinstance(told, Mapping):
                inner = {str(key): item for key, item in told.items()}.get(name)
            else:
                inner = getattr(told, name, None)
            yield from mistakes(value, inner, f"{place}.{name}")
    elif isinstance(expected, list):
        items = list(told) if isinstance(told, Iterable) else [told]
        if len(items) != len(expected):
            yield f"{place or 'the result'} has {len(items)} items, not {len(expected)}: {items!r}"
        for index, (one, other) in enumerate(zip(expected, items, strict=False)):
            yield from mistakes(one, other, f"{place}[{index}]")
    elif isinstance(told, datetime) and isinstance(expected, str):
        if told != moment(expected, place):
            yield f"{place} is {told}, and {expected} is expected"
    elif told != expected:
        yield f"{place or 'the result'} is {told!r}, and {expected!r} is expected"


def _content(
    given: dict[str, Any], options: type | None, folder: Path, *, bulk: bool = False
) -> Any:
    if "send_at" in given:
        given["send_at"] = moment(given["send_at"], "send_at")
    if "ttl" in given:
        given["ttl"] = timedelta(seconds=given["ttl"])
    if "media" in given:
        given["media"] = [_medium(each, folder) for each in given["media"]]
    if "template" in given:
        given["template"] = MessageTemplate(**given["template"])
    if given.get("options") is not None and options is not None:
        given["options"] = _built(options, given["options"])
    if "recipients" not in given and not bulk:
        return Message(**given)
    if "recipients" not in given:
        given["recipients"] = [given.pop("to")]
    rows = given.pop("recipients")
    people = tuple(Recipient(**row) if isinstance(row, dict) else Recipient(row) for row in rows)
    return Broadcast(recipients=people, **given)


def _medium(given: Any, folder: Path) -> Any:
    if not isinstance(given, dict):
        return given
    file = folder / given["file"]
    file.write_text(given["text"], encoding="utf-8", newline="")
    return file


def _built(kind: Any, given: Any) -> Any:
    """Return an instance of a class of options, and of those inside of it."""
    if isinstance(given, list):
        return [_built(kind, each) for each in given]
    if isinstance(given, int | float) and timedelta in (kind, *get_args(kind)):
        return timedelta(seconds=given)
    if not isinstance(given, dict):
        return given
    for each in _classes(kind):
        fields = {field.alias: field for field in attrs.fields(attrs.resolve_types(each))}
        if given.keys() <= fields.keys():
            return each(**{name: _built(fields[name].type, value) for name, value in given.items()})
    if _classes(kind) and isinstance(kind, type):
        raise UsageError(f"{kind.__name__} has not all of {', '.join(given)}.")
    return given


def _classes(kind: Any) -> list[Any]:
    if isinstance(kind, type) and attrs.has(kind):
        return [kind]
    return [found for part in get_args(kind) for found in _classes(part)]


def _pushed(request: Request) -> CallbackRequest:
    content, kind = encoded(request.body)
    return CallbackRequest(
        body=content or b"",
        headers={**({"Content-Type": kind} if kind else {}), **request.headers},
        url=request.path or None,
        query={name: str(value) for name, value in request.query.items()},
        method=request.method,
    )
