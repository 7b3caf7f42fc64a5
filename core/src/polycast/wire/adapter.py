"""What carries requests: pools of connections, direct or by way of a proxy, for one process."""

import base64
import os
import threading
import weakref
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import unquote, urlsplit

import urllib3
from requests import PreparedRequest
from requests.utils import DEFAULT_CA_BUNDLE_PATH

from polycast.errors import SettingsError
from polycast.wire.connection import Progress, close_pool_after_fork, pool_class, tracking

if TYPE_CHECKING:
    import ssl

__all__ = ["Adapter", "Connections", "shown_proxy"]

_NO_RETRIES = urllib3.Retry(total=False)
_CA_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


class Adapter(Protocol):
    """What carries a request: `Connections`, or a canned one in tests."""

    def send(
        self, request: PreparedRequest, *, proxy: str | None, progress: Progress
    ) -> urllib3.BaseHTTPResponse:
        """Send the request and return the answer with its body unread.

        Args:
            request: whole, with its credentials.
            proxy: the proxy's URL, or None.
            progress: to be told `written = False`, until a byte of the request is written.
        """

    def close(self) -> None:
        """Close the connections."""


class Connections:
    """Keeps connections open for reuse. It may be used from threads, and after a fork."""

    def __init__(self, kept: int = 10) -> None:
        """Connect nothing yet.

        Args:
            kept: how many connections to one address are kept open for reuse.
        """
        self._kept = kept
        # The environment is read once: a later change must not redirect a client's messages.
        self._bundle = next(
            ((name, os.environ[name]) for name in _CA_VARIABLES if os.environ.get(name)), None
        )
        self._forget()
        _ALL.add(self)

    def _forget(self) -> None:
        self._pools: dict[tuple[str, str, str | None], Any] = {}
        self._context: ssl.SSLContext | None = None
        self._lock = threading.Lock()

    def start_afresh(self) -> None:
        """Drop what the parent process opened, in its child; the parent's connections stay."""
        pools = list(self._pools.values())
        self._forget()
        for pool in pools:
            close_pool_after_fork(pool)

    def close(self) -> None:
        """Close the connections; a later request opens new ones."""
        with self._lock:
            pools, self._pools = self._pools, {}
        for pool in pools.values():
            pool.close()

    def send(
        self, request: PreparedRequest, *, proxy: str | None, progress: Progress
    ) -> urllib3.BaseHTTPResponse:
        """Send the request and return the answer with its body unread.

        Raises:
            SettingsError: the address, the proxy or the bundle of certificates is unusable.
        """
        progress.written = False
        progress.step = "connect"
        assert request.url is not None
        parts = urlsplit(request.url)
        key = parts.scheme, parts.netloc, proxy
        pool = self._pools.get(key) or self._open(key)
        forwards = proxy is not None and parts.scheme == "http" and not _is_socks(proxy)
        with tracking(progress):
            answer: urllib3.BaseHTTPResponse = pool.urlopen(
                request.method,
                request.url if forwards else request.path_url,
                body=request.body,
                headers=request.headers,
                retries=_NO_RETRIES,
                redirect=False,
                assert_same_host=False,
                timeout=urllib3.Timeout(connect=progress.connect_timeout, read=progress.timeout),
                preload_content=False,
            )
        return answer

    def _open(self, key: tuple[str, str, str | None]) -> Any:
        scheme, netloc, proxy = key
        with self._lock:
            if key not in self._pools:
                parts = urlsplit(f"//{netloc}")
                manager = self._manager(proxy)
                manager.pool_classes_by_scheme = {
                    name: pool_class(plain)
                    for name, plain in manager.pool_classes_by_scheme.items()
                }
                secure = scheme == "https" or (proxy or "").startswith("https:")
                tls = {"ssl_context": self._tls()} if secure else {}
                self._pools[key] = manager.connection_from_host(
                    parts.hostname, parts.port, scheme, pool_kwargs=tls or None
                )
            return self._pools[key]

    def _manager(self, proxy: str | None) -> Any:
        options: dict[str, Any] = {"maxsize": self._kept}
        if proxy is None:
            return urllib3.PoolManager(**options)
        parts = urlsplit(proxy)
        login, password = unquote(parts.username or ""), unquote(parts.password or "")
        try:
            if _is_socks(proxy):
                import_module("socks")  # urllib3 warns, too, where it is missing
                from urllib3.contrib.socks import SOCKSProxyManager

                return SOCKSProxyManager(
                    shown_proxy(proxy), login or None, password or None, **options
                )
            if login or password:
                pair = base64.b64encode(f"{login}:{password}".encode()).decode()
                options["proxy_headers"] = {"Proxy-Authorization": f"Basic {pair}"}
            if parts.scheme == "https":
                options["proxy_ssl_context"] = self._tls()
            return urllib3.ProxyManager(shown_proxy(proxy), **options)
        except ImportError:
            problem = "needs the package PySocks: pip install pysocks"
        except (ValueError, urllib3.exceptions.HTTPError):
            problem = "is not one: look at HTTPS_PROXY, HTTP_PROXY and ALL_PROXY"
        raise SettingsError(f"The proxy {shown_proxy(proxy)} of the environment {problem}.")

    def _tls(self) -> "ssl.SSLContext":
        """Return what all connections share: reading the certificates takes milliseconds."""
        if self._context is None:
            variable, path = self._bundle or ("", DEFAULT_CA_BUNDLE_PATH)
            context = urllib3.util.ssl_.create_urllib3_context()
            try:
                if Path(path).is_dir():
                    context.load_verify_locations(capath=path)
                else:
                    context.load_verify_locations(cafile=path)
            except OSError as error:  # ssl.SSLError is one, too
                reason = error.strerror or str(error)
            else:
                self._context = context
                return context
            raise SettingsError(
                f"The bundle of CA certificates {path} cannot be read: {reason}. "
                + (f"{variable} names it: correct or unset it." if variable else "")
            )
        return self._context


def shown_proxy(proxy: str) -> str:
    """Return the proxy's address without user name and password."""
    parts = urlsplit(proxy)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def _is_socks(proxy: str) -> bool:
    return proxy.lower().startswith("socks")


# After a fork the child has a copy of every connection: what two processes write into one is
# nobody's request. Each adapter is emptied before the child does anything.

_ALL: "weakref.WeakSet[Connections]" = weakref.WeakSet()


def _after_fork() -> None:
    for adapter in list(_ALL):
        adapter.start_afresh()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
