"""Reading a provider's exchanges from the files of its package."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from importlib import import_module
from importlib.resources import files
from typing import Any

import attrs
import yaml

from polycast.errors import UsageError
from polycast.model.features import Features
from polycast.plugins.hookspecs import ProviderHooks
from polycast.plugins.registry import load_provider
from polycast.testing.exchanges.vectors import (
    BODIES,
    KNOWN,
    NOW,
    Body,
    Exchange,
    Request,
    Response,
    Step,
)

__all__ = ["evidence", "moment", "read_exchanges"]

_HOOKS = frozenset(name for name in vars(ProviderHooks) if not name.startswith("_")) - {"prepare"}
_FEATURES = frozenset(field.name for field in attrs.fields(Features))
_REQUIRED = ("name", "known", "source", "feature", "call", "result")
_OPTIONAL = (
    "request",
    "response",
    "steps",
    "given",
    "settings",
    "server",
    "now",
    "after",
    "sandbox",
)


def read_exchanges(provider: str) -> list[Exchange]:
    """Return the exchanges of an installed provider, in the order of its files and in them.

    Args:
        provider: the provider's name, as `connect` is given it.

    Raises:
        UsageError: a file does not hold to the format; the message names the file and the
            exchange.
    """
    package = load_provider(provider).__module__.partition(".")[0]
    if not hasattr(import_module(package), "__path__"):
        # A single module, which holds no files.
        return []
    folder = files(package) / "exchanges"
    if not folder.is_dir():
        return []
    found: dict[str, Exchange] = {}
    for file in sorted(folder.iterdir(), key=lambda each: each.name):
        if not file.name.endswith(".yaml"):
            continue
        try:
            rows = yaml.load(file.read_text("utf-8"), Loader=_Loader)
        except yaml.YAMLError as error:
            raise UsageError(f"{package}/exchanges/{file.name} is no YAML: {error}") from None
        if not isinstance(rows, list):
            raise UsageError(f"{package}/exchanges/{file.name} is not a list of exchanges.")
        for row in rows:
            exchange = _exchange(row, f"{package}/exchanges/{file.name}")
            if exchange.name in found:
                raise UsageError(f"Two exchanges of {provider} are named {exchange.name!r}.")
            found[exchange.name] = exchange
    for exchange in found.values():
        for name in exchange.given:
            if name not in found:
                raise UsageError(f"{exchange.name!r} is given {name!r}, which is no exchange.")
    return list(found.values())


def evidence(exchanges: Sequence[Exchange]) -> dict[str, str]:
    """Return how each feature is known at best: one of `KNOWN`, by the feature's name."""
    best: dict[str, str] = {}
    for exchange in exchanges:
        for feature in exchange.feature:
            before = best.get(feature, KNOWN[-1])
            best[feature] = min(before, exchange.known, key=KNOWN.index)
    return best


def moment(value: object, where: str) -> datetime:
    """Return the time that a text tells.

    Raises:
        UsageError: it tells none, or no zone.
    """
    try:
        told = datetime.fromisoformat(str(value))
    except ValueError:
        told = None
    if told is None or told.tzinfo is None:
        raise UsageError(
            f"{where} is {value!r}: write a time with its zone, e.g. 2030-01-01T08:00:00Z."
        )
    return told


