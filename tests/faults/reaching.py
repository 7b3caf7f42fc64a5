"""Faults on the way to the provider: nothing of the request is ever read."""

from tests.faults.kinds import Fault
from tests.faults.rules import Means
from tests.faults.server import Peer
from tests.faults.tls import CERTIFICATES

__all__ = ["FAULTS"]

#: A TLS record: alert, fatal, handshake_failure.
_ALERT = bytes([21, 3, 3, 0, 2, 2, 40])


def _alert(peer: Peer) -> bool:
    peer.receive()
    peer.send(_ALERT)
    peer.close()
    return True


def _silent(peer: Peer) -> bool:
    peer.linger()
    return True


def _closes(peer: Peer) -> bool:
    peer.receive()
    peer.close()
    return True


def _resets(peer: Peer) -> bool:
    peer.receive()
    peer.reset()
    return True


def _plain(peer: Peer) -> bool:
    peer.receive()
    peer.send(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    peer.close()
    return True


def _resets_at_once(peer: Peer) -> bool:
    peer.reset()
    return True


def _closes_at_once(peer: Peer) -> bool:
    peer.close()
    return True


_GROUP = "on the way"

FAULTS = (
    Fault(name="connection refused", group=_GROUP, means=Means.NOT_SENT, address="nobody"),
    Fault(name="name not found", group=_GROUP, means=Means.NOT_SENT, address="no name"),
    Fault(name="connect time-out", group=_GROUP, means=Means.NOT_SENT, address="full", quick=True),
    Fault(name="reset at once", group=_GROUP, means=Means.MAY_BE_LOST, opens=_resets_at_once),
    Fault(name="closed at once", group=_GROUP, means=Means.MAY_BE_LOST, opens=_closes_at_once),
    Fault(
        name="TLS as it should be",
        group="TLS",
        means=Means.WORKS,
        secure=True,
        certificate="good",
    ),
    *(
        Fault(
            name=f"certificate {each}",
            group="TLS",
            means=Means.CANNOT_SEND,
            secure=True,
            certificate=each,
        )
        for each in CERTIFICATES[1:]
    ),
    Fault(
        name="no bundle of authorities",
        group="TLS",
        means=Means.CANNOT_SEND,
        secure=True,
        certificate="good",
        environment={"REQUESTS_CA_BUNDLE": "/nowhere/authorities.pem"},
        shows="/nowhere/authorities.pem",
    ),
    Fault(
        name="handshake: alert", group="TLS", means=Means.NOTHING_LEFT, secure=True, opens=_alert
    ),
    Fault(
        name="handshake: silent",
        group="TLS",
        means=Means.NOT_SENT,
        secure=True,
        opens=_silent,
        quick=True,
    ),
    Fault(
        name="handshake: closed",
        group="TLS",
        means=Means.NOTHING_LEFT,
        secure=True,
        opens=_closes,
    ),
    Fault(
        name="handshake: reset",
        group="TLS",
        means=Means.NOTHING_LEFT,
        secure=True,
        opens=_resets,
    ),
    Fault(
        name="plain HTTP behind https",
        group="TLS",
        means=Means.NOTHING_LEFT,
        secure=True,
        opens=_plain,
    ),
)
