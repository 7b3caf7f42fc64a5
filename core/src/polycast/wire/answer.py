"""One answer of a provider, before anybody has decided what it means."""

import re
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, TypeVar

import attrs

from polycast.errors import (
    AuthenticationFailed,
    Conflict,
    InsufficientFunds,
    NotFound,
    OutcomeUnknown,
    PolycastError,
    ProviderError,
    ProviderUnavailable,
    RateLimited,
    Rejected,
)
from polycast.masking.redaction import Redactor
from polycast.wire import strict_json, strict_xml
from polycast.wire.retry import parse_retry_after, read_http_date
from polycast.wire.structure import DecodeError

__all__ = ["Answer", "Judge", "judge_by_code", "judge_by_status", "kind_for_status"]

#: Characters of a provider's words, and bytes of its answer, that an error keeps.
_MOST_WORDS = 2_000
_MOST_RAW = 100_000

_Error = TypeVar("_Error", bound=ProviderError | OutcomeUnknown)


@attrs.define(eq=False, slots=False)
class Answer:
    """What came back for one call.

    Args:
        provider: whose answer it is.
        operation: what was asked.
        safe: whether the call only read (RFC 9110's word).
        status: the HTTP status.
        headers: the HTTP headers; names in any case.
        body: the bytes, decompressed.
    """

    provider: str
    operation: str
    safe: bool
    status: int
    headers: Mapping[str, str] = attrs.field(repr=False)
    body: bytes = attrs.field(repr=False)
    redactor: Redactor = attrs.field(factory=Redactor, repr=False)

    @property
    def is_success(self) -> bool:
        """Whether the HTTP status is 2xx."""
        return 200 <= self.status < 300

    @cached_property
    def json(self) -> Any:
        """The body as JSON, secrets masked.

        Raises:
            DecodeError: it is not JSON.
        """
        return self.redactor.decoded(strict_json.parse(self.body), self.body)

    @cached_property
    def json_or_none(self) -> Any:
        """The body as JSON, or None where it is not."""
        try:
            return self.json
        except DecodeError:
            return None

    @property
    def json_object(self) -> Any:
        """The body as a JSON object, also where it is the only item of a list; else None."""
        body = self.json_or_none
        if isinstance(body, list) and len(body) == 1:
            [body] = body
        return body if isinstance(body, dict) else None

    @cached_property
    def xml(self) -> Any:
        """The body as the tree that `wire.xml.parse` makes of it, secrets masked.

        Raises:
            DecodeError: it is not XML, or holds a DTD or entities.
        """
        tree = strict_xml.parse(self.body, _charset(self.headers.get("Content-Type", "")))
        return self.redactor.decoded(tree, self.body)

    @cached_property
    def text(self) -> str:
        """The body as text in UTF-8, secrets masked.

        Raises:
            DecodeError: it is not UTF-8.
        """
        try:
            detail = self.body.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            problem = f"not UTF-8 at byte {error.start}"
        else:
            masked: str = self.redactor.decoded(detail, self.body)
            return masked
        raise DecodeError(problem)

    @property
    def excerpt(self) -> str:
        """The body as a few readable words, for an error message; secrets masked."""
        # Masked before anything is cut: half a secret is none that could be found.
        text = self.redactor.beginning(self.body[:_MOST_RAW].decode("utf-8", "replace"), 2000)
        kind = self.headers.get("Content-Type", "")
        # Observed: Django labels even its plain sentences as HTML.
        labelled = "html" in kind.lower() and "<" in text
        if labelled or re.match(r"\s*<(!doctype\s+html|html)\b", text, re.IGNORECASE):
            title = re.search(r"<title[^>]*>([^<]*)", text, re.IGNORECASE)
            named = " ".join(title[1].split()) if title else ""
            return f"an HTML page titled {named!r}" if named else "an HTML page"
        detail = " ".join("".join(c if c.isprintable() else " " for c in text).split())
        return detail if len(detail) <= 300 else detail[:299] + "…"

    @property
    def retry_after(self) -> float | None:
        """Seconds that the `Retry-After` header asks for."""
        asked = self.headers.get("Retry-After")
        return parse_retry_after(asked, read_http_date(self.headers.get("Date"))) if asked else None

    def error(
        self,
        kind: type[_Error],
        detail: str | None = None,
        *,
        code: str | int | None = None,
        raw: object = None,
        safe_to_retry: bool | None = None,
    ) -> _Error:
        """Return an error of this kind with the facts of this answer, secrets masked.

        Words are cut after 2,000 characters; of an answer of more than 100,000 bytes, `raw` is
        the beginning of its text.

        Args:
            kind: the class of error.
            detail: the provider's own words; the start of the body when None.
            code: the provider's own error code.
            raw: the provider's own answer; the body's text when None.
            safe_to_retry: overrides the default of the class.
        """
        text = self.redactor.beginning(self.excerpt if detail is None else detail, _MOST_WORDS + 1)
        if raw is None or len(self.body) > _MOST_RAW:
            start = self.body[: 2 * _MOST_RAW].decode("utf-8", "replace")
            raw = self.redactor.beginning(start, _MOST_RAW)
        return kind(
            text if len(text) <= _MOST_WORDS else f"{text[: _MOST_WORDS - 1]}…",
            provider=self.provider,
            operation=self.operation,
            http_status=self.status,
            code=(self.redactor.beginning(code, _MOST_WORDS) if isinstance(code, str) else code),
            raw=self.redactor.value(raw),
            retry_after=self.retry_after,
            safe_to_retry=safe_to_retry,
        )


