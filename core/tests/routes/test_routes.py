"""Several accounts in one: who carries a message, and who is never written to twice."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import attrs
import polycast
import pytest
from polycast import (
    Account,
    Action,
    AuthenticationFailed,
    Broadcast,
    BulkReceipt,
    Client,
    Features,
    InsufficientFunds,
    Message,
    NotFound,
    OutcomeUnknown,
    Personalisation,
    PolycastError,
    ProviderError,
    ProviderUnavailable,
    RateLimited,
    Recipient,
    Rejected,
    SettingsError,
    State,
    Suppressed,
    UnknownProvider,
    Unsupported,
    UsageError,
    failover,
    round_robin,
)
from polycast.cli.app import app
from polycast.testing import InMemoryGateway, Memory, outbox
from polycast.testing.memory import EVERYTHING
from polycast.wrappers import DryRun, SuppressionList
from typer.testing import CliRunner

OLENA, ANDRII, IRYNA = "+380961111111", "+380962222222", "+380963333333"
HELLO = Message(OLENA, text="Hello")


class Time:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Time:
    """The clock of the routes."""
    return Time()


def account(name: str, features: Features = EVERYTHING, **wrapped: Any) -> Client:
    """Return an account that sends nothing anywhere."""
    kind = type("Kind", (Memory,), {"features": features})
    return Client(name, kind(name=name), account=Account(name, name), **wrapped)


def gateway(client: Client) -> InMemoryGateway:
    """Return what an account has taken, and how it is told to fail."""
    found: InMemoryGateway = client.provider.gateway
    return found


def taken(client: Client) -> list[str]:
    """Return whom an account has written to."""
    return [message.to for message in gateway(client).messages]


def fail(client: Client, error: PolycastError, times: int = 1) -> None:
    """Let the next calls of an account fail."""
    for _ in range(times):
        gateway(client).fail_next(error)


@pytest.fixture
def first() -> Client:
    """The account that is preferred."""
    return account("first")


@pytest.fixture
def second() -> Client:
    """The other one."""
    return account("second")


@pytest.fixture
def route(first: Client, second: Client, clock: Time) -> Client:
    """Both of them."""
    return failover(first, second, clock=clock)


def facts(**more: Any) -> dict[str, Any]:
    """Return the facts of an error about a call of the first account."""
    return {"provider": "first", "operation": "send", **more}


MOVING: list[PolycastError] = [
    AuthenticationFailed("no", **facts()),
    InsufficientFunds("0.00", **facts()),
    RateLimited("slow", **facts()),
    ProviderUnavailable("down", **facts(carried_out=False)),
    Rejected("the sender is unknown", **facts(http_status=422)),
    NotFound("no such page", **facts()),
]
STAYING: list[PolycastError] = [
    OutcomeUnknown("cut off", **facts()),
    ProviderUnavailable("HTTP 500", **facts()),
    ProviderError("code 77", **facts()),
    Rejected("opted out", **facts(refused={0: "opted out"})),
]


def named(error: PolycastError) -> str:
    """Return a name for a case."""
    return f"{type(error).__name__} {error.carried_out}"


class TestOneMessage:
    def test_the_preferred_account_sends(
        self, route: Client, first: Client, second: Client
    ) -> None:
        """What carried it is on the receipt: its id begins with the account's name."""
        receipt = route.send(HELLO)

        [sent] = gateway(first).messages
        assert receipt.id == f"first/{sent.id}"
        assert (receipt.state, receipt.to) == (State.QUEUED, OLENA)
        assert taken(second) == []

    @pytest.mark.parametrize("error", MOVING, ids=named)
    def test_what_was_not_carried_out_moves_on(
        self, route: Client, first: Client, second: Client, error: PolycastError
    ) -> None:
        """An error after which nothing was carried out sends the message to the next account."""
        gateway(first).fail_next(error)

        receipt = route.send(HELLO)

        assert (taken(first), taken(second)) == ([], [OLENA])
        assert str(receipt.id).startswith("second/")

    @pytest.mark.parametrize("error", STAYING, ids=named)
    def test_a_doubt_and_a_refused_recipient_stay(
        self, route: Client, first: Client, second: Client, error: PolycastError
    ) -> None:
        """
        After a lost reply, and after a refusal that names the recipient, nobody else is asked.
        """
        gateway(first).fail_next(error)

        with pytest.raises(type(error)) as raised:
            route.send(HELLO)

        assert raised.value is error
        assert taken(second) == []

    def test_nobody_takes_it(self, route: Client, first: Client, second: Client) -> None:
        """The error after which trying again makes sense is raised; notes tell of the others."""
        gateway(first).fail_next(RateLimited("slow", **facts(retry_after=9.0)))
        gateway(second).fail_next(Rejected, "no such sender")

        with pytest.raises(RateLimited) as raised:
            route.send(HELLO)

        assert raised.value.carried_out is False
        assert raised.value.retry_after == 9.0
        assert raised.value.__notes__ == [
            "second was tried as well: second refused send: no such sender"
        ]

    def test_a_doubt_after_a_refusal_says_both(
        self, route: Client, first: Client, second: Client
    ) -> None:
        """A doubt at the second account names the first one's error in a note."""
        gateway(first).fail_next(InsufficientFunds, "0.00")
        gateway(second).lose_next_reply()

        with pytest.raises(OutcomeUnknown) as raised:
            route.send(HELLO)

        assert raised.value.provider == "second"
        assert "first was tried as well: first reports too little credit" in str(
            raised.value.__notes__
        )

    def test_lookup_asks_everybody(self, route: Client, first: Client, second: Client) -> None:
        """After a lost reply the account that has the message is found."""
        since = datetime.now(UTC) - timedelta(minutes=1)
        assert route.lookup(HELLO, since) is None
        gateway(first).fail_next(InsufficientFunds, "0.00")
        gateway(second).lose_next_reply()
        with pytest.raises(OutcomeUnknown):
            route.send(HELLO)

        found = route.lookup(HELLO, since)

        assert found is not None
        assert found.id == f"second/{gateway(second).messages[0].call}"

    def test_an_account_that_cannot_be_asked_leaves_it_open(
        self, first: Client, second: Client
    ) -> None:
        """Where one account cannot tell, a message that the others do not have is in doubt."""

        class Forgetful(Memory):
            """It has no lookup."""

            lookup = None  # type: ignore[assignment]

        third = Client("third", Forgetful(name="third"), account=Account("third", "third"))

        with pytest.raises(OutcomeUnknown, match="third: third does not offer lookup"):
            failover(first, third).lookup(HELLO, datetime.now(UTC))


