"""Bulk that survives: campaigns that can be gone on with after any crash.

    from polycast.campaign import Ledger

    with Ledger.open("spring.sqlite") as ledger, polycast.connect("hyber") as hyber:
        broadcast = Broadcast(text="Dear {name}!", recipients=read_recipients("guests.csv"))
        campaign = ledger.plan(hyber, broadcast)
        print(campaign.id)
        report = campaign.run(hyber, workers=8, rate="100/s")

and after whatever ended it, in another process or on another day:

        report = ledger.campaign("c-7f3k2q").run(hyber)

A batch is written down as being submitted before its first byte leaves, and as accepted with
the provider's id after the answer. So nothing is lost, and nothing is sent twice silently:
what nobody can know is in doubt, asked for where the provider can be asked, and reported.

This package needs the extra `polycast[campaign]`; a ledger in PostgreSQL `polycast[postgresql]`.
"""

from polycast.campaign.campaign import Campaign
from polycast.campaign.costs import Cost
from polycast.campaign.ledger import Ledger
from polycast.campaign.results import (
    CampaignReport,
    Dropped,
    Found,
    Outcome,
    Progress,
    Result,
    Step,
)
from polycast.campaign.states import BatchState, CampaignState
from polycast.campaign.suppressions import Suppression, Suppressions
from polycast.sending.rate_limiter import Limiter, Rate

__all__ = [
    "BatchState",
    "Campaign",
    "CampaignReport",
    "CampaignState",
    "Cost",
    "Dropped",
    "Found",
    "Ledger",
    "Limiter",
    "Outcome",
    "Progress",
    "Rate",
    "Result",
    "Step",
    "Suppression",
    "Suppressions",
]