class _Loader(yaml.SafeLoader):
    """Reads times as the texts they are written as: bodies hold them as texts."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


# The parts.


def _exchange(row: object, file: str) -> Exchange:
    name = row.get("name") if isinstance(row, dict) else None
    where = f"{file}, exchange {name!r}"
    fields = _mapping(row, where, (*_REQUIRED, *_OPTIONAL))
    missing = [key for key in _REQUIRED if key not in fields]
    if missing:
        raise UsageError(f"{where}: {', '.join(missing)} is missing.")
    if fields["known"] not in KNOWN:
        raise UsageError(f"{where}: known is {fields['known']!r}; it is one of {', '.join(KNOWN)}.")
    feature = _names(fields["feature"])
    for each in feature:
        if each not in _FEATURES | _HOOKS:
            raise UsageError(f"{where}: {each!r} is neither a field of Features nor a hook.")
    hook, arguments = _call(fields["call"], where)
    pushed = None
    if hook in ("receive", "verify"):
        pushed = _request({"method": "POST", "path": "", **arguments}, f"{where}, call")
    sandbox = fields.get("sandbox")
    if sandbox is None and pushed is not None:
        sandbox = "What is pushed is held to the plugin alone."
    return Exchange(
        name=str(fields["name"]),
        known=fields["known"],
        source=str(fields["source"]),
        feature=feature,
        hook=hook,
        arguments=arguments,
        steps=() if pushed is not None else tuple(_steps(fields, where)),
        pushed=pushed,
        result=fields["result"],
        given=_names(fields.get("given", ())),
        settings=_mapping(fields.get("settings", {}), f"{where}, settings"),
        server=_mapping(fields.get("server", {}), f"{where}, server"),
        now=moment(fields.get("now", NOW), f"{where}, now"),
        after=float(fields.get("after", 0)),
        sandbox=sandbox,
    )


def _call(value: object, where: str) -> tuple[str, Mapping[str, Any]]:
    call = _mapping(value, f"{where}, call")
    if len(call) != 1 or not call.keys() <= _HOOKS:
        raise UsageError(f"{where}: call is one of {', '.join(sorted(_HOOKS))} with its arguments.")
    [(hook, arguments)] = call.items()
    if hook == "status" and not isinstance(arguments, dict):
        arguments = {"id": str(arguments)}
    return hook, _mapping(arguments, f"{where}, call")


def _steps(fields: Mapping[str, Any], where: str) -> Iterator[Step]:
    rows = fields.get("steps")
    if rows is None:
        rows = [{key: fields[key] for key in ("request", "response") if key in fields}]
    for number, row in enumerate(rows):
        place = f"{where}, step {number + 1}"
        step = _mapping(row, place, ("request", "response"))
        if "response" not in step:
            raise UsageError(f"{place}: response is missing.")
        request = _request(step["request"], f"{place}, request") if "request" in step else None
        yield Step(request=request, response=_response(step["response"], f"{place}, response"))


def _request(value: object, where: str) -> Request:
    row = _mapping(value, where, ("method", "path", "query", "headers", "varies", *BODIES))
    for key in ("method", "path"):
        if key not in row:
            raise UsageError(f"{where}: {key} is missing.")
    return Request(
        method=row["method"],
        path=row["path"],
        query=_mapping(row.get("query", {}), f"{where}, query"),
        headers=_mapping(row.get("headers", {}), f"{where}, headers"),
        body=_body(row, where),
        varies=frozenset(_names(row.get("varies", ()))),
    )


def _response(value: object, where: str) -> Response:
    row = _mapping(value, where, ("status", "headers", "varies", "more", *BODIES))
    return Response(
        status=row.get("status", 200),
        headers=_mapping(row.get("headers", {}), f"{where}, headers"),
        body=_body(row, where),
        varies=frozenset(_names(row.get("varies", ()))),
        more=frozenset(_names(row.get("more", ()))),
    )


def _body(row: Mapping[str, Any], where: str) -> Body | None:
    kinds = [kind for kind in BODIES if kind in row]
    if len(kinds) > 1:
        raise UsageError(f"{where} has {' and '.join(kinds)}: a body is written in one way.")
    if not kinds:
        return None
    [kind] = kinds
    if kind in ("xml", "text") and not isinstance(row[kind], str):
        raise UsageError(f"{where}: {kind} is a string.")
    return Body(kind, row[kind])


def _mapping(value: object, where: str, known: Sequence[str] | None = None) -> dict[str, Any]:
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
        raise UsageError(f"{where} is not a mapping of names: {value!r:.80}")
    if known is not None:
        unknown = [key for key in value if key not in known]
        if unknown:
            raise UsageError(
                f"{where} does not know {', '.join(unknown)}; it knows {', '.join(known)}."
            )
    return value


def _names(value: object) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(str(each) for each in value)  # type: ignore[attr-defined]  # a list, or it fails here