class TestChecks:
    def test_every_account_is_asked_before_the_first_try(self, first: Client, clock: Time) -> None:
        """What only the second account cannot be told is refused before the first one sends."""
        plain = account("plain", Features(channels=("sms",)))
        route = failover(first, plain, clock=clock)

        with pytest.raises(Unsupported, match="plain cannot be told sender"):
            route.send(attrs.evolve(HELLO, sender="Inn"))
        with pytest.raises(Unsupported, match="plain cannot be told sender"):
            route.send_bulk(Broadcast(text="Hi", recipients=[OLENA], sender="Inn"))
        with pytest.raises(Unsupported, match="plain does not take 'group'"):
            route.send_bulk(Broadcast(text="Hi", recipients=[OLENA, "group:all"]))

        assert taken(first) == []

    def test_what_differs_is_said_per_account(self, first: Client) -> None:
        """A field of `per` takes the place of the message's own at one account."""
        plain = account("plain", Features(channels=("sms",)))
        route = failover(plain, first, per={"plain": {"sender": None}, "first": {"sender": "Two"}})
        message = attrs.evolve(HELLO, sender="Inn")

        route.send(message)
        gateway(plain).fail_next(InsufficientFunds, "0.00")
        route.send(message)
        route.send_bulk(Broadcast(text="Hi", recipients=[ANDRII], sender="Inn"))

        assert [each.sender for each in gateway(plain).messages] == [None, None]
        assert [each.sender for each in gateway(first).messages] == ["Two"]

    @pytest.mark.parametrize(
        ("per", "sentence"),
        [
            ({"third": {}}, "per names 'third'; the members are first, second"),
            ({"first": {"text": "Hi"}}, "at first, 'text' cannot differ; sender, channels"),
            ({"first": {"sender": ""}}, "sender is a string that is not empty"),
        ],
    )
    def test_what_cannot_differ(
        self, first: Client, second: Client, per: Any, sentence: str
    ) -> None:
        """A misspelt account, a field that is the same for all and a wrong value are refused."""
        with pytest.raises(UsageError, match=sentence):
            failover(first, second, per=per)

    def test_who_must_not_be_written_to(self, first: Client) -> None:
        """An objection of one account's wrapper counts for the route."""
        careful = account("careful", wrappers=[SuppressionList(addresses=[OLENA])])
        route = failover(first, careful)

        with pytest.raises(Suppressed):
            route.send(HELLO)
        sent = route.send_bulk(Broadcast(text="Hi", recipients=[OLENA, ANDRII]))

        assert [each.state for each in sent] == [State.CANCELLED, State.QUEUED]
        assert taken(first) == [ANDRII]

    def test_members(self, first: Client) -> None:
        """A route has at least two accounts of different names."""
        with pytest.raises(UsageError, match="at least two"):
            failover(first)
        with pytest.raises(UsageError, match="'first' is twice"):
            failover(first, first)
        with pytest.raises(UsageError, match="hold its slash"):
            failover(first, account("a/b"))

    def test_a_text_says_the_same_everywhere(self) -> None:
        """Braces of a filled text are braces, and what one provider evaluates is escaped."""
        texts = account("texts", attrs.evolve(EVERYTHING, personalisation=Personalisation.TEXTS))
        plain = account(
            "plain",
            attrs.evolve(
                EVERYTHING,
                personalisation=Personalisation.NONE,
                escape=lambda value, _: value.replace("@", "@@"),
            ),
        )
        broadcast = Broadcast(
            text="Dear {name}, {{ a@b", recipients=[Recipient(OLENA, {"name": "{O}@"})]
        )

        failover(texts, plain).send_bulk(broadcast)
        failover(plain, texts).send_bulk(broadcast)
        failover(plain, texts).send(Message(OLENA, text="{x} @y"))

        assert [each.text for each in gateway(texts).messages] == ["Dear {O}@, { a@b"]
        assert [each.text for each in gateway(plain).messages] == [
            "Dear {O}@@, { a@@b",
            "{x} @@y",
        ]


