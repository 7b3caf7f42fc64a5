"""Playing exchanges: to the plugin on a canned wire, and to the sandbox by another client."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import requests
import urllib3

from polycast.client import Client
from polycast.errors import PolycastError
from polycast.sandbox import Hosted
from polycast.testing.canned import CannedWire, Sent
from polycast.testing.exchanges.calls import call, mistakes
from polycast.testing.exchanges.comparing import (
    Bound,
    Unreadable,
    differences,
    expected_body,
    listed,
    read_body,
    written,
)
from polycast.testing.exchanges.requests import Credentials, Raw, encoded, filled_in, send_raw
from polycast.testing.exchanges.vectors import Exchange, Request, Response, Step

__all__ = ["play_to_plugin", "play_to_sandbox"]


def play_to_plugin(
    exchange: Exchange,
    client: Client,
    base_url: str,
    settings: Mapping[str, Any],
    credentials: Credentials,
    folder: Path,
) -> list[str]:
    """Make the call of an exchange, and return what was asked or told otherwise.

    Args:
        exchange: the fact.
        client: of the account that the exchange is about.
        base_url: the client's own.
        settings: the account's.
        credentials: the contract's.
        folder: where files to be sent are put.
    """
    wire = _Wire(exchange.steps, base_url, settings, credentials)
    if exchange.pushed is None:
        wire.attach(client)
        client.api.transport.clock = exchange.now.timestamp
    try:
        told = call(client.provider, exchange, folder)
        if isinstance(exchange.result, dict) and "reports" in exchange.result:
            # They are fetched when they are read.
            list(told.reports)
    except PolycastError as error:
        told = error
    except Exception:
        if wire.problems:
            # The wire gave no answer because the request was not as expected.
            return wire.problems
        raise
    left = len(exchange.steps) - wire.place
    if not wire.problems and left:
        wire.problems.append(f"{left} of its requests were never made")
    return [*wire.problems, *mistakes(exchange.result, told)]


def play_to_sandbox(
    exchange: Exchange,
    hosted: Hosted,
    settings: Mapping[str, Any],
    credentials: Credentials,
    bound: Bound,
) -> list[str]:
    """Send the requests of an exchange to the sandbox, and return what it answers otherwise.

    Args:
        exchange: the fact.
        hosted: the one sandbox that is being served.
        settings: the account's.
        credentials: the contract's.
        bound: this run's values of the exchanges before.
    """
    [name] = hosted.sandboxes
    problems: list[str] = []
    for step in exchange.steps:
        if step.request is None:
            continue
        request = filled_in(step.request, bound, settings, credentials)
        answer = send_raw(request, hosted.base_url(name))
        problems += [
            f"to {request.method} {step.request.path}, {problem}"
            for problem in _answered(step.response, answer, bound)
        ]
    return problems


class _Wire(CannedWire):
    """Holds each request to its step, and gives the step's answer."""

    def __init__(
        self,
        steps: Any,
        base_url: str,
        settings: Mapping[str, Any],
        credentials: Credentials,
    ) -> None:
        super().__init__()
        self.problems: list[str] = []
        self.place = 0
        self._steps = steps
        self._root = urlsplit(base_url).path
        self._settings = settings
        self._credentials = credentials
        self._bound: Bound = {}

    def send(self, request: requests.PreparedRequest, **_: object) -> urllib3.BaseHTTPResponse:
        sent = Sent.of(request)
        if self.place < len(self._steps):
            step = self._steps[self.place]
            self.place += 1
            self.problems += self._asked(step, sent)
        elif self.sent and (sent.method, sent.url, sent.body) == (
            self.sent[-1].method,
            self.sent[-1].url,
            self.sent[-1].body,
        ):
            # The same once more: the wire may repeat a question.
            step = self._steps[-1]
        else:
            self.problems.append(f"{sent.method} {sent.path} is one request too many")
            raise AssertionError(self.problems[-1])
        self.sent.append(sent)
        content, kind = _content(step.response, self._bound)
        self.answer(
            step.response.status,
            content,
            headers={**({"Content-Type": kind} if kind else {}), **step.response.headers},
        )
        return self.respond()

    def _asked(self, step: Step, sent: Sent) -> Iterator[str]:
        if step.request is None:
            return
        wanted = filled_in(step.request, self._bound, self._settings, self._credentials)
        place = f"{wanted.method} {step.request.path}"
        for problem in _sent(wanted, sent, self._root, self._bound):
            yield f"of the request {place}, {problem}"


def _sent(wanted: Request, sent: Sent, root: str, bound: Bound) -> Iterator[str]:
    if sent.method != wanted.method:
        yield f"the method is {sent.method}"
    path = [unquote(part) for part in sent.path.removeprefix(root).split("/")]
    parts = [unquote(part) for part in wanted.path.split("/")]
    yield from differences(parts, path, bound, place="the path")
    yield from differences(
        listed(wanted.query), sent.query, bound, varies=wanted.varies, place="the query"
    )
    yield from _headers(wanted.headers, sent.headers, bound, wanted.varies)
    if wanted.body is None:
        if sent.body:
            yield f"there is a body: {sent.body[:200]!r}"
        return
    kind = requests.structures.CaseInsensitiveDict(sent.headers).get("Content-Type", "")
    try:
        told = read_body(wanted.body.kind, sent.body, kind)
    except Unreadable as error:
        yield str(error)
        return
    yield from differences(
        expected_body(wanted.body), told, bound, varies=wanted.varies, place="the body"
    )


def _answered(wanted: Response, answer: Raw, bound: Bound) -> Iterator[str]:
    if answer.status != wanted.status:
        yield f"the status is {answer.status}, not {wanted.status}: {answer.body[:200]!r}"
        return
    yield from _headers(wanted.headers, answer.headers, bound, wanted.varies)
    if wanted.body is None:
        if answer.body:
            yield f"there is a body: {answer.body[:200]!r}"
        return
    kind = requests.structures.CaseInsensitiveDict(answer.headers).get("Content-Type", "")
    try:
        told = read_body(wanted.body.kind, answer.body, kind)
    except Unreadable as error:
        yield str(error)
        return
    yield from differences(
        expected_body(wanted.body),
        told,
        bound,
        varies=wanted.varies,
        more=wanted.more,
        place="the body",
    )


def _headers(
    wanted: Mapping[str, str], told: Mapping[str, str], bound: Bound, varies: frozenset[str]
) -> Iterator[str]:
    known = requests.structures.CaseInsensitiveDict(told)
    for name, value in wanted.items():
        if name not in known:
            yield f"the header {name} is missing"
        else:
            yield from differences(
                {name: value}, {name: known[name]}, bound, varies=varies, place="the headers"
            )


def _content(response: Response, bound: Bound) -> tuple[bytes, str | None]:
    body = response.body
    if body is not None and bound and body.kind != "xml":
        body = type(body)(body.kind, written(body.value, bound))
    content, kind = encoded(body)
    return content or b"", kind
