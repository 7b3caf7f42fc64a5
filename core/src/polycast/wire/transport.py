"""Sends requests: bounded in time, size and tries, and never twice when it might matter."""

import logging
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote, urlsplit

import attrs
import requests
import urllib3
from requests.structures import CaseInsensitiveDict
from requests.utils import get_environ_proxies, select_proxy

from polycast.concurrency.fence import check_fence
from polycast.concurrency.waiting import may_wait
from polycast.errors import (
    InvalidResponse,
    OutcomeUnknown,
    PolycastError,
    ProviderError,
    ProviderUnavailable,
    UsageError,
)
from polycast.masking.redaction import Redactor, scrubbed
from polycast.masking.secret import Secret
from polycast.wire.adapter import Adapter, Connections
from polycast.wire.answer import Answer, Judge, judge_by_status
from polycast.wire.auth import Auth, NoAuth
from polycast.wire.connection import Progress
from polycast.wire.failures import Failure, cut_off, failure_of, proxy_wants_login
from polycast.wire.logs import redacting
from polycast.wire.retry import Retry, asks_to_wait, may_repeat, read_http_date

__all__ = ["Exchange", "Transport"]

logger = logging.getLogger("polycast.wire")

#: Bytes; larger answers are refused before they fill the memory.
MAX_ANSWER = 256 * 1024 * 1024
#: Seconds to wait for a connection, however long the answer may take.
CONNECT_TIMEOUT = 10.0
_CHUNK = 1 << 16


