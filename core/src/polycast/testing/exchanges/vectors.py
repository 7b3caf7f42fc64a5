"""What one exchange consists of."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import attrs

__all__ = ["BODIES", "KNOWN", "NOW", "Body", "Exchange", "Request", "Response", "Step"]

#: How an exchange can be known, the strongest first.
KNOWN = ("measured", "documented", "third_party", "assumed")
#: How a body can be written.
BODIES = ("json", "form", "multipart", "xml", "text")
#: The time at the sandbox where an exchange does not tell one: late enough for any `send_at`.
NOW = datetime(2030, 1, 1, 8, tzinfo=UTC)


@attrs.frozen
class Body:
    """A body, as the file writes it.

    Args:
        kind: one of `BODIES`.
        value: JSON as itself, forms as a mapping, `multipart` as a list of parts, XML and text
            as a string.
    """

    kind: str
    value: Any


@attrs.frozen(kw_only=True)
class Request:
    """A request.

    Args:
        method: the HTTP method.
        path: below the `base_url`, percent-encoded.
        query: the parameters; a list where one comes several times.
        headers: the headers that matter; others are not compared.
        body: None where it has none.
        varies: names of fields, elements, parameters or headers whose values are not compared.
    """

    method: str
    path: str
    query: Mapping[str, Any] = attrs.field(factory=dict)
    headers: Mapping[str, str] = attrs.field(factory=dict)
    body: Body | None = None
    varies: frozenset[str] = frozenset()


@attrs.frozen(kw_only=True)
class Response:
    """An answer.

    Args:
        status: the HTTP status.
        headers: the headers that matter; others are not compared.
        body: None where it has none.
        varies: names of fields, elements or headers whose values the server makes up.
        more: names of fields that the sandbox may tell besides.
    """

    status: int = 200
    headers: Mapping[str, str] = attrs.field(factory=dict)
    body: Body | None = None
    varies: frozenset[str] = frozenset()
    more: frozenset[str] = frozenset()


@attrs.frozen(kw_only=True)
class Step:
    """One request and its answer; `request` is None where only the answer is known."""

    request: Request | None
    response: Response


@attrs.frozen(kw_only=True)
class Exchange:
    """One fact about a provider: what is asked, what it answers, and what that means.

    Args:
        name: unique among the provider's exchanges.
        known: one of `KNOWN`.
        source: where it is known from, with a date.
        feature: what it is evidence for: names of `Features` fields, or of hooks.
        hook: which hook is called; `"receive"` for what the provider pushes.
        arguments: of that call, in our words.
        steps: the requests of the call, in order; empty for what is pushed.
        pushed: what the provider pushes.
        result: fields of what the call returns or raises (`error` names the class); None where
            it returns None.
        given: names of the exchanges that come before it at the sandbox.
        settings: settings of the account that differ from the sandbox's own.
        server: what the sandbox is made with.
        now: the time at the sandbox when the first exchange begins.
        after: seconds that pass at the sandbox before this exchange.
        sandbox: why the sandbox cannot be held to it, or None where it can.
    """

    name: str
    known: str
    source: str
    feature: tuple[str, ...]
    hook: str
    arguments: Mapping[str, Any]
    steps: Sequence[Step]
    pushed: Request | None
    result: Any
    given: tuple[str, ...] = ()
    settings: Mapping[str, Any] = attrs.field(factory=dict)
    server: Mapping[str, Any] = attrs.field(factory=dict)
    now: datetime = NOW
    after: float = 0.0
    sandbox: str | None = None