def _charset(content_type: str) -> str | None:
    named = re.search(r"""charset\s*=\s*["']?([\w.:-]+)""", content_type, re.IGNORECASE)
    return named[1] if named else None


#: Decides what an answer means before it is decoded: an error to raise, or None to go on.
Judge = Callable[[Answer], PolycastError | None]

_KINDS: Mapping[int, type[ProviderError]] = {
    401: AuthenticationFailed,
    402: InsufficientFunds,
    403: AuthenticationFailed,
    404: NotFound,
    408: ProviderUnavailable,
    409: Conflict,
    410: NotFound,
    429: RateLimited,
    499: ProviderUnavailable,
}


def kind_for_status(status: int) -> type[ProviderError]:
    """Return the kind of error that an HTTP status means by itself."""
    if status in _KINDS:
        return _KINDS[status]
    return Rejected if 400 <= status < 500 else ProviderUnavailable


def judge_by_status(
    answer: Answer, detail: str | None = None, *, code: str | int | None = None
) -> PolycastError | None:
    """Judge an answer by its HTTP status alone; a plugin looks at the body first.

    A 5xx to a send is not safe to retry: the work may have been done. A 503 that names a
    time to come back says that it was not. Redirects are never followed.

    Args:
        answer: the answer.
        detail: the provider's own words, where the plugin found them in the body.
        code: the provider's own error code, likewise.
    """
    if answer.is_success:
        return None
    kind = kind_for_status(answer.status)
    if 300 <= answer.status < 400:
        target = answer.headers.get("Location", "an address it does not name")
        return answer.error(
            ProviderUnavailable,
            f"It redirects to {target}. Polycast follows no redirects: set base_url to the "
            "provider's present address.",
            code=code,
            safe_to_retry=False,
        )
    if kind is ProviderUnavailable:
        refused = answer.status == 503 and answer.retry_after is not None
        return answer.error(kind, detail, code=code, safe_to_retry=answer.safe or refused)
    return answer.error(kind, detail, code=code)


def judge_by_code(
    answer: Answer,
    kind: type[ProviderError] | None,
    detail: str | None = None,
    *,
    code: str | int | None = None,
) -> PolycastError | None:
    """Judge an answer that says in its body that it refuses, by its error code.

    A code that no page lists goes by the HTTP status. Where that is a success it is a plain
    `ProviderError`, safe to repeat only where the call read: nobody knows what became of a send.

    Args:
        answer: the answer.
        kind: what the code means; None where the provider's pages do not list it.
        detail: the provider's own words.
        code: the provider's own error code.
    """
    if kind is not None:
        return answer.error(kind, detail, code=code)
    if not answer.is_success:
        return judge_by_status(answer, detail, code=code)
    return answer.error(ProviderError, detail, code=code, safe_to_retry=answer.safe)
