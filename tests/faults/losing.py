"""Faults after which the request may have been carried out: its answer is lost, or late."""

from tests.faults.kinds import QUICK, Fault, Scene
from tests.faults.rules import Means
from tests.faults.server import Peer

__all__ = ["FAULTS"]


def _close(peer: Peer, scene: Scene) -> None:
    scene.good()
    peer.close()


def _reset(peer: Peer, scene: Scene) -> None:
    scene.good()
    peer.reset()


def _late(peer: Peer, scene: Scene) -> None:
    scene.good()
    peer.linger()


def _cut_head(peer: Peer, scene: Scene) -> None:
    peer.send(scene.good().bytes()[:25])
    peer.close()


def _cut_body(peer: Peer, scene: Scene) -> None:
    good = scene.good()
    peer.send(good.bytes(good.body + b" " * 40)[:-41])
    peer.close()


def _cut_chunks(peer: Peer, scene: Scene) -> None:
    good = scene.good()
    size = f"{len(good.body):x}\r\n".encode()
    peer.send(good.bytes(size + good.body[:-2], **{"Transfer-Encoding": "chunked"}))
    peer.close()


def _no_last_chunk(peer: Peer, scene: Scene) -> None:
    good = scene.good()
    body = f"{len(good.body):x}\r\n".encode() + good.body + b"\r\n"
    peer.send(good.bytes(body, **{"Transfer-Encoding": "chunked"}))
    peer.close()


def _negative_chunk(peer: Peer, scene: Scene) -> None:
    good = scene.good()
    body = b"-5\r\n" + good.body + b"\r\n0\r\n\r\n"
    peer.send(good.bytes(body, **{"Transfer-Encoding": "chunked"}))
    peer.close()


def _slow_drip(peer: Peer, scene: Scene) -> None:
    peer.drip(scene.good().bytes(), 3 * QUICK)


def _endless(peer: Peer, scene: Scene) -> None:
    good = scene.good()
    peer.send(good.bytes(good.body + b" " * 100_000)[:-100_000])
    peer.drip(b" " * 100_000, QUICK / 6)


def _many_headers(peer: Peer, scene: Scene) -> None:
    good = scene.good()
    peer.send(good.bytes(None, **{f"X-Header-{number}": "x" for number in range(300)}))


def _long_header(peer: Peer, scene: Scene) -> None:
    peer.send(scene.good().bytes(None, **{"X-Header": "x" * (1 << 20)}))


def _two_lengths(peer: Peer, scene: Scene) -> None:
    peer.send(scene.good().bytes(None, **{"content-length": "3"}))


def _no_status(peer: Peer, scene: Scene) -> None:
    peer.send(scene.good().bytes().replace(b" 20", b" OK", 1))


def _garbage(peer: Peer, scene: Scene) -> None:
    scene.good()
    peer.send(b"SSH-2.0-OpenSSH_9.6\r\n")
    peer.close()


_GROUP = "answer lost"

FAULTS = (
    Fault(name="closed after it was read", group=_GROUP, means=Means.LOST, plays=_close),
    Fault(name="reset after it was read", group=_GROUP, means=Means.LOST, plays=_reset),
    Fault(
        name="reset after it was read, once",
        group=_GROUP,
        means=Means.LOST_ONCE,
        plays=_reset,
        first=True,
    ),
    Fault(name="read time-out", group=_GROUP, means=Means.LOST, plays=_late, quick=True),
    Fault(name="headers cut", group=_GROUP, means=Means.LOST, plays=_cut_head),
    Fault(name="body cut", group=_GROUP, means=Means.LOST, plays=_cut_body),
    Fault(name="chunk cut", group=_GROUP, means=Means.LOST, plays=_cut_chunks),
    Fault(name="last chunk missing", group=_GROUP, means=Means.LOST, plays=_no_last_chunk),
    Fault(name="negative chunk size", group=_GROUP, means=Means.LOST, plays=_negative_chunk),
    Fault(name="two lengths", group=_GROUP, means=Means.LOST, plays=_two_lengths),
    Fault(name="300 headers", group=_GROUP, means=Means.LOST, plays=_many_headers),
    Fault(name="a header of a mebibyte", group=_GROUP, means=Means.LOST, plays=_long_header),
    Fault(name="no status code", group=_GROUP, means=Means.LOST, plays=_no_status),
    Fault(name="no HTTP at all", group=_GROUP, means=Means.LOST, plays=_garbage),
    Fault(
        name="drip slower than the time-out",
        group=_GROUP,
        means=Means.LOST,
        plays=_slow_drip,
        quick=True,
    ),
    Fault(name="drip without an end", group=_GROUP, means=Means.LOST, plays=_endless, quick=True),
)
