"""What a fake provider pushes: posted to this machine, and to no other."""

from http.client import HTTPConnection, HTTPException
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

__all__ = ["post_json"]

_PATIENCE = 10.0


def post_json(url: str, body: bytes) -> int | None:
    """Post JSON to a callback URL, as a provider does.

    Args:
        url: an address on this machine (`http`, `localhost` or loopback); to others nothing is
            sent.
        body: what is posted.

    Returns:
        The HTTP status of the answer; None where nobody answered.
    """
    parts = urlsplit(url)
    if not _is_loopback(parts):
        return None
    connection = HTTPConnection(parts.netloc.rpartition("@")[2], timeout=_PATIENCE)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection.request("POST", path, body, {"Content-Type": "application/json"})
        return connection.getresponse().status
    except (OSError, HTTPException):
        return None
    finally:
        connection.close()


def _is_loopback(parts: SplitResult) -> bool:
    host = parts.hostname or ""
    if parts.scheme != "http":
        return False
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
