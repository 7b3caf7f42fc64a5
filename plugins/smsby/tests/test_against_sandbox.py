"""Whole stories over real HTTP, against the plugin's own fake server and a clock tests drive."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from polycast import (
    AccountBlocked,
    AuthenticationFailed,
    Broadcast,
    CallbackRequest,
    Conflict,
    InsufficientFunds,
    Message,
    NotFound,
    RateLimited,
    Recipient,
    Rejected,
    Report,
    State,
)
from polycast.testing.environments import Environment, environments
from polycast_smsby import Options
from polycast_smsby.sandbox import SmsBySandbox

HELLO = Message("+375291234567", text="Hello")


#: Makes an environment of these settings and this server.
MakeEnvironment = Callable[..., Environment[SmsBySandbox]]


@pytest.fixture
def environment() -> Iterator[MakeEnvironment]:
    """Make an environment; `settings` are the client's, everything else belongs to the server."""
    with environments(SmsBySandbox) as make:
        yield make


def seen(here: Environment[SmsBySandbox], id_: str | None, *seconds: float) -> list[State]:
    """The states of a receipt, after so many seconds each."""
    assert id_ is not None
    states = []
    for each in seconds:
        here.clock.advance(each)
        states.append(here.client.status(id_).state)
    return states


def test_a_message_goes_all_the_way(environment: MakeEnvironment) -> None:
    """Sent at once, it is delivered seconds later, and its moments are told."""
    here = environment()
    receipt = here.client.send(Message("+375291234567", text="Ваш столик готов", sender="1363"))
    assert receipt.state is State.QUEUED
    assert receipt.id == "sms:2197871"
    states = seen(here, receipt.id, 0, 1, 1)
    assert states == [State.QUEUED, State.SENT, State.DELIVERED]
    status = here.client.status("sms:2197871")
    assert status.finished_at == here.clock.now()
    assert status.is_final
    (arrived,) = here.server.inbox
    assert (arrived.to, arrived.text, arrived.sender) == (
        "375291234567", "Ваш столик готов", "VasheImya",
    )  # fmt: skip


def test_a_message_that_fails_is_forwarded_to_viber(
    environment: MakeEnvironment,
) -> None:
    """What is not delivered in time arrives another way; without it, it never does."""
    here = environment()
    forwarded = here.client.send(
        Message(
            "+375291231111",
            text="Hello",
            channels=("sms", "viber"),
            options=Options(forwarding_time=5, vibername_id=77),
        )
    )
    plain = here.client.send(Message("+375299991111", text="Hello", channels=("sms",)))
    assert seen(here, forwarded.id, 1, 2) == [State.SENT, State.FAILED]
    assert seen(here, plain.id, 0) == [State.FAILED]
    here.clock.advance(300)
    assert [(each.to, each.at) for each in here.server.inbox] == [
        ("375291231111", datetime(2026, 1, 1, 0, 5, tzinfo=UTC))
    ]


def test_a_message_for_later_waits(environment: MakeEnvironment) -> None:
    """Ten in the morning is ten in the morning of the zone it was given in."""
    here = environment()
    at = datetime(2026, 1, 1, 10, tzinfo=UTC)
    receipt = here.client.send(Message("+375291234567", text="Good morning", send_at=at))
    assert receipt.id is not None
    assert receipt.id.startswith("bulk:")
    here.clock.advance(10 * 3600 - 1)
    assert here.server.inbox == []
    assert seen(here, receipt.id, 0, 3) == [State.QUEUED, State.DELIVERED]
    (arrived,) = here.server.inbox
    assert arrived.at == at + timedelta(seconds=2)


def test_a_broadcast_says_what_became_of_everybody(
    environment: MakeEnvironment,
) -> None:
    """Own texts and a common one in one call; the reply tells nothing, the status everything."""
    here = environment({"alphaname_id": 123})
    sent = here.client.send_bulk(
        Broadcast(
            text="Come at 7",
            name="Friday",
            recipients=[
                "+375291234567",
                Recipient("+375291234568", text="Come at 8"),
                "+375291231111",
                "+375291232222",
                Recipient("+375291230000", text="Come at 9"),
            ],
        )
    )
    assert {receipt.state for receipt in sent.receipts} == {State.QUEUED}
    assert {receipt.id for receipt in sent.receipts} == {sent.id}
    assert len(here.server.requests) == 1
    assert seen(here, sent.id, 0, 1) == [State.QUEUED, State.SENT]
    here.clock.advance(2)
    assert sent.id is not None
    status = here.client.status(sent.id)
    assert status.counts == {State.DELIVERED: 2, State.FAILED: 2, State.SENT: 1}
    assert {report.to: report.detail for report in status.reports} == {
        "+375291234567": "DELIVERED",
        "+375291234568": "DELIVERED",
        "+375291231111": "UNDELIVERED",
        "+375291232222": "SENT",
        "+375291230000": "FAILED",
    }
    assert [(each.to, each.text, each.sender) for each in here.server.inbox] == [
        ("375291234567", "Come at 7", "Bistro"),
        ("375291234568", "Come at 8", "Bistro"),
    ]
    # A report's own id is one that can be asked about.
    first = next(iter(status.reports))
    assert first.id is not None
    assert here.client.status(first.id).state is State.DELIVERED
    (still,) = [report for report in status.reports if report.state is State.SENT]
    assert still.at == datetime(2026, 1, 1, 0, 0, 1, tzinfo=UTC)


