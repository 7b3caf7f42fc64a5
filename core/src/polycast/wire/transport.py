"""Sends requests: bounded in time, size and tries, and never twice when it might matter."""

import logging
import os
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Protocol
from urllib.parse import unquote, urlsplit

import attrs
import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict
from requests.utils import get_environ_proxies

from polycast.errors import (
    InvalidAnswer,
    OutcomeUnknown,
    PolycastError,
    ProviderError,
    ProviderUnavailable,
    RateLimited,
    SettingsError,
    UsageError,
)
from polycast.waiting import may_wait
from polycast.wire.answer import Answer, Judge, judge_by_status
from polycast.wire.auth import Auth, NoAuth
from polycast.wire.redaction import Redactor, redacting, scrubbed
from polycast.wire.retry import Retry, read_http_date

__all__ = ["Adapter", "Exchange", "Transport"]

logger = logging.getLogger("polycast.wire")

#: Bytes; larger answers are refused before they fill the memory.
MAX_ANSWER = 256 * 1024 * 1024
#: Seconds to wait for a connection, however long the answer may take.
CONNECT_TIMEOUT = 10.0
_CHUNK = 1 << 16


class Adapter(Protocol):
    """What carries a request: `requests`' own adapter, or a canned one in tests."""

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = ...,
        timeout: float | tuple[float, float] | tuple[float, None] | None = ...,
        verify: bool | str = ...,
        cert: bytes | str | tuple[bytes | str, bytes | str] | None = ...,
        proxies: Mapping[str, str] | None = ...,
    ) -> requests.Response:
        """Send the request and return the answer with its body unread."""

    def close(self) -> None:
        """Close the connections."""


@attrs.frozen(kw_only=True)
class Exchange:
    """One request, ready to be sent but for its credentials.

    Args:
        operation: its name in the spec.
        method: the HTTP method.
        url: whole, escaped. It may hold secrets (a signature), so it is not shown.
        headers: without credentials.
        body: the bytes, or None.
        safe: whether the call only reads, and may be repeated.
        supplied: values in the URL that are secret.
    """

    operation: str
    method: str
    url: str = attrs.field(repr=False)
    headers: Mapping[str, str] = attrs.field(repr=False)
    body: bytes | None = attrs.field(default=None, repr=False)
    safe: bool
    supplied: tuple[str, ...] = attrs.field(default=(), repr=False)


@attrs.frozen
class _NoAnswer:
    """A try that brought no answer: what happened, and whether anything can have arrived."""

    words: str
    cause: Exception = attrs.field(repr=False)
    reached: bool
    worth_retrying: bool = True
    http_status: int | None = None


