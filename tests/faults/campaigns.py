"""The column of campaigns: what becomes of the people whose one batch meets a fault."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from polycast import Broadcast, Client
from polycast.campaign import BatchState, CampaignReport, Ledger

from tests.faults.rules import Means

__all__ = ["LEFT", "begin", "told", "wrong"]

_SENT = {BatchState.ACCEPTED}
_KEPT = {BatchState.PLANNED}
_DOUBT = {BatchState.IN_DOUBT}

#: What may become of them. What lasts as long as a `Retry-After` is not tried.
LEFT: Mapping[Means, set[BatchState]] = {
    Means.WORKS: _SENT,
    Means.READ_ON: _SENT | _DOUBT,
    Means.NOT_SENT: _KEPT,
    Means.CANNOT_SEND: _KEPT,
    Means.NOTHING_LEFT: _KEPT,
    # Asked about, it is not there, and is sent.
    Means.MAY_BE_LOST: _DOUBT | _KEPT | _SENT,
    Means.LOST: _DOUBT,
    # Whoever can be asked has it.
    Means.LOST_ONCE: _DOUBT | _SENT,
    Means.UNREADABLE: _DOUBT,
    Means.FAILED: _DOUBT,
    Means.FAILED_ONCE: _DOUBT | _SENT,
    Means.NOT_NOW: _KEPT,
    Means.SLOW_DOWN_ONCE: _SENT,
    Means.NOT_ALLOWED: _KEPT,
    Means.NOT_THERE: _KEPT,
    Means.ELSEWHERE: _KEPT | _DOUBT,
}


def begin(broadcast: Broadcast) -> Callable[[Client], CampaignReport]:
    """Return what sends a broadcast as a campaign, with a ledger of its own."""

    def run(client: Client) -> CampaignReport:
        with TemporaryDirectory() as folder, Ledger.open(Path(folder, "ledger")) as ledger:
            campaign = ledger.plan(client, broadcast)
            return campaign.run(client, workers=1, error_threshold=1, in_flight_grace=0.1)

    return run


def told(report: CampaignReport) -> str:
    """Return what became of the people, in a word or two."""
    return ", ".join(f"{count} {state.value}" for state, count in _people(report))


def wrong(means: Means, report: CampaignReport, taken: int) -> Iterator[str]:
    """Yield what is not as promised.

    Args:
        means: what the fault means.
        report: of the campaign.
        taken: how many messages the provider took on.
    """
    may = LEFT[means]
    for state, count in _people(report):
        if state not in may:
            wanted = " or ".join(sorted(each.value for each in may))
            yield f"{count} people are {state.value} where they are {wanted}: {report.detail}"
    people = sum(report.progress.recipients.values())
    if taken > people:
        yield f"the provider took on {taken} messages to {people} people"


def _people(report: CampaignReport) -> Iterator[tuple[BatchState, int]]:
    for state, count in report.progress.recipients.items():
        if count:
            yield BatchState(state), count