def limited(name: str, limit: int, **more: Any) -> Client:
    """Return an account that takes so many recipients in a call."""
    return account(name, attrs.evolve(EVERYTHING, bulk_limit=limit, **more))


class TestLists:
    def test_each_batch_moves_by_itself(self, clock: Time) -> None:
        """A batch that one account refuses goes to the other; the rest stays where it is."""
        first, second = limited("first", 2), limited("second", 5)
        gateway(first).fail_next(InsufficientFunds, "0.00")

        sent = failover(first, second, clock=clock).send_bulk(
            Broadcast(text="Hi", recipients=[OLENA, ANDRII, IRYNA]), workers=1
        )

        assert (taken(first), taken(second)) == ([IRYNA], [OLENA, ANDRII])
        assert [str(each.id).partition("/")[0] for each in sent] == ["second", "second", "first"]
        assert sent.ok

    def test_a_doubt_stays_with_its_batch(self, clock: Time) -> None:
        """People of a batch in doubt are UNKNOWN, and nobody else writes to them."""
        first, second = limited("first", 2), limited("second", 2)
        gateway(first).lose_next_reply()

        sent = failover(first, second, clock=clock).send_bulk(
            Broadcast(text="Hi", recipients=[OLENA, ANDRII, IRYNA]), workers=1
        )

        assert [each.state for each in sent] == [State.UNKNOWN, State.UNKNOWN, State.QUEUED]
        assert taken(second) == []

    def test_a_refused_recipient_never_moves(self, clock: Time) -> None:
        """Who is refused by name is REJECTED; the others of the call are sent to."""
        first, second = limited("first", 5), limited("second", 5)
        gateway(first).fail_next(Rejected("no", provider="first", refused={1: "opted out"}))

        sent = failover(first, second, clock=clock).send_bulk(
            Broadcast(text="Hi", recipients=[OLENA, ANDRII, IRYNA])
        )

        assert [each.state for each in sent] == [State.QUEUED, State.REJECTED, State.QUEUED]
        assert (taken(first), taken(second)) == ([OLENA, IRYNA], [])

    def test_status_and_control_go_where_it_was_carried(self, clock: Time) -> None:
        """An id of a receipt takes status and action to its provider, in all parts."""
        first, second = limited("first", 2), limited("second", 2)
        gateway(first).fail_next(InsufficientFunds, "0.00")
        route = failover(first, second, clock=clock)
        sent = route.send_bulk(Broadcast(text="Hi", recipients=[OLENA, ANDRII, IRYNA]), workers=1)

        assert sent.id is not None
        status = route.status(sent.id)
        paused = route.control(sent.id, Action.PAUSE)

        assert status.counts == {State.QUEUED: 3}
        assert {each.id for each in status.reports} == {each.id for each in sent}
        assert paused.state is State.PAUSED
        with pytest.raises(NotFound, match="its ids begin with first/ or second/"):
            route.status("1234")