@attrs.frozen(kw_only=True)
class Exchange:
    """One request, ready to be sent but for its credentials.

    Args:
        operation: its name in the spec.
        method: the HTTP method.
        url: whole, escaped. It may hold secrets (a signature), so it is not shown.
        headers: without the credentials that the `Auth` adds; others are `Secret`.
        body: the bytes, or None.
        safe: whether the call only reads, and may be repeated.
        anonymous: whether it is sent without credentials.
        supplied: values in the URL that are secret.
    """

    operation: str
    method: str
    url: str = attrs.field(repr=False)
    headers: Mapping[str, str | Secret] = attrs.field(repr=False)
    body: bytes | None = attrs.field(default=None, repr=False)
    safe: bool
    anonymous: bool = False
    supplied: tuple[str, ...] = attrs.field(default=(), repr=False)


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
        deadline: float = 120.0,
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
            deadline: seconds for a whole call: its tries, the waiting between them, and an
                answer that comes slowly.
            judge: says what an answer means before it is decoded.
            retry: the bounds of trying again.
            adapter: carries the requests; connections of its own by default.
            sleep: waits between tries.
            connections: how many are kept open for reuse.
        """
        self.provider = provider
        self.auth: Auth = auth or NoAuth()
        self.timeout = timeout
        self.deadline = deadline
        self.judge = judge
        self.retry = retry or Retry()
        self.adapter: Adapter = adapter or Connections(connections)
        self.sleep = sleep
        self.redactor = Redactor(self.auth.secrets)
        self._proxies: dict[str, Secret | None] = {}
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
    def now(self) -> datetime:
        """The present moment by our clock, aware: what a `send_at` is compared with."""
        return datetime.fromtimestamp(self.clock(), UTC)

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

        Reads are repeated after connection errors, timeouts, 408, 429, 502, 503 and 504.
        Everything else is repeated only when nothing can have been accepted. Inside
        `without_waiting()` nothing is repeated but a read that nobody asked to wait for.

        Raises:
            ProviderError: the provider refused, or was not reached.
            OutcomeUnknown: the reply to a call that changes something was lost.
            ClaimExpired: what is to be sent was claimed too long ago; nothing was sent.
            UsageError: the request cannot be put on the wire.
        """
        self._proxy_for(exchange.url)  # its password is known from here on
        redactor = self.redactor.adding(exchange.supplied)
        deadline = time.monotonic() + self.deadline
        attempt = 1
        while True:
            outcome = self._try_once(exchange, redactor, deadline)
            cause: Exception | None = None
            if isinstance(outcome, Failure):
                error: PolycastError = self._error_for(exchange, outcome, redactor)
                cause = outcome.cause
                repeat = outcome.waiting_helps and error.safe_to_retry
            else:
                judged = self.judge(outcome)
                if judged is None:
                    return outcome
                error = judged
                repeat = may_repeat(error, safe=exchange.safe)
            pause = self.retry.pause(attempt, getattr(error, "retry_after", None))
            held = not may_wait() and (not exchange.safe or asks_to_wait(error))
            if not repeat or held or pause is None or time.monotonic() + pause >= deadline:
                raise error from cause
            logger.info(
                "%s: try %d of %s failed (%s); trying again in %.1f s",
                self.provider, attempt, exchange.operation, type(error).__name__, pause,
            )  # fmt: skip
            attempt += 1
            self.sleep(pause)

    def _try_once(
        self, exchange: Exchange, redactor: Redactor, deadline: float
    ) -> Answer | Failure:
        if not exchange.safe:
            check_fence()
        try:
            with redacting(redactor):
                outcome = self._carry(exchange, redactor, deadline)
        except BaseException as error:  # noqa: BLE001 - it goes on
            # The frames below hold the headers and the URL, and a debugger or an error tracker
            # shows what frames hold: also those that Ctrl-C interrupts.
            error.__context__ = None
            raise error.with_traceback(None)  # noqa: B904 - the same one
        if isinstance(outcome, UsageError):
            raise outcome
        return outcome

    def _carry(
        self, exchange: Exchange, redactor: Redactor, deadline: float
    ) -> Answer | Failure | UsageError:
        """Make one try, and return what became of it."""
        request = self._prepare(exchange)
        proxy = self._proxy_for(exchange.url)
        progress = Progress(
            deadline=deadline,
            timeout=self.timeout,
            connect_timeout=min(CONNECT_TIMEOUT, self.timeout),
            safe=exchange.safe,
        )
        started = time.monotonic()
        head: urllib3.BaseHTTPResponse | None = None
        body = bytearray()
        whole = False
        failure: Failure | UsageError | None = None
        try:
            head = self.adapter.send(request, proxy=proxy, progress=progress)
            if head.status == 407:
                return Failure(
                    f"nothing was sent, for {proxy_wants_login(proxy)}",
                    Exception("HTTP 407"),
                    False,
                    False,
                    407,
                )
            while chunk := head.read(_CHUNK, decode_content=True):
                body += chunk
                if len(body) > MAX_ANSWER:
                    failure = Failure(
                        f"its answer is larger than {MAX_ANSWER // 2**20} MiB",
                        Exception("answer too large"), True, False, head.status,
                    )  # fmt: skip
                    break
            else:
                whole = True
        except (PolycastError, AssertionError):
            raise
        except Exception as error:  # noqa: BLE001 - the libraries let many kinds out
            cause = scrubbed(error, redactor)
            if head is None:
                failure = failure_of(error, cause, progress, exchange.url, proxy)
            else:
                failure = cut_off(cause, progress, head.status)
        finally:
            if head is not None:
                head.release_conn() if whole else head.close()
        # A refusal is a refusal, even when its words were cut off.
        if head is None or (failure is not None and head.status < 400):
            assert failure is not None
            return failure
        date = head.headers.get("Date")
        if date and head.status < 500:
            self._dated = date, self.clock()
        logger.debug(
            "%s: %s answered HTTP %d, %d bytes, after %.0f ms",
            self.provider, exchange.operation, head.status, len(body),
            (time.monotonic() - started) * 1000,
        )  # fmt: skip
        return Answer(
            provider=self.provider,
            operation=exchange.operation,
            safe=exchange.safe,
            status=head.status,
            headers=head.headers,
            body=bytes(body),
            redactor=redactor,
        )

    def _prepare(self, exchange: Exchange) -> requests.PreparedRequest:
        # Filled in by hand: `prepare` would parse and re-quote a URL that is already exact,
        # and costs more than all of our own work.
        request = requests.PreparedRequest()
        request.method = exchange.method
        request.url = exchange.url
        headers: CaseInsensitiveDict[str] = CaseInsensitiveDict()
        for name, value in exchange.headers.items():
            headers[name] = value.reveal() if isinstance(value, Secret) else value
        request.headers = headers
        request.body = exchange.body
        if not exchange.anonymous:
            self.auth.apply(request)
        return request

    def _proxy_for(self, url: str) -> str | None:
        """Return the proxy that the environment named when this address was first asked."""
        parts = urlsplit(url)
        key = f"{parts.scheme}://{parts.netloc}"
        if key not in self._proxies:
            proxy = select_proxy(url, get_environ_proxies(url))
            if proxy and "://" not in proxy:
                proxy = f"http://{proxy}"
            self._proxies[key] = Secret(proxy) if proxy else None
            named = urlsplit(proxy or "")
            if named.password:
                login, password = unquote(named.username or ""), unquote(named.password)
                pair = f"{login}:{password}"
                self.hide(named.password, password, pair, named.netloc.rpartition("@")[0])
        found = self._proxies[key]
        return found.reveal() if found else None

    def _error_for(
        self, exchange: Exchange, lost: Failure, redactor: Redactor
    ) -> ProviderError | OutcomeUnknown:
        facts: dict[str, Any] = {
            "provider": self.provider,
            "operation": exchange.operation,
            "http_status": lost.http_status,
        }
        detail = redactor.text(lost.detail)
        if not lost.reached:
            return ProviderUnavailable(
                detail, **facts, safe_to_retry=lost.waiting_helps, carried_out=False
            )
        if not exchange.safe:
            return OutcomeUnknown(detail, **facts)
        kind = ProviderUnavailable if lost.waiting_helps else InvalidResponse
        return kind(detail, **facts, safe_to_retry=True)