class Transport:
    """The way to one provider: connections, credentials, retries and redaction.

    It is safe to share between threads.
    """

    def __init__(
        self,
        provider: str,
        *,
        auth: Auth | None = None,
        timeout: float = 30.0,
        judge: Judge = judge_by_status,
        retry: Retry | None = None,
        adapter: Adapter | None = None,
        sleep: Callable[[float], None] = time.sleep,
        connections: int = 10,
    ) -> None:
        """Set the way up; nothing is connected before the first request.

        Args:
            provider: the provider's name, for errors.
            auth: adds credentials; its secrets are masked in everything shown.
            timeout: seconds without a byte of the answer before giving up.
            judge: says what an answer means before it is decoded.
            retry: the bounds of trying again.
            adapter: carries the requests; `requests`' own by default.
            sleep: waits between tries.
            connections: how many are kept open for reuse.
        """
        self.provider = provider
        self.auth: Auth = auth or NoAuth()
        self.timeout = timeout
        self.judge = judge
        self.retry = retry or Retry()
        self.adapter: Adapter = adapter or HTTPAdapter(
            pool_connections=connections, pool_maxsize=connections
        )
        self.sleep = sleep
        self.redactor = Redactor(self.auth.secrets)
        # The environment is read once: a later change must not redirect a client's messages,
        # and reading ~/.netrc on each request (requests' default) can replace credentials.
        self._verify: bool | str = (
            os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or True
        )
        self._proxies: dict[str, dict[str, str]] = {}
        #: Tells our time, in seconds since 1970: tests of clocks that differ replace it.
        self.clock: Callable[[], float] = time.time
        #: The `Date` of the latest answer, and when it came by our clock.
        self._dated: tuple[str, float] | None = None

    def __repr__(self) -> str:
        return f"<Transport to {self.provider}>"

    def close(self) -> None:
        """Close the connections; a later request opens new ones."""
        self.adapter.close()

    @property
    def clock_skew(self) -> timedelta | None:
        """How far the provider's clock is ahead of ours; negative where it is behind.

        It is read from the `Date` header of the latest answer that had one (a 5xx does not
        count: it may be a gateway's). It is right to a second, plus the time that the answer
        took to travel. None before the first such answer.

        A moment of ours is `moment + transport.clock_skew` in the provider's time.
        """
        if self._dated is None:
            return None
        date, came = self._dated
        moment = read_http_date(date)
        return None if moment is None else moment - datetime.fromtimestamp(came, UTC)

    def hide(self, *secrets: str) -> None:
        """Mask these too in everything shown, e.g. credentials found in a URL."""
        self.redactor = self.redactor.adding(secrets)

    def exchange(self, exchange: Exchange) -> Answer:
        """Send a request and return an answer that is not an error.

        Reads are repeated after connection errors, timeouts, 429, 502, 503 and 504.
        Everything else is repeated only when nothing can have been accepted, and never inside
        `without_waiting()`.

        Raises:
            ProviderError: the provider refused, or was not reached.
            OutcomeUnknown: the reply to a call that changes something was lost.
            UsageError: the request cannot be put on the wire.
        """
        redactor = self.redactor.adding(exchange.supplied)
        attempt = 1
        while True:
            outcome = self._try_once(exchange, redactor)
            cause: Exception | None = None
            if isinstance(outcome, _NoAnswer):
                error: PolycastError = self._error_for(exchange, outcome, redactor)
                cause = outcome.cause
                repeat = outcome.worth_retrying and error.safe_to_retry
            else:
                judged = self.judge(outcome)
                if judged is None:
                    return outcome
                error = judged
                repeat = _may_repeat(exchange, error)
            pause = self.retry.pause(attempt, getattr(error, "retry_after", None))
            held = not exchange.safe and not may_wait()
            if not repeat or held or pause is None:
                raise error from cause
            logger.info(
                "%s: try %d of %s failed (%s); trying again in %.1f s",
                self.provider, attempt, exchange.operation, type(error).__name__, pause,
            )  # fmt: skip
            attempt += 1
            self.sleep(pause)

    def _try_once(self, exchange: Exchange, redactor: Redactor) -> Answer | _NoAnswer:
        request = self._prepare(exchange)
        started = time.monotonic()
        try:
            with redacting(redactor):
                response = self.adapter.send(
                    request,
                    stream=True,
                    timeout=(min(CONNECT_TIMEOUT, self.timeout), self.timeout),
                    verify=self._verify,
                    proxies=self._proxies_for(exchange.url),
                )
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            return _classify(error, scrubbed(error, redactor))
        except ValueError as error:  # http.client and urllib3 check URLs and headers late
            words = redactor.text(str(error))
            cause = scrubbed(error, redactor)
        else:
            return self._read(exchange, response, redactor, started)
        raise UsageError(f"{self.provider}: the request cannot be sent: {words}") from cause

    def _prepare(self, exchange: Exchange) -> requests.PreparedRequest:
        # Filled in by hand: `prepare` would parse and re-quote a URL that is already exact,
        # and costs more than all of our own work.
        request = requests.PreparedRequest()
        request.method = exchange.method
        request.url = exchange.url
        headers: CaseInsensitiveDict[str] = CaseInsensitiveDict(exchange.headers)
        request.headers = headers
        request.body = exchange.body
        if exchange.body is not None:
            headers["Content-Length"] = str(len(exchange.body))
        elif exchange.method not in ("GET", "HEAD"):
            headers["Content-Length"] = "0"
        self.auth.apply(request)
        return request

    def _proxies_for(self, url: str) -> dict[str, str]:
        parts = urlsplit(url)
        key = f"{parts.scheme}://{parts.netloc}"
        proxies = self._proxies.get(key)
        if proxies is None:
            proxies = get_environ_proxies(url)
            for proxy in proxies.values():
                password = urlsplit(proxy).password
                if password:
                    self.hide(password, unquote(password))
            self._proxies[key] = proxies
        return proxies

    def _read(
        self,
        exchange: Exchange,
        response: requests.Response,
        redactor: Redactor,
        started: float,
    ) -> Answer | _NoAnswer:
        body = bytearray()
        failure: _NoAnswer | None = None
        try:
            for chunk in _chunks(response):
                body += chunk
                if len(body) > MAX_ANSWER:
                    failure = _NoAnswer(
                        f"its answer is larger than {MAX_ANSWER // 2**20} MiB",
                        Exception("answer too large"),
                        reached=True,
                        worth_retrying=False,
                        http_status=response.status_code,
                    )
                    break
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            failure = _NoAnswer(
                "the connection was lost in the middle of its answer",
                scrubbed(error, redactor),
                reached=True,
                http_status=response.status_code,
            )
        finally:
            if failure is not None:
                response.close()
            else:
                response.raw.release_conn()
        # A refusal is a refusal, even when its words were cut off.
        if failure is not None and response.status_code < 400:
            return failure
        date = response.headers.get("Date")
        if date and response.status_code < 500:
            self._dated = date, self.clock()
        logger.debug(
            "%s: %s answered HTTP %d, %d bytes, after %.0f ms",
            self.provider, exchange.operation, response.status_code, len(body),
            (time.monotonic() - started) * 1000,
        )  # fmt: skip
        return Answer(
            provider=self.provider,
            operation=exchange.operation,
            safe=exchange.safe,
            status=response.status_code,
            headers=response.headers,
            body=bytes(body),
            redactor=redactor,
        )

    def _error_for(
        self, exchange: Exchange, lost: _NoAnswer, redactor: Redactor
    ) -> ProviderError | OutcomeUnknown:
        words = redactor.text(lost.words)
        if not lost.reached:
            return ProviderUnavailable(
                words, provider=self.provider, operation=exchange.operation, safe_to_retry=True
            )
        if not exchange.safe:
            return OutcomeUnknown(
                words,
                provider=self.provider,
                operation=exchange.operation,
                http_status=lost.http_status,
            )
        kind = ProviderUnavailable if lost.worth_retrying else InvalidAnswer
        return kind(
            words,
            provider=self.provider,
            operation=exchange.operation,
            http_status=lost.http_status,
            safe_to_retry=True,
        )