class TestTurns:
    def test_who_keeps_failing_rests_and_comes_back(
        self, route: Client, first: Client, second: Client, clock: Time
    ) -> None:
        """After five failures in a row an account is left alone for a minute, and tried again."""
        fail(first, InsufficientFunds("0.00", **facts()), times=5)
        for _ in range(6):
            route.send(HELLO)
        assert (len(taken(first)), len(taken(second))) == (0, 6)

        clock.seconds += 61
        fail(first, InsufficientFunds("0.00", **facts()))
        for _ in range(2):  # one more failure is enough
            route.send(HELLO)
        assert (len(taken(first)), len(taken(second))) == (0, 8)

        clock.seconds += 61
        route.send(HELLO)
        assert (len(taken(first)), len(taken(second))) == (1, 8)

    def test_who_rests_is_still_better_than_nothing(
        self, route: Client, first: Client, second: Client
    ) -> None:
        """An account at rest is tried where all others refuse."""
        fail(first, InsufficientFunds("0.00", **facts()), times=5)
        for _ in range(5):
            route.send(HELLO)
        gateway(second).fail_next(InsufficientFunds, "0.00")

        route.send(HELLO)

        assert len(taken(first)) == 1

    def test_who_asks_for_a_pause_gets_it(
        self, route: Client, first: Client, second: Client, clock: Time
    ) -> None:
        """A 429 that says how long keeps an account alone for so long."""
        gateway(first).fail_next(RateLimited("slow", **facts(retry_after=7.0)))
        route.send(HELLO)
        clock.seconds += 6
        route.send(HELLO)
        clock.seconds += 2
        route.send(HELLO)

        assert (len(taken(first)), len(taken(second))) == (1, 2)

    def test_refusals_of_messages_are_no_failures(
        self, route: Client, first: Client, second: Client
    ) -> None:
        """What is wrong with messages does not make an account rest."""
        fail(first, Rejected("no", **facts()), times=9)
        for _ in range(10):
            route.send(HELLO)

        assert (len(taken(first)), len(taken(second))) == (1, 9)

    def test_weights(self, clock: Time) -> None:
        """Calls are shared by weight, and evenly spread."""
        members = [account(name) for name in "abc"]
        route = round_robin(*members, weights={"a": 3}, clock=clock)

        order = [str(route.send(HELLO).id)[0] for _ in range(10)]

        assert order == list("abacaabaca")

    def test_what_one_refuses_goes_on_in_order(self, clock: Time) -> None:
        """A member that fails hands its share to the others."""
        a, b, c = [account(name) for name in "abc"]
        gateway(a).fail_next(InsufficientFunds, "0.00")
        route = round_robin(a, b, c, clock=clock)

        assert [str(route.send(HELLO).id)[0] for _ in range(3)] == ["b", "b", "c"]

    @pytest.mark.parametrize("weight", [0, -1, 1.5, "2"])
    def test_weights_are_whole_numbers(self, weight: Any) -> None:
        """A weight that shares nothing is refused."""
        with pytest.raises(UsageError, match="The weight of a must be a whole number"):
            round_robin(account("a"), account("b"), weights={"a": weight})


