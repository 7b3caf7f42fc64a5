"""What providers push into the ledger: noted for the right person, once, and never a step back."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice, permutations
from pathlib import Path
from typing import Any

import attrs
import pytest
from polycast import (
    Broadcast,
    BulkReceipt,
    CallbackRequest,
    OutcomeUnknown,
    Receipt,
    Recipient,
    Report,
    State,
    connect,
    sandbox,
)
from polycast.campaign import Campaign, Ledger
from polycast.campaign import delivery_reports as pushed
from polycast.client import Client
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from .conftest import Scripted
from .killing import numbers

AT = datetime(2026, 1, 1, 12, tzinfo=UTC)


def known(campaign: Campaign) -> dict[str, str]:
    """Whose state is another than that of their batch."""
    return {each.to: each.state for each in campaign.results() if each.state != "queued"}


@pytest.fixture
def campaign(ledger: Ledger, client: Client, broadcast: Broadcast) -> Campaign:
    """A campaign that the provider has: thirty-five people, in four batches."""
    campaign = ledger.plan(client, broadcast)
    campaign.run(client)
    return campaign


@pytest.mark.parametrize(
    ("report", "to"),
    [
        (Report(None, State.DELIVERED, reference="r12"), "+12125550012"),
        (Report("+12125550034", State.DELIVERED), "+12125550034"),
        (Report("12125550034", State.DELIVERED), "+12125550034"),
        (Report("tel:+12125550034", State.DELIVERED, id="x:9"), "+12125550034"),
        (Report("+12125550001", State.DELIVERED, reference="r2"), "+12125550002"),
        (Report("+12125559999", State.DELIVERED, reference="r99"), None),
        (Report(None, State.DELIVERED), None),
        (Report("+12125550001", State.UNKNOWN, detail="cannot be read"), None),
    ],
    ids=["reference", "address", "digits", "scheme", "reference first", "a stranger", "nobody",
         "unreadable"],
)  # fmt: skip
def test_whom_a_report_is_about(
    ledger: Ledger, client: Client, campaign: Campaign, report: Report, to: str | None
) -> None:
    """By reference, else by address, however it is written; nobody is guessed."""
    ledger.note(client, [report])
    assert known(campaign) == ({} if to is None else {to: "delivered"})
    assert campaign.report().states == (
        {"queued": 35} if to is None else {"queued": 34, "delivered": 1}
    )


def test_everything_that_a_report_says_is_kept(
    ledger: Ledger, client: Client, campaign: Campaign
) -> None:
    """Words, code, channel and moment are in the results, and so is the id of the message."""
    told = Report(
        None, State.FAILED, "m:1", "r3", detail="No way", code=17, at=AT, channel="viber"
    )  # fmt: skip
    assert ledger.note(client, [told]) == 1
    (result,) = [each for each in campaign.results() if each.state == "failed"]
    assert (result.to, result.message_id, result.detail) == ("+12125550003", "m:1", "No way")
    assert (result.code, result.channel, result.at) == ("17", "viber", AT)


def test_the_same_report_again_changes_nothing(
    ledger: Ledger, client: Client, campaign: Campaign
) -> None:
    """Before it is noted it is kept once; afterwards it says what is known already."""
    report = Report(None, State.DELIVERED, reference="r3", at=AT)
    assert [ledger.note(client, [report, report]) for _ in range(2)] == [1, 0]
    before = list(campaign.results())
    assert ledger.note(client, [report]) == 1
    assert list(campaign.results()) == before


STEPS = [
    Report(None, State.SENDING, reference="r3", at=AT + timedelta(seconds=9)),
    Report(None, State.SENT, reference="r3"),
    Report(None, State.EXPIRED, reference="r3", at=AT + timedelta(seconds=7), channel="viber"),
    Report(None, State.DELIVERED, reference="r3", at=AT + timedelta(seconds=2), channel="sms"),
    Report(None, State.READ, reference="r3", at=AT + timedelta(seconds=1)),
]


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("last", [2, 4, 5], ids=["sent", "delivered", "read"])
def test_nobody_goes_a_step_back(
    ledger: Ledger, client: Client, campaign: Campaign, together: bool, last: int
) -> None:
    """In whichever order reports come, and whatever their clocks say, the farthest step stands."""
    orders = list(permutations(STEPS[:last]))
    for place, order in enumerate(orders[:: max(1, len(orders) // 6)]):
        about = [attrs.evolve(each, reference=f"r{place}") for each in order]
        for some in [about] if together else [[each] for each in about]:
            ledger.note(client, some)
            if not together:
                campaign.report()
    assert set(known(campaign).values()) == {STEPS[last - 1].state}


def with_ids(provider: Scripted, kind: str = "extra") -> None:
    """Have the provider give everybody's message an id of its own."""

    def take(batch: Broadcast) -> BulkReceipt:
        taken = provider.take(batch)
        receipts = [
            Receipt(f"{kind}:{taken.id}-{place}", State.QUEUED, each.to, each.reference)
            for place, each in enumerate(batch.recipients)
        ]
        return BulkReceipt(taken.id, State.QUEUED, tuple(receipts))

    provider.deeds += [take] * 20


