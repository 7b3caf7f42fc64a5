"""What a failure to get an answer means: what failed, and whether anything can have arrived."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import attrs
import urllib3

from polycast.errors import SettingsError, UsageError
from polycast.wire.adapter import shown_proxy
from polycast.wire.connection import Progress

__all__ = ["Failure", "failure_of"]


@attrs.frozen
class Failure:
    """A try that brought no answer.

    Args:
        detail: what happened.
        cause: the exception, without secrets.
        reached: whether a byte of the request may have arrived.
        waiting_helps: whether the same call may succeed later.
        http_status: of the answer, where it began.
    """

    detail: str
    cause: Exception
    reached: bool
    waiting_helps: bool = True
    http_status: int | None = None


def failure_of(
    error: Exception, cause: Exception, progress: Progress, url: str, proxy: str | None
) -> Failure | UsageError:
    """Say what an exception of the HTTP libraries means.

    Whether anything can have arrived is decided by how far the request came, whatever the
    exception is.

    Args:
        error: the exception.
        cause: what may be shown of it.
        progress: how far the request came.
        url: where it was to go.
        proxy: by way of which proxy.

    Returns:
        the failure, or an error to raise: the request, or the provider's address, cannot be put
        on the wire.
    """
    causes = list(_causes(error))
    # In urllib3, a refused connection is a ConnectTimeoutError, too.
    late = any(
        isinstance(each, _TIMEOUTS) or type(each) is urllib3.exceptions.ConnectTimeoutError
        for each in causes
    )
    if progress.written:
        if progress.is_over:
            detail = "the deadline of the call passed before its answer came"
        elif late:
            detail = "it did not answer in time"
        elif any(isinstance(each, _NETWORK) for each in causes):
            detail = "the connection was lost before its answer came"
        else:
            detail = "its answer is not HTTP"
        return Failure(detail, cause, reached=True)
    # http.client and urllib3 check hosts, URLs and headers late.
    if not any(isinstance(each, _NETWORK) for each in causes):
        return UsageError(f"The request cannot be sent: {cause}")
    if any(isinstance(each, urllib3.exceptions.LocationValueError) for each in causes):
        return SettingsError("The address of the provider is not a URL: look at base_url.")
    detail, waiting_helps = _before_request(causes, progress, late, url, proxy)
    return Failure(
        f"nothing was sent, for {detail}", cause, reached=False, waiting_helps=waiting_helps
    )


def cut_off(cause: Exception, progress: Progress, status: int) -> Failure:
    """Return the failure of an answer whose body did not come, or not whole."""
    detail = "the connection was lost in the middle of its answer"
    if progress.is_over:
        detail = "the deadline of the call passed in the middle of its answer"
    return Failure(detail, cause, reached=True, http_status=status)


def proxy_wants_login(proxy: str | None) -> str:
    """Return the words for a proxy that answers 407."""
    way = f"the proxy {shown_proxy(proxy)}" if proxy else "a proxy"
    return (
        f"{way} asks for a user name and a password: write them into its URL in the environment, "
        "http://USER:PASSWORD@HOST:PORT"
    )


_TIMEOUTS = (TimeoutError, urllib3.exceptions.ReadTimeoutError)
_NETWORK = (OSError, urllib3.exceptions.HTTPError)


def _before_request(
    causes: list[BaseException], progress: Progress, late: bool, url: str, proxy: str | None
) -> tuple[str, bool]:
    """Return what failed, with its address, and whether waiting helps."""
    host = urlsplit(url).netloc
    way = f"the proxy {shown_proxy(proxy)}" if proxy else host
    match progress.step:
        case "connect":
            if any(isinstance(each, urllib3.exceptions.NameResolutionError) for each in causes):
                return f"the name of {way} was not found", True
            return f"no connection to {way} could be made{' in time' if late else ''}", True
        case "tunnel" if progress.tunnel_answer is not None and progress.tunnel_answer[0] != 200:
            status, reason = progress.tunnel_answer
            given = f"HTTP {status} {reason[:100]}".rstrip()
            if status == 407:
                return proxy_wants_login(proxy), False
            return f"{way} refused to connect to {host} ({given})", status >= 500
        case "tunnel":
            return f"{way} opened no tunnel to {host}{' in time' if late else ''}", True
        case "tls" | "proxy tls":
            peer = host if proxy is None else f"{host}, through {way},"
            if progress.step == "proxy tls":
                peer = way
            return _tls(causes, late, peer)
    return f"the connection to {way} was closed before the request was written", True


def _tls(causes: list[BaseException], late: bool, peer: str) -> tuple[str, bool]:
    # ssl's exceptions, by name: importing ssl costs start-up time on some platforms.
    for each in causes:
        if type(each).__name__ in ("SSLCertVerificationError", "CertificateError"):
            problem = getattr(each, "verify_message", "") or str(each)
            return (
                f"the certificate of {peer} was not accepted ({problem[:200].rstrip('.')}). Where "
                "it is one of your own, let REQUESTS_CA_BUNDLE name the file of its authority",
                False,
            )
    reason = next(
        (r for each in causes if (r := getattr(each, "reason", None)) and isinstance(r, str)), ""
    )
    if reason in ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE"):
        return f"{peer} does not speak TLS there: look at the scheme and port of its address", False
    given = reason.replace("_", " ").lower()
    if "ALERT" in reason and reason != "TLSV1_ALERT_INTERNAL_ERROR":
        return f"{peer} refused the TLS handshake ({given})", False
    detail = " in time" if late else f" ({given})" if given else ""
    return f"the TLS handshake with {peer} was not completed{detail}", True


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
