"""Who answers at an address: asked once, without credentials."""

from collections.abc import Iterable
from urllib.parse import urlsplit

import attrs

from polycast.errors import PolycastError

__all__ = ["Reached", "reach_all"]

#: Seconds to wait for a connection, and for an answer.
_TIMEOUT = 5.0


@attrs.frozen
class Reached:
    """What came of asking one address.

    Args:
        address: scheme, host and port.
        http_status: the status of its answer; None where there was none. Any will do: an address
            that wants credentials, or has nothing at its root, is there.
        problem: why there was no answer, as a sentence.
    """

    address: str
    http_status: int | None
    problem: str | None = None


def reach_all(addresses: Iterable[str]) -> list[Reached]:
    """Ask each address for whatever is there, over the same wire that clients use."""
    return [_reach(each) for each in addresses]


def _reach(address: str) -> Reached:
    # Imported here: it brings the HTTP libraries.
    from polycast.wire import Retry
    from polycast.wire.transport import Exchange, Transport

    parts = urlsplit(address)
    host = parts.netloc.rpartition("@")[2]
    shown = f"{parts.scheme}://{host}"
    transport = Transport(host, timeout=_TIMEOUT, judge=lambda _: None, retry=Retry(attempts=1))
    url = parts._replace(netloc=host, query="", fragment="").geturl()
    exchange = Exchange(operation="a request", method="GET", url=url, headers={}, safe=True)
    try:
        answer = transport.exchange(exchange)
    except PolycastError as error:
        return Reached(shown, None, str(error))
    else:
        return Reached(shown, answer.status)
    finally:
        transport.close()