def test_a_message_is_known_by_its_id_first(
    ledger: Ledger, client: Client, provider: Scripted
) -> None:
    """An id, or an alias, counts more than an address that somebody else has as well."""
    with_ids(provider)
    people = [
        Recipient("+12125550001"),
        Recipient("+12125550001", text="Again"),
        Recipient("+12125550002"),
    ]
    campaign = ledger.plan(client, Broadcast(text="Hi", recipients=people))
    campaign.run(client)
    ids = [result.message_id for result in campaign.results()]
    ledger.note(client, [Report("+12125550001", State.DELIVERED, "m:7", aliases=(str(ids[1]),))])
    assert [each.state for each in campaign.results()] == ["queued", "delivered", "queued"]
    ledger.note(client, [Report("+12125550001", State.READ, ids[0])])
    assert [each.state for each in campaign.results()] == ["read", "delivered", "queued"]
    assert [each.message_id for each in campaign.results()] == ids


def test_another_message_to_the_same_person_is_not_taken_for_it(
    ledger: Ledger, client: Client, provider: Scripted
) -> None:
    """Where ids of one kind differ, the same address or reference proves nothing."""
    with_ids(provider)
    campaign = ledger.plan(
        client, Broadcast(text="Hi", recipients=[Recipient("+12125550001", reference="r")])
    )
    campaign.run(client)
    other = Report("+12125550001", State.FAILED, "m:7", "r", aliases=("extra:otp",))
    ledger.note(client, [other])
    assert known(campaign) == {}
    ledger.note(client, [attrs.evolve(other, aliases=())])
    assert known(campaign) == {"+12125550001": "failed"}


def test_what_fits_two_people_is_noted_for_neither(
    ledger: Ledger, client: Client, campaign: Campaign, broadcast: Broadcast
) -> None:
    """Two campaigns to the same people: who is named by no more than that could be either."""
    other = ledger.plan(client, broadcast)
    other.run(client)
    ledger.note(client, [Report("+12125550001", State.DELIVERED, reference="r1")])
    assert (known(campaign), known(other)) == ({}, {})


def test_a_report_may_come_before_its_batch_is_accepted(
    ledger: Ledger, client: Client, provider: Scripted, broadcast: Broadcast
) -> None:
    """A provider may be faster than the ledger: the report waits for the batch."""
    seen: list[dict[str, str]] = []
    campaign = ledger.plan(client, broadcast)

    def hasty(batch: Broadcast) -> None:
        ledger.note(client, [Report(None, State.DELIVERED, reference="r1")])
        seen.append(known(campaign))

    provider.deeds.append(hasty)
    campaign.run(client, workers=1)
    assert "delivered" not in seen[0].values()
    assert known(campaign) == {"+12125550001": "delivered"}


def test_a_doubt_is_not_ended_by_a_report(
    ledger: Ledger, client: Client, provider: Scripted, broadcast: Broadcast
) -> None:
    """What is in doubt stays so: an earlier message may have gone to the same person."""

    def lost(_: Broadcast) -> None:
        raise OutcomeUnknown("no reply", provider="scripted")

    provider.deeds.append(lost)
    provider.features = attrs.evolve(provider.features, lookup=False)
    campaign = ledger.plan(client, broadcast)
    campaign.run(client, workers=1)
    ledger.note(client, [Report(None, State.DELIVERED, reference="r1")])
    assert campaign.report().in_doubt == 10