def test_what_is_pushed_when_a_call_has_come_to_its_end(
    environment: MakeEnvironment,
) -> None:
    """Every row is a report that goes by a number of its own."""
    here = environment()
    url = "https://example.org/hooks/s3cret"
    here.client.send_bulk(
        Broadcast(text="Hi", recipients=["+375291234567", "+375291231111"], callback_url=url)
    )
    here.clock.advance(5)
    (pushed,) = here.server.callbacks()
    assert pushed.url == url
    reports = here.client.receive(CallbackRequest(body=pushed.body))
    assert [
        (report.to, report.state, report.id) for report in reports if isinstance(report, Report)
    ] == [
        ("+375291234567", State.DELIVERED, "sms:2197871"),
        ("+375291231111", State.FAILED, "sms:2197872"),
    ]


def test_a_created_message_and_its_delivery_list(environment: MakeEnvironment) -> None:
    """Created, approved, sent to 250 numbers, and read in three pages."""
    here = environment()
    api = here.client.api
    made = api.create_sms_message(message="Приходите")
    id_ = f"message:{made.message_id}"
    status = here.client.status(id_)
    assert (status.state, status.detail) == (State.QUEUED, "new")
    here.clock.advance(1)
    assert here.client.status(id_).detail == "moderated"
    for number in range(250):
        api.send_sms(message_id=made.message_id, phone=f"37529{number:06}9")
    here.clock.advance(2)
    asked = len(here.server.requests)
    status = here.client.status(id_)
    assert len(here.server.requests) - asked == 3
    assert (status.state, status.counts) == (State.DELIVERED, {State.DELIVERED: 250})
    assert len({report.to for report in status.reports}) == 250
    with pytest.raises(Conflict, match=f"ID={made.message_id}"):
        api.create_sms_message(message="Приходите")


def test_things_that_nobody_knows(environment: MakeEnvironment) -> None:
    """Each kind of id is unknown in its own call."""
    here = environment()
    for id_ in ("sms:1", "bulk:1", "message:1"):
        with pytest.raises(NotFound):
            here.client.status(id_)


def test_what_smsby_refuses(environment: MakeEnvironment) -> None:
    """A number, a sender and a text it does not take, each in its own words; nothing is sent."""
    here = environment()
    for message, kind, words in (
        (Message("+375291230000", text="Hello"), Rejected, "incorrect phone number"),
        (
            Message("+375291234567", text="Hello", sender="5"),
            AccountBlocked,
            "alphaname|буквенном имени",
        ),
        (Message("+375291234567", text="ж" * 671), Rejected, "Message is too long"),
    ):
        with pytest.raises(kind, match=words) as caught:
            here.client.send(message)
        assert not caught.value.safe_to_retry
    with pytest.raises(AccountBlocked, match="alphaname"):
        here.client.send_bulk(Broadcast(text="Hi", recipients=["+375291234567"], sender="5"))
    assert here.server.accepted == []


def test_no_money_and_no_quota(environment: MakeEnvironment) -> None:
    """They are different errors, neither is a rate, and nothing is tried again."""
    poor = environment(balance="0.03")
    assert poor.client.provider.limit() == 1
    poor.client.send(HELLO)
    with pytest.raises(InsufficientFunds, match="billing error"):
        poor.client.send(HELLO)
    with pytest.raises(InsufficientFunds, match="billing error"):
        poor.client.send_bulk(Broadcast(text="Hi", recipients=["+375291234567"]))
    assert poor.client.balance().amount == Decimal("0.01")
    limited = environment(quota=0)
    with pytest.raises(AccountBlocked, match="limit exceeded"):
        limited.client.send(HELLO)
    assert len(limited.server.requests) == 1
    assert limited.server.accepted == []


def test_an_account_whose_mailings_are_not_approved(environment: MakeEnvironment) -> None:
    """Its token is well, and may ask: only what sends is refused."""
    here = environment(approved=False)
    for send in (
        lambda: here.client.send(HELLO),
        lambda: here.client.send_bulk(Broadcast(text="Hi", recipients=["+375291234567"])),
    ):
        with pytest.raises(AccountBlocked, match="access denied") as caught:
            send()
        assert caught.value.carried_out is False
    assert here.client.provider.limit() > 0


def test_a_wrong_token(environment: MakeEnvironment) -> None:
    """It is a matter of credentials, in every call, and nothing is sent."""
    here = environment({"token": "wrong"})
    calls: list[Callable[[], object]] = [
        lambda: here.client.send(HELLO),
        lambda: here.client.send_bulk(Broadcast(text="Hi", recipients=["+375291234567"])),
        lambda: here.client.status("sms:1"),
        lambda: here.client.status("bulk:1"),
        lambda: here.client.status("message:1"),
        here.client.balance,
        here.client.provider.limit,
        here.client.provider.alphanames,
    ]
    for call in calls:
        with pytest.raises(AuthenticationFailed):
            call()
    assert here.server.accepted == []


def test_the_account(environment: MakeEnvironment) -> None:
    """Names by their numbers, any of which a message may come from."""
    here = environment()
    names = here.client.provider.alphanames()
    assert names == {0: "SMS.by", 123: "Bistro", 234: "Bistro.by", 1363: "VasheImya"}
    for number in names:
        here.client.send(Message("+375291234567", text="Hello", sender=str(number)))
    assert [message.sender for message in here.server.accepted] == list(names.values())
    balance = here.client.balance()
    assert (balance.amount, balance.currency) == (Decimal("99999.92"), "BYN")
    assert here.client.provider.limit() == 4999996


def test_a_busy_account_is_told_so(environment: MakeEnvironment) -> None:
    """The limit of requests comes without a time to wait: the client tries a few times."""
    here = environment(requests_per_minute=1)
    here.client.send(HELLO)
    with pytest.raises(RateLimited) as caught:
        here.client.send(HELLO)
    assert caught.value.retry_after is None
    assert len(here.pauses) == 4
    assert len(here.server.accepted) == 1