def _chunks(response: requests.Response) -> Iterator[bytes]:
    while chunk := response.raw.read(_CHUNK, decode_content=True):
        yield chunk


_SAFE_RETRY_STATUSES = frozenset({429, 502, 503, 504})


def _may_repeat(exchange: Exchange, error: PolycastError) -> bool:
    if not isinstance(error, RateLimited | ProviderUnavailable) or not error.safe_to_retry:
        return False
    return not exchange.safe or error.http_status in _SAFE_RETRY_STATUSES


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """The exception, and all that it was made from, however it is attached."""
    pending: list[object] = [error]
    seen: set[int] = set()
    while pending:
        current = pending.pop()
        if not isinstance(current, BaseException) or id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        pending += [
            current.__cause__,
            current.__context__,
            getattr(current, "reason", None),
            getattr(current, "original_error", None),
            *current.args,
        ]


def _classify(error: Exception, cause: Exception) -> _NoAnswer:
    """Say what a failure to get an answer means: can the request have arrived?"""
    causes = list(_causes(error))
    if any(isinstance(c, requests.exceptions.InvalidURL | urllib3.exceptions.LocationParseError)
           for c in causes):  # fmt: skip
        raise SettingsError("The address of the provider is not a URL: look at base_url.") from None
    if any(isinstance(c, urllib3.exceptions.SSLError) for c in causes) and _is_certificate(causes):
        return _NoAnswer(
            "its certificate was not accepted, so nothing was sent",
            cause, reached=False, worth_retrying=False,
        )  # fmt: skip
    not_connected = (
        urllib3.exceptions.NewConnectionError,
        urllib3.exceptions.ConnectTimeoutError,
    )
    if any(isinstance(c, not_connected) for c in causes):
        return _NoAnswer("no connection could be made, so nothing was sent", cause, reached=False)
    if any(isinstance(c, requests.Timeout | urllib3.exceptions.TimeoutError | TimeoutError)
           for c in causes):  # fmt: skip
        return _NoAnswer("it did not answer in time", cause, reached=True)
    return _NoAnswer("the connection was lost before its answer came", cause, reached=True)


def _is_certificate(causes: list[BaseException]) -> bool:
    # ssl.SSLCertVerificationError, by name: importing ssl costs start-up time on some platforms.
    return any(type(c).__name__ == "SSLCertVerificationError" for c in causes)
