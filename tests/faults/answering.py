"""Answers that are whole, and say something else than yes."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from math import inf

from tests.faults.kinds import Fault, Scene, answers, page
from tests.faults.rules import Means
from tests.faults.server import Peer

__all__ = ["FAULTS"]

_BUSY = "429 Too Many Requests"
_DOWN = "503 Service Unavailable"


def _at_a_date(peer: Peer, scene: Scene) -> None:
    moment = datetime.now(UTC) + timedelta(hours=2)
    peer.send(page(_BUSY, scene, Retry_After=format_datetime(moment, usegmt=True)))


def _elsewhere(peer: Peer, scene: Scene) -> None:
    peer.send(page("307 Temporary Redirect", scene, Location=scene.elsewhere))


def _elsewhere_for_good(peer: Peer, scene: Scene) -> None:
    peer.send(page("302 Found", scene, Location=scene.elsewhere))


_GROUP = "refusals"


def _slow_down(
    name: str,
    after: str | None,
    told: tuple[float, float] | None = None,
    means: Means = Means.SLOW_DOWN,
) -> Fault:
    headers = {} if after is None else {"Retry_After": after}
    return Fault(
        name=f"429, Retry-After {name}",
        group=_GROUP,
        means=means,
        plays=answers(_BUSY, **headers),
        retry_after=told,
    )


FAULTS = (
    _slow_down("in seconds", "7", (7, 7)),
    Fault(
        name="429, Retry-After as a date",
        group=_GROUP,
        means=Means.NOT_NOW,
        plays=_at_a_date,
        retry_after=(7000, 7201),
    ),
    _slow_down("absurd", "999999999", (86_400, inf), Means.NOT_NOW),
    _slow_down("of ten digits", "9999999999", (86_400, inf), Means.NOT_NOW),
    _slow_down("an impossible date", "Mon, 32 Foo 99999 25:61:61 GMT"),
    _slow_down("a date in the past", "Fri, 31 Dec 1999 23:59:59 GMT", (0, 0)),
    _slow_down("negative", "-5"),
    _slow_down("absent", None),
    Fault(
        name="429, once",
        group=_GROUP,
        means=Means.SLOW_DOWN_ONCE,
        plays=answers(_BUSY, Retry_After="1"),
        first=True,
    ),
    Fault(
        name="500 with HTML",
        group=_GROUP,
        means=Means.FAILED,
        plays=answers("500 Internal Server Error"),
    ),
    Fault(name="502", group=_GROUP, means=Means.FAILED, plays=answers("502 Bad Gateway")),
    Fault(name="503", group=_GROUP, means=Means.FAILED, plays=answers(_DOWN)),
    Fault(
        name="503, once", group=_GROUP, means=Means.FAILED_ONCE, plays=answers(_DOWN), first=True
    ),
    Fault(
        name="503 with Retry-After",
        group=_GROUP,
        means=Means.COME_BACK,
        plays=answers(_DOWN, Retry_After="7"),
        retry_after=(7, 7),
    ),
    Fault(name="504", group=_GROUP, means=Means.FAILED, plays=answers("504 Gateway Timeout")),
    Fault(name="999", group=_GROUP, means=Means.FAILED, plays=answers("999 Unknown")),
    Fault(name="401", group=_GROUP, means=Means.NOT_ALLOWED, plays=answers("401 Unauthorized")),
    Fault(name="403", group=_GROUP, means=Means.NOT_ALLOWED, plays=answers("403 Forbidden")),
    Fault(name="404", group=_GROUP, means=Means.NOT_THERE, plays=answers("404 Not Found")),
    Fault(
        name="302 to another host", group=_GROUP, means=Means.ELSEWHERE, plays=_elsewhere_for_good
    ),
    Fault(name="307 to another host", group=_GROUP, means=Means.ELSEWHERE, plays=_elsewhere),
)