def test_a_report_about_nobody_is_forgotten(
    ledger: Ledger, client: Client, campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is personal data that nobody has a use for: a week later it is gone."""
    stranger = Report("+12125559999", State.DELIVERED)
    assert [ledger.note(client, [stranger]) for _ in range(2)] == [1, 0]
    campaign.report()
    assert ledger.note(client, [stranger]) == 0
    monkeypatch.setattr(pushed, "_KEPT", timedelta(0))
    campaign.report()
    assert ledger.note(client, [stranger]) == 1


def test_a_campaign_is_forgotten_with_what_was_pushed_about_it(
    ledger: Ledger, client: Client, campaign: Campaign
) -> None:
    """Nothing about its people stays behind in the ledger."""
    report = Report(None, State.DELIVERED, reference="r1")
    ledger.note(client, [report])
    campaign.delete()
    assert ledger.note(client, [report]) == 1


def test_many_reports_in_many_batches(
    ledger: Ledger, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More than are looked for at once, about more batches than are read at once."""
    monkeypatch.setattr(pushed, "_TOGETHER", 100)
    monkeypatch.setattr(pushed, "_BATCHES", 7)
    people = [Recipient(f"+1212555{n:04}", reference=f"r{n}") for n in range(250)]
    campaign = ledger.plan(client, Broadcast(text="Hi", recipients=people))
    campaign.run(client)
    reports = [Report(None, State.DELIVERED, reference=f"r{n}") for n in range(0, 500, 2)]
    assert ledger.note(client, reports) == 250
    assert Counter(each.state for each in campaign.results()) == {"queued": 125, "delivered": 125}
    places = [int(to[-4:]) for to in known(campaign)]
    assert places == list(range(0, 250, 2))


@pytest.fixture
def serve() -> Iterator[Callable[[Callable[[Request], Response]], str]]:
    """Serve a web handler on loopback; call it for the address."""
    servers: list[tuple[Any, threading.Thread]] = []

    def start(handler: Callable[[Request], Response]) -> str:
        server = make_server("127.0.0.1", 0, Request.application(handler))
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        servers.append((server, thread))
        return f"http://127.0.0.1:{server.port}/reports/5f0c9e"

    yield start
    for server, thread in servers:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize("references", [True, False], ids=["references", "none"])
def test_hyber_pushes_into_the_ledger(
    tmp_path: Path, serve: Callable[[Callable[[Request], Response]], str], references: bool
) -> None:
    """Over real HTTP: everybody's report lands with them, though their numbers are in two lists."""
    pytest.importorskip("polycast_hyber", reason="polycast-hyber is not installed")
    clock = sandbox.ManualClock()
    people = [
        Recipient(number, {"name": f"N{place}"}, reference=f"g{place}" if references else None)
        for place, number in enumerate(islice(numbers(), 20))
    ]
    people.append(Recipient("+380961111111", {"name": "Fails"}, reference=None))
    with (
        sandbox.host([sandbox.installed()["hyber"](clock)]) as hosted,
        Ledger.open(tmp_path / "ledger.sqlite") as ledger,
    ):
        fake: Any = hosted.sandboxes["hyber"]
        account = {**fake.settings(), "base_url": hosted.base_url("hyber")}
        with connect("hyber", **account) as hyber:

            def handler(request: Request) -> Response:
                told = CallbackRequest(body=request.get_data(), headers=dict(request.headers))
                ledger.note(hyber, hyber.receive(told))
                return Response()

            url = serve(handler)
            campaigns = []
            for text in ("Dear {name}!", "Good night, {name}."):
                wanted = Broadcast(
                    text=text, channels=["sms"], recipients=people, callback_url=url
                )  # fmt: skip
                campaigns.append(ledger.plan(hyber, wanted, batch_size=6))
            campaigns[0].run(hyber)
            clock.advance(3600)
            fake.push_reports()
            assert campaigns[0].report().states == {"delivered": 20, "failed": 1}
            if not references:
                campaigns[1].run(hyber)
                clock.advance(3600)
                fake.push_reports()
            told = [campaign.report().states for campaign in campaigns]
    assert told[0] == {"delivered": 20, "failed": 1}
    assert told[1] == ({"planned": 21} if references else told[0])