class TestProfiles:
    @pytest.fixture
    def config(self, tmp_path: Path) -> Path:
        """A file with a route."""
        path = tmp_path / "polycast.toml"
        path.write_text(
            "[profiles.kyiv]\nprovider = 'hyber'\nlogin = 'l'\npassword = 'p'\nclient_id = '1'\n"
            "[routes.sms]\nfailover = ['kyiv', 'textit']\n"
            "per.kyiv = { sender = 'Inn', ttl = 60, options = { tag = 'spring' } }\n"
            "[routes.even]\nround_robin = { kyiv = 3, textit = 1 }\n"
        )
        return path

    def test_a_route_is_connected_by_its_name(self, config: Path) -> None:
        """`connect` takes the name of a route as that of a profile."""
        with outbox() as box, polycast.connect("sms", config=config) as sms:
            receipt = sms.send(HELLO)
            assert isinstance(sms.send_bulk(Broadcast(text="Hi", recipients=[ANDRII])), BulkReceipt)

        sent = box.assert_sent(OLENA, sender="Inn", provider="hyber")
        assert receipt.id == f"kyiv/{sent.id}"
        assert sent.request.ttl == timedelta(minutes=1)

    def test_weights_of_a_route(self, config: Path) -> None:
        """`round_robin` may be a table of weights."""
        with outbox() as box, polycast.connect("even", config=config) as even:
            for _ in range(4):
                even.send(HELLO)

        assert len(box.assert_count(3, provider="hyber")) == 3
        box.assert_count(1, provider="textit")

    def test_wrappers_of_a_route(self, config: Path) -> None:
        """Wrappers stand around the whole of it."""
        with outbox() as box, polycast.connect("sms", config=config, wrappers=[DryRun()]) as sms:
            assert sms.send(HELLO).state is State.CANCELLED

        box.assert_nothing_sent()

    @pytest.mark.parametrize(
        ("text", "sentence"),
        [
            ("failover = 'hyber'", "failover is not a list of names"),
            ("failover = ['hyber']", "at least two members"),
            ("failover = { hyber = 1, textit = 2 }", "weights belong to round_robin"),
            ("failover = ['hyber', 'sms']", "'sms' is a route"),
            ("round_robin = ['hyber', 'textit']\nfailover = []", "either failover or round_robin"),
            ("round_robin = { hyber = 0, textit = 1 }", "weight of hyber must be a whole number"),
            ("falover = ['hyber', 'textit']", "has no 'falover'; it has failover, round_robin"),
            ("failover = ['hyber', 'textit']\nper.smsby = {}", "per names 'smsby'"),
            ("failover = ['hyber', 'textit']\nper.hyber.colour = 1", "'colour' cannot differ"),
            ("failover = ['hyber', 'textit']\nper.hyber.ttl = 'x'", "sms.per.hyber"),
            ("failover = ['hyber', 'textit']\nper.hyber.options = { x = 1 }", "sms.per.hyber"),
            ("failover = ['hyber', 'textit']\nper = 1", "per holds a table"),
        ],
    )
    def test_what_is_wrong_is_named(self, tmp_path: Path, text: str, sentence: str) -> None:
        """A route that cannot be is a `SettingsError` with its place."""
        path = tmp_path / "routes.toml"
        path.write_text(f"[routes.sms]\n{text}\n")

        with outbox(), pytest.raises(SettingsError, match=sentence) as raised:
            polycast.connect("sms", config=path)

        assert str(path) in str(raised.value)

    def test_one_name_is_one_thing(self, tmp_path: Path) -> None:
        """A name that is both a profile and a route is refused."""
        path = tmp_path / "routes.toml"
        path.write_text("[profiles.sms]\nprovider = 'hyber'\n[routes.sms]\nfailover = ['a', 'b']\n")

        with pytest.raises(SettingsError, match="'sms' is both a profile and a route"):
            polycast.connect("sms", config=path)

    def test_a_route_takes_no_settings(self, config: Path) -> None:
        """Settings belong to the accounts."""
        with pytest.raises(SettingsError, match="sms is a route and has no setting 'token'"):
            polycast.connect("sms", config=config, token="t0ken")

    def test_a_route_is_suggested(self, config: Path) -> None:
        """A misspelt route is told from the routes that there are."""
        with pytest.raises(UnknownProvider, match="did you mean 'even'"):
            polycast.connect("evan", config=config)

    def test_the_command_line_takes_its_name(self, config: Path, tmp_path: Path) -> None:
        """A route is a PROFILE of every command: one message, its status, and a list."""
        ledger = ("--ledger", f"sqlite:///{tmp_path / 'ledger.sqlite'}")
        (tmp_path / "guests.csv").write_text(f"to,name\n{OLENA},Olena\n{ANDRII},Andrii\n")

        def run(*words: str) -> Any:
            result = CliRunner().invoke(app, ["--config", str(config), *words])
            assert result.exit_code == 0, result.output
            return json.loads(result.stdout)

        with outbox() as box:
            sent = run("send", "sms", OLENA, "--text", "Hi", "--key", "one", *ledger, "--json")
            again = run("send", "sms", OLENA, "--text", "Hi", "--key", "one", *ledger, "--json")
            box.assert_count(1)
            status = run("status", sent["id"], "--profile", "sms", "--json")
            guests = str(tmp_path / "guests.csv")
            run("broadcast", "sms", guests, "--text", "Dear {name}", *ledger, "--json")
            box.assert_sent(ANDRII, "Dear Andrii")

        assert str(sent["id"]).startswith("kyiv/")
        assert (again["id"], status["state"]) == (sent["id"], "queued")

    def test_the_doctor_examines_its_accounts(self, config: Path) -> None:
        """`doctor --profile` takes a route for the accounts that it has."""
        result = CliRunner().invoke(
            app, ["--config", str(config), "doctor", "--profile", "sms", "--json"]
        )

        accounts = json.loads(result.stdout)["accounts"]
        assert [account["name"] for account in accounts] == ["kyiv", "textit"]
