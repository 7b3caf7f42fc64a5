"""One account as plain methods: what is refused before, and what is made of each answer."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import attrs
import pytest
from polycast import (
    Action,
    Broadcast,
    BrokenProvider,
    BulkReceipt,
    CallbackRequest,
    Client,
    Conflict,
    Features,
    InvalidResponse,
    Message,
    OutcomeUnknown,
    Personalisation,
    ProviderError,
    Receipt,
    Recipient,
    Reply,
    Report,
    Reports,
    State,
    Status,
    Unsupported,
    UnverifiedRequest,
    UsageError,
    WaitTimeout,
    hookimpl,
)
from polycast.client import caller_of
from polycast.sending.planning import plan

REPORT_A, REPORT_B = Report("a", State.SENT), Report("b", State.SENT)
PHONES = [f"+38096111111{n}" for n in range(10)]


@attrs.define(eq=False)
class Acme:
    """A provider that does what a test tells it, and keeps what it was asked."""

    features: Features = Features(
        channels=("sms",), bulk_limit=2, actions=frozenset({Action.PAUSE})
    )
    batches: list[Broadcast] = attrs.field(factory=list)
    statuses: dict[str, list[Status]] = attrs.field(factory=dict)
    obey: Callable[[str], Status] = lambda id: Status(id, State.PAUSED)
    answer: Any = Receipt("m1", State.QUEUED, PHONES[0])
    refuse: Callable[[Message | Broadcast], None] = lambda request: None

    @hookimpl
    def prepare(self, request: Message | Broadcast) -> None:
        self.refuse(request)

    @hookimpl
    def send(self, message: Message) -> Any:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    @hookimpl
    def send_bulk(self, broadcast: Broadcast) -> BulkReceipt:
        self.batches.append(broadcast)
        return BulkReceipt(f"b{len(self.batches)}", State.QUEUED, ())

    @hookimpl
    def status(self, id: str) -> Status:
        return self.statuses[id].pop(0)

    @hookimpl
    def control(self, id: str, action: Action) -> Status:
        return self.obey(id)


@attrs.define(eq=False)
class Mute:
    """A provider that has no hooks at all."""

    features: Features = Features(channels=("sms",), actions=frozenset(Action))


def client_of(**options: Any) -> tuple[Client, Acme]:
    provider = Acme(**options)
    return Client("acme", provider), provider


class TestSend:
    def test_the_receipt_comes_back(self) -> None:
        """
        What the provider made of a message is what `send` returns.
        """
        client, provider = client_of()

        assert provider.answer is client.send(Message(PHONES[0], text="hi"))

    def test_nothing_to_say_is_refused(self) -> None:
        """
        A message without text does not reach a provider that needs one.
        """
        client, _ = client_of(answer=AssertionError("it was asked"))

        with pytest.raises(UsageError, match="nothing to say"):
            client.send(Message(PHONES[0]))

    @pytest.mark.parametrize("answer", [None, "ok", KeyError("id")])
    def test_a_defect_of_a_plugin_leaves_a_send_in_doubt(self, answer: Any) -> None:
        """
        A plugin that fails may have sent first: nobody knows, and nobody is told otherwise.
        """
        client, _ = client_of(answer=answer)

        with pytest.raises(OutcomeUnknown, match="the plugin"):
            client.send(Message(PHONES[0], text="hi"))

    def test_a_broadcast_is_not_a_message(self) -> None:
        """
        The wrong kind of thing is refused in a sentence.
        """
        client, _ = client_of()

        with pytest.raises(UsageError, match="send takes a Message"):
            client.send(Broadcast(text="hi", recipients=PHONES))  # type: ignore[arg-type]
        with pytest.raises(UsageError, match="send_bulk takes a Broadcast"):
            client.send_bulk(Message(PHONES[0], text="hi"))  # type: ignore[arg-type]


class TestAbsentHooks:
    @pytest.mark.parametrize(
        "call",
        [
            lambda client: client.send(Message(PHONES[0], text="hi")),
            lambda client: client.send_bulk(Broadcast(text="hi", recipients=PHONES)),
            lambda client: client.status("1"),
            lambda client: client.control("1", Action.PAUSE),
            lambda client: client.api,
        ],
    )
    def test_are_refused_in_a_sentence(self, call: Callable[[Client], object]) -> None:
        """
        What a provider does not offer is refused by name, whatever its features claim.
        """
        with pytest.raises(Unsupported, match="acme"):
            call(Client("acme", Mute()))


class TestPlan:
    def test_everything_is_checked_before_anything_is_sent(self) -> None:
        """
        The last recipient's fault is found before the first batch leaves.
        """
        for recipients, text, words in (
            ([*PHONES, "12"], "hi", "Recipient 11: '12' is not an address"),
            ([*PHONES, "group:x"], "hi", "does not take 'group'"),
            ([Recipient(PHONES[0], {"a": "1"}), PHONES[1]], "{a}", r"Recipient 2.* lacks .*\{a\}"),
            (PHONES, "{", "single '{'"),
            (PHONES, None, r"Recipient 1, .*: there is nothing to say"),
            ([], "hi", "no recipients"),
        ):
            client, provider = client_of()
            with pytest.raises(UsageError, match=words):
                client.send_bulk(Broadcast(text=text, recipients=iter(recipients)))  # type: ignore[arg-type]
            assert provider.batches == []

    def test_texts_are_filled_in_and_grouped_where_the_provider_cannot(self) -> None:
        """
        A provider without personalisation is sent one broadcast per distinct text.
        """
        client, provider = client_of()
        recipients = [
            Recipient(PHONES[0], {"name": "Jo"}),
            Recipient(PHONES[1], {"name": "An"}),
            Recipient(PHONES[2], {"name": "Jo"}),
            Recipient(PHONES[3], text="{own}"),
        ]

        receipt = client.send_bulk(Broadcast(text="Dear {name}", recipients=recipients), workers=1)

        assert [(batch.text, len(tuple(batch.recipients))) for batch in provider.batches] == [
            ("Dear Jo", 2),
            ("Dear An", 1),
            ("{own}", 1),
        ]
        assert PHONES[:4] == [each.to for each in receipt.receipts]

    @pytest.mark.parametrize("kind", list(Personalisation))
    def test_who_is_reached_alone_has_a_call_of_their_own(self, kind: Personalisation) -> None:
        """
        Kinds of address that take a call each get it, and the others share theirs.
        """
        features = Features(
            channels=("sms",),
            schemes=("tel", "group"),
            exclusive_schemes=("group",),
            personalisation=kind,
        )
        client, _ = client_of(features=features)
        people = [PHONES[0], "group:1", PHONES[1], "group:3", "group:2"]

        planned = plan(caller_of(client), Broadcast(text="hi", recipients=people))

        assert [batch.places for batch in planned.batches] == [(0, 2), (1,), (3,), (4,)]

    @pytest.mark.parametrize("kind", [Personalisation.TEXTS, Personalisation.VARIABLES])
    def test_templates_travel_whole_where_the_provider_can(self, kind: Personalisation) -> None:
        """
        A provider that personalises gets the template with each recipient's variables.
        """
        client, provider = client_of(features=Features(channels=("sms",), personalisation=kind))

        client.send_bulk(
            Broadcast(text="Dear {name}", recipients=[Recipient(PHONES[0], {"name": "Jo"})])
        )

        assert provider.batches[0].text == "Dear {name}"


class TestCheck:
    def test_the_provider_is_asked_about_all_before_any_is_sent(self) -> None:
        """
        What the provider cannot be told in the last batch keeps the first from leaving.
        """

        def refuse(request: Message | Broadcast) -> None:
            if request.text == "Dear Zo":
                raise Unsupported("too long")

        client, provider = client_of(refuse=refuse)
        people = [Recipient(PHONES[n], {"name": name}) for n, name in enumerate(["Jo", "Zo"])]

        with pytest.raises(Unsupported, match="too long"):
            client.send_bulk(Broadcast(text="Dear {name}", recipients=people))
        with pytest.raises(Unsupported, match="too long"):
            client.send(Message(PHONES[0], text="Dear Zo"))

        assert provider.batches == []

    def test_a_defect_found_there_is_not_in_doubt(self) -> None:
        """
        A plugin that fails while checking has sent nothing, and the error says so.
        """

        def refuse(request: Message | Broadcast) -> None:
            raise KeyError("x")

        client, _ = client_of(refuse=refuse)

        with pytest.raises(BrokenProvider, match="Nothing was sent"):
            client.send(Message(PHONES[0], text="hi"))


class TestStatusAndControl:
    def test_a_broadcast_of_several_calls_has_one_status(self) -> None:
        """
        States, counts and reports of all its batches are put together under its one id.
        """
        client, provider = client_of()
        id = client.send_bulk(Broadcast(text="hi", recipients=PHONES[:4]), workers=1).id
        provider.statuses = {
            "b1": [
                Status("b1", State.SENT, {State.SENT: 2}, [Report("a", State.SENT)], final=True)
            ],
            "b2": [Status("b2", State.SENDING, {State.SENT: 1}, [Report("b", State.SENT)])],
        }

        status = client.status(str(id))

        assert (id, State.SENDING) == (status.id, status.state)
        assert status.counts == {State.SENT: 3}
        assert [report.to for report in status.reports] == ["a", "b"]
        assert not status.is_final

    @pytest.mark.parametrize("id", ["", "  ", "batches:", "batches:a,, "])
    def test_an_empty_id_is_refused(self, id: str) -> None:
        """
        Nothing is asked for an id that cannot be one.
        """
        client, _ = client_of()

        with pytest.raises(UsageError, match="id"):
            client.status(id)

    def test_an_action_that_is_not_offered_is_refused(self) -> None:
        """
        The refusal names what is offered instead.
        """
        client, _ = client_of()

        assert State.PAUSED is client.control("1", Action.PAUSE).state
        with pytest.raises(Unsupported, match="acme cannot stop; it offers pause"):
            client.control("1", Action.STOP)
        with pytest.raises(UsageError, match="pause, resume, stop, delete"):
            client.control("1", "explode")  # type: ignore[arg-type]

    def test_all_parts_are_controlled_even_when_one_refuses(self) -> None:
        """
        The refusal of one batch is raised after the others were controlled, and says how many were.
        """
        asked: list[str] = []

        def obey(id: str) -> Status:
            asked.append(id)
            if id == "b1":
                raise Conflict("already done", provider="acme")
            return Status(id, State.PAUSED)

        client, _ = client_of(obey=obey)
        id = client.send_bulk(Broadcast(text="hi", recipients=PHONES[:4]), workers=1).id

        with pytest.raises(Conflict) as caught:
            client.control(str(id), Action.PAUSE)

        assert asked == ["b1", "b2"]
        assert caught.value.__notes__ == ["1 of 2 batches succeeded."]

    def test_a_defect_of_a_plugin_is_named(self) -> None:
        """
        A status that a plugin fails to make is the plugin's fault, and said to be.
        """
        client, _ = client_of()

        with pytest.raises(BrokenProvider, match="the plugin raised KeyError"):
            client.status("nowhere")


@pytest.fixture
def no_sleep(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [0.0]
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        now[0] += seconds

    monkeypatch.setattr("polycast.sending.polling.time.sleep", sleep)
    monkeypatch.setattr("polycast.sending.polling.time.monotonic", lambda: now[0])
    return slept


class TestWait:
    def test_it_asks_until_the_state_is_final(self, no_sleep: list[float]) -> None:
        """
        The final status is returned, asked for once per interval.
        """
        client, _ = client_of(
            statuses={"1": [Status("1", State.QUEUED), Status("1", State.DELIVERED)]}
        )

        assert State.DELIVERED is client.wait("1", interval=5).state
        assert no_sleep == [5]

    def test_it_gives_up_in_time(self, no_sleep: list[float]) -> None:
        """
        When the time has passed the error holds the last status, and no sleep overshoots.
        """
        client, _ = client_of(statuses={"1": [Status("1", State.QUEUED) for _ in range(9)]})

        with pytest.raises(WaitTimeout, match="still queued after 12 s") as caught:
            client.wait("1", timeout=12, interval=5)

        assert no_sleep == [5, 5, 2]
        assert State.QUEUED is caught.value.status.state  # type: ignore[attr-defined]


@attrs.define(eq=False)
class Asked:
    """A provider that can be asked, and understands what is pushed."""

    features: Features = Features(channels=("sms",), bulk_limit=1, lookup=True, receives=True)
    found: dict[str | None, BulkReceipt | None] = attrs.field(factory=dict)
    asked: list[Broadcast] = attrs.field(factory=list)
    pushed: Any = ()

    @hookimpl
    def lookup(self, broadcast: Broadcast, since: datetime) -> BulkReceipt | None:
        self.asked.append(broadcast)
        return self.found[next(iter(broadcast.recipients)).to]

    @hookimpl
    def receive(self, request: CallbackRequest) -> Any:
        return self.pushed


@attrs.define(eq=False)
class Signed(Asked):
    @hookimpl
    def verify(self, request: CallbackRequest) -> bool:
        return request.header("X-Token") == "secret"


class TestLookup:
    SINCE = datetime(2030, 1, 1, tzinfo=UTC)

    def test_what_arrived_is_told_as_sending_it_would_have(self) -> None:
        """
        A message whose reply was lost is looked up as it was sent, and gets its receipt.
        """
        provider = Asked(found={PHONES[0]: BulkReceipt("b9", State.QUEUED, ())})

        found = Client("acme", provider).lookup(Message(PHONES[0], text="{hi"), self.SINCE)

        assert found is not None
        assert (found.id, found.receipts[0].to) == ("b9", PHONES[0])
        assert provider.asked[0].text == "{hi"

    def test_what_did_not_arrive_is_none(self) -> None:
        """
        None says that the provider does not have it, and only that.
        """
        client = Client("acme", Asked(found={PHONES[0]: None}))

        assert client.lookup(Message(PHONES[0], text="hi"), self.SINCE) is None

    def test_of_several_calls_each_is_told_apart(self) -> None:
        """
        The batches that the provider does not have are UNKNOWN beside those it has.
        """
        provider = Asked(found={PHONES[0]: None, PHONES[1]: BulkReceipt("b2", State.SENT, ())})

        found = Client("acme", provider).lookup(
            Broadcast(text="hi", recipients=PHONES[:2]), self.SINCE
        )

        assert found is not None
        assert [batch.state for batch in found.batches] == [State.UNKNOWN, State.SENT]

    def test_a_moment_without_a_zone_is_refused(self) -> None:
        """
        A naive moment could be hours off: it is refused.
        """
        with pytest.raises(UsageError, match="time zone"):
            Client("acme", Asked()).lookup(
                Message(PHONES[0], text="hi"),
                datetime(2030, 1, 1),  # noqa: DTZ001 - the case in question
            )

    def test_a_provider_that_cannot_be_asked_says_so(self) -> None:
        """
        Without the hook, the refusal names what there is.
        """
        client, _ = client_of()

        with pytest.raises(Unsupported, match="lookup"):
            client.lookup(Message(PHONES[0], text="hi"), self.SINCE)


def test_a_plugin_need_not_know_its_own_name() -> None:
    """
    An error of a provider that is raised without names gets them from the client.
    """

    class Doubtful(Asked):
        @hookimpl
        def lookup(self, broadcast: Broadcast, since: datetime) -> BulkReceipt | None:
            raise OutcomeUnknown("two are alike", candidates=["m1", "m2"])

    with pytest.raises(OutcomeUnknown, match="whether acme carried out lookup: two are") as caught:
        Client("acme", Doubtful()).lookup(Message(PHONES[0], text="hi"), TestLookup.SINCE)

    assert (caught.value.provider, caught.value.operation) == ("acme", "lookup")
    assert sorted(caught.value.candidates or ()) == ["m1", "m2"]
    assert str(ProviderError("oh")).startswith("The provider answered the request")


def test_a_failure_of_reports_that_are_read_later_has_the_name_too() -> None:
    """
    Reports are fetched when they are read: what goes wrong then says whose they are.
    """

    def fetch() -> list[Report]:
        raise InvalidResponse("a page is missing")

    class Paged(Asked):
        @hookimpl
        def status(self, id: str) -> Status:
            return Status(id, State.SENT, reports=Reports(fetch))

    status = Client("acme", Paged()).status("1")
    with pytest.raises(InvalidResponse, match="acme answered status in an unexpected form"):
        list(status.reports)


class TestReceive:
    REQUEST = CallbackRequest(body=b"{}", headers={"Content-TYPE": "application/json"})

    def test_reports_come_back(self) -> None:
        """
        What the provider pushed is a list of reports; headers are found in any case.
        """
        client = Client("acme", Asked(pushed=[REPORT_A]))

        assert client.receive(self.REQUEST) == [REPORT_A]
        assert self.REQUEST.header("content-type") == "application/json"
        assert self.REQUEST.header("x-other") is None

    def test_what_people_write_comes_beside_the_reports(self) -> None:
        """
        A reply names who wrote, and can be answered with its `sender`.
        """
        reply = Reply(PHONES[1], to="+380440000000", text="Yes", id="r1")

        told = Client("acme", Asked(pushed=[REPORT_A, reply])).receive(self.REQUEST)

        assert told == [REPORT_A, reply]

    def test_a_request_that_proves_nothing_is_refused(self) -> None:
        """
        Where a provider verifies, what is not signed is not read, and the error names it.
        """
        client = Client("acme", Signed(pushed=[REPORT_A]))
        signed = CallbackRequest(body=b"{}", headers=[("x-token", "secret")])

        assert client.receive(signed) == [REPORT_A]
        with pytest.raises(UnverifiedRequest, match="prove that it comes from acme"):
            client.receive(self.REQUEST)

    def test_a_crash_of_a_plugin_is_no_refusal(self) -> None:
        """
        A web handler answers 400 to a UsageError, and the report would be lost: a defect is none.
        """

        class Crashing(Asked):
            @hookimpl
            def receive(self, request: CallbackRequest) -> Any:
                raise KeyError("status")

        with pytest.raises(BrokenProvider, match=r"acme: receive: the plugin raised KeyError") as e:
            Client("acme", Crashing()).receive(self.REQUEST)

        assert not isinstance(e.value, UsageError)

    @pytest.mark.parametrize("pushed", [None, "x", (REPORT_A,)])
    def test_a_defect_of_a_plugin_is_named(self, pushed: Any) -> None:
        """
        A plugin that answers with something else is named, and nothing is in doubt.
        """
        with pytest.raises(BrokenProvider, match="receive"):
            Client("acme", Asked(pushed=pushed)).receive(self.REQUEST)


def test_a_client_closes_what_its_provider_holds() -> None:
    """
    Leaving the `with` statement closes the provider, if it can be closed.
    """
    closed: list[int] = []
    provider = Acme()
    with Client("acme", provider):
        pass

    class Closing(Acme):
        def close(self) -> None:
            closed.append(1)

    with Client("acme", Closing()):
        pass
    assert closed == [1]
