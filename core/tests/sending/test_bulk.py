"""One broadcast in several calls: in which order, how many at a time, and what each may meet."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polycast import (
    AuthenticationFailed,
    Broadcast,
    BulkReceipt,
    Client,
    Features,
    InsufficientFunds,
    Interrupted,
    InvalidResponse,
    Limiter,
    NotFound,
    OutcomeUnknown,
    Personalisation,
    PolycastError,
    Progress,
    ProviderError,
    ProviderUnavailable,
    RateLimited,
    Receipt,
    Recipient,
    Rejected,
    State,
    UsageError,
    hookimpl,
)
from polycast.campaign import BatchState
from polycast.plugins.caller import HookCaller, Prepared
from polycast.sending.bulk import split_ids
from polycast.sending.dispatcher import Dispatcher
from polycast.sending.queue import InMemoryQueue, QueuedBatch

SIZE = 2
PEOPLE = [Recipient(f"+380961111{n:03}", {"n": n}, reference=f"r{n}") for n in range(40)]

#: What one call meets: it raises, or lets the provider take the batch.
Deed = Callable[[], None]


def hello(batches: int) -> Broadcast:
    """A broadcast of so many calls."""
    return Broadcast(text="hi {n}", recipients=PEOPLE[: batches * SIZE])


def number_of(batch: Broadcast) -> int:
    """Which of the calls it is, from 0."""
    return PEOPLE.index(next(iter(batch.recipients))) // SIZE


def failing(kind: Callable[..., PolycastError], **facts: Any) -> Deed:
    """Return a deed that raises."""

    def deed() -> None:
        raise kind("no", **facts) if kind is UsageError else kind("no", provider="acme", **facts)

    return deed


def fine() -> None:
    """Let the provider take the batch."""


@attrs.define(eq=False)
class Acme:
    """Takes each batch, unless the next deed for it says otherwise; remembers every call."""

    deeds: dict[int, list[Deed]] = attrs.field(factory=dict)
    told: bool = True
    features: Features = Features(
        channels=("sms",), bulk_limit=SIZE, personalisation=Personalisation.VARIABLES
    )
    calls: list[int] = attrs.field(factory=list)
    taken: list[int] = attrs.field(factory=list)
    most: int = 0
    _under_way: int = 0
    _lock: threading.Lock = attrs.field(factory=threading.Lock)

    @hookimpl
    def send_bulk(self, broadcast: Broadcast) -> BulkReceipt:
        number = number_of(broadcast)
        with self._lock:
            self.calls.append(number)
            self._under_way += 1
            self.most = max(self.most, self._under_way)
            deeds = self.deeds.get(number)
            deed = deeds.pop(0) if deeds else fine
        try:
            deed()
        finally:
            with self._lock:
                self._under_way -= 1
        with self._lock:
            self.taken.append(number)
        receipts = tuple(
            Receipt(f"m-{each.to}", State.QUEUED, each.to, each.reference)
            for each in broadcast.recipients
        )
        return BulkReceipt(f"b{number}", State.QUEUED, receipts if self.told else ())


@attrs.define
class Hands:
    """A clock that stands still but for the waiting that is done by it."""

    now: float = 100.0
    _lock: threading.Lock = attrs.field(factory=threading.Lock)

    def __call__(self) -> float:
        return self.now

    def wait(self, over: threading.Event, seconds: float) -> None:
        with self._lock:
            if not over.is_set():
                self.now += seconds

    @property
    def waited(self) -> float:
        return self.now - 100.0


@contextmanager
def moving_hands() -> Iterator[Hands]:
    """Let engines wait by such a clock."""
    made = Hands()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("polycast.sending.dispatcher.wait", made.wait)
        yield made


@pytest.fixture
def hands() -> Iterator[Hands]:
    with moving_hands() as made:
        yield made


def states(receipt: BulkReceipt) -> list[str]:
    """The states of the batches, after a look at those of their recipients."""
    told = [str(batch.state) for batch in receipt.batches for _ in range(batch.size)]
    assert [str(each.state) for each in receipt.receipts] == told
    return [str(batch.state) for batch in receipt.batches]


# Whatever happens.

DEEDS = {
    "taken": fine,
    "refused": failing(Rejected),
    "wrong": failing(UsageError),
    "lost": failing(OutcomeUnknown),
    "broken": failing(ProviderUnavailable, http_status=500),
    "unreached": failing(ProviderUnavailable, safe_to_retry=True),
    "too fast": failing(RateLimited),
    "too fast for 5 s": failing(RateLimited, retry_after=5.0),
    "credentials": failing(AuthenticationFailed),
    "credit": failing(InsufficientFunds),
}
#: After these the call is certainly not made again by itself.
LAST = {"taken", "refused", "wrong", "lost", "broken"}
EXPECTED = {
    "taken": "queued",
    "refused": "rejected",
    "wrong": "rejected",
    "lost": "unknown",
    "broken": "unknown",
}


@settings(deadline=None)
@given(
    met=st.lists(
        st.lists(st.sampled_from(sorted(DEEDS)), max_size=3), min_size=2, max_size=len(PEOPLE) // 2
    ),
    workers=st.integers(1, 5),
    threshold=st.none() | st.integers(1, 5),
    told=st.booleans(),
)
def test_everybody_is_answered_for_once_and_in_order(
    met: Sequence[Sequence[str]], workers: int, threshold: int | None, told: bool
) -> None:
    """Whatever the calls meet: one receipt each, in the order given, and each of them true.

    What was taken, refused or lost was tried once since; what is CANCELLED never was; and no more
    calls are under way than there are workers.
    """
    deeds = {number: [DEEDS[name] for name in names] for number, names in enumerate(met)}
    provider = Acme(deeds, told)
    broadcast = hello(len(met))
    with moving_hands() as hands:
        try:
            receipt = Client("acme", provider).send_bulk(
                broadcast,
                workers=workers,
                rate=Limiter("50/s", clock=hands),
                error_threshold=threshold,
            )
        except PolycastError:
            assert not provider.taken
            return
    assert provider.most <= workers
    assert [(each.to, each.reference) for each in receipt.receipts] == [
        (each.to, each.reference) for each in broadcast.recipients
    ]
    calls = Counter(provider.calls)
    assert set(Counter(provider.taken).values()) <= {1}
    for number, state in enumerate(states(receipt)):
        tried = [*met[number], "taken"][: calls[number]]
        assert not LAST.intersection(tried[:-1])
        if not tried:
            assert state == "cancelled"
            assert "not submitted: " in str(receipt.receipts[number * SIZE].detail)
        else:
            # What was turned away, and not tried again, was refused for good.
            assert state == EXPECTED.get(tried[-1], "rejected")
        assert (state == "queued") == (number in provider.taken)


@pytest.mark.parametrize("told", [True, False])
def test_receipts_keep_their_order_when_calls_overtake_each_other(told: bool) -> None:
    """The first call is answered last, and its receipts are the first all the same."""
    rest = threading.Event()
    provider = Acme({0: [lambda: assert_set(rest)], 4: [rest.set]}, told)

    receipt = Client("acme", provider).send_bulk(hello(5), workers=2)

    assert provider.taken[-1] == 0
    assert [each.to for each in receipt.receipts] == [each.to for each in PEOPLE[:10]]
    assert receipt.id == "batches:b0,b1,b2,b3,b4"


def assert_set(event: threading.Event) -> None:
    """Wait for something that another worker does."""
    assert event.wait(600)


def test_calls_are_made_side_by_side() -> None:
    """As many calls are under way at once as there are workers: here each waits for the others."""
    together = threading.Barrier(3, timeout=600)
    provider = Acme({number: [lambda: in_company(together)] for number in range(6)})

    Client("acme", provider).send_bulk(hello(6), workers=3)

    assert provider.most == 3


def in_company(barrier: threading.Barrier) -> None:
    barrier.wait()


def test_one_worker_makes_them_in_order() -> None:
    """Whoever needs the calls in the order of the list asks for one worker."""
    provider = Acme()

    Client("acme", provider).send_bulk(hello(6), workers=1)

    assert provider.calls == [0, 1, 2, 3, 4, 5]


# What single calls meet.


def test_a_lost_reply_is_one_batch_in_doubt() -> None:
    """The batches before and after it are told apart from it, and none is sent again."""
    provider = Acme({1: [failing(OutcomeUnknown)]})

    receipt = Client("acme", provider).send_bulk(hello(3))

    assert states(receipt) == ["queued", "unknown", "queued"]
    assert isinstance(receipt.batches[1].error, OutcomeUnknown)
    assert len(provider.calls) == 3


def test_a_refused_batch_does_not_stop_the_others() -> None:
    """Its recipients are REJECTED with the provider's words; the others are accepted."""
    receipt = Client("acme", Acme({0: [failing(Rejected)]})).send_bulk(hello(2))

    assert states(receipt) == ["rejected", "queued"]
    assert str(receipt.batches[0].error) == receipt.receipts[0].detail


@pytest.mark.parametrize("kind", [InsufficientFunds, AuthenticationFailed, NotFound])
def test_a_hopeless_failure_leaves_the_rest_unsent(kind: type[PolycastError]) -> None:
    """Without credit the batches that follow are not tried, and say why they were not.

    So it is where the address that requests go to is not there.
    """
    provider = Acme({1: [failing(kind)]})

    receipt = Client("acme", provider).send_bulk(hello(4), workers=1)

    assert provider.calls == [0, 1]
    assert states(receipt) == ["queued", "rejected", "cancelled", "cancelled"]
    assert receipt.batches[2].error is receipt.batches[1].error
    assert receipt.receipts[6].detail == f"not submitted: {receipt.batches[1].error}"


class Ours(PolycastError):
    """What something between us and the provider raises."""

    def __init__(self, words: str, *, provider: str, safe_to_retry: bool) -> None:
        super().__init__(words)
        self.safe_to_retry = safe_to_retry


@pytest.mark.parametrize(
    ("safe", "expected"),
    [
        (True, ["queued", "rejected", "cancelled", "cancelled"]),
        (False, ["queued", "unknown", "queued", "queued"]),
    ],
)
def test_a_failure_on_this_side_is_not_called_a_refusal(safe: bool, expected: list[str]) -> None:
    """What nobody knows the meaning of is in doubt; where nothing was sent, nothing more is."""
    provider = Acme({1: [failing(Ours, safe_to_retry=safe)]})

    receipt = Client("acme", provider).send_bulk(hello(4), workers=1)

    assert states(receipt) == expected


def test_a_failure_of_the_provider_is_not_called_a_refusal() -> None:
    """After a 5xx the work may have been done: the batch is UNKNOWN, and the others go out."""
    provider = Acme({0: [failing(ProviderUnavailable, http_status=500)]})

    assert states(Client("acme", provider).send_bulk(hello(2))) == ["unknown", "queued"]


@pytest.mark.parametrize(
    "deed",
    [
        failing(RateLimited),
        failing(ProviderUnavailable, safe_to_retry=True),
        failing(InvalidResponse),
        failing(ProviderError, safe_to_retry=True),
    ],
    ids=["too fast", "not reached", "odd answer to a question", "unknown answer to a question"],
)
def test_what_certainly_did_not_arrive_is_sent_later(hands: Hands, deed: Deed) -> None:
    """Turned away for the rate, or not reached: after a while it is sent, and nothing is lost.

    So it is where a question that is asked before a send had no good answer.
    """
    provider = Acme({0: [deed] * 3})

    receipt = Client("acme", provider).send_bulk(hello(2), workers=1, rate=Limiter(clock=hands))

    assert states(receipt) == ["queued", "queued"]
    assert hands.waited == 1 + 2 + 4


def test_a_429_holds_everybody(hands: Hands) -> None:
    """Once one call was turned away, no worker makes another before the time it names is over."""
    known = threading.Event()

    class KnownLimiter(Limiter):
        def hold(self, seconds: float | None) -> float:
            asking = super().hold(seconds)
            known.set()
            return asking

    moments: list[float] = []
    together = threading.Barrier(3, timeout=600)

    def turned_away() -> None:
        together.wait()
        failing(RateLimited, retry_after=7.0)()

    def under_way() -> None:
        together.wait()
        assert known.wait(600)

    def later() -> None:
        moments.append(hands.now)

    deeds: dict[int, list[Deed]] = {number: [later] for number in range(3, 10)}
    provider = Acme({0: [turned_away, later], 1: [under_way], 2: [under_way], **deeds})

    receipt = Client("acme", provider).send_bulk(
        hello(10), workers=3, rate=KnownLimiter(clock=hands)
    )

    assert states(receipt) == ["queued"] * 10
    assert len(moments) == 8
    assert min(moments) >= 107.0


def test_patience_with_a_provider_ends(hands: Hands) -> None:
    """One that goes on turning calls away is left after two minutes; what was sent is told."""
    provider = Acme({number: [failing(RateLimited)] * 99 for number in range(1, 4)})

    receipt = Client("acme", provider).send_bulk(hello(4), workers=1, rate=Limiter(clock=hands))

    assert states(receipt) == ["queued", "rejected", "cancelled", "cancelled"]
    assert "asks to wait longer than 120 s" in str(receipt.receipts[-1].detail)
    assert 60 <= hands.waited <= 120


def test_nobody_waits_for_longer_than_there_is_patience(hands: Hands) -> None:
    """Asked to wait an hour, it does not begin to."""
    provider = Acme({0: [failing(RateLimited, retry_after=3600.0)]})

    with pytest.raises(RateLimited, match="wait 3600 s"):
        Client("acme", provider).send_bulk(hello(3), workers=1, rate=Limiter(clock=hands))

    assert hands.waited == 0
    assert provider.calls == [0]


def test_too_many_failures_in_a_row_leave_the_rest_unsent() -> None:
    """After as many as allowed the rest is CANCELLED; without a limit all are tried."""
    deeds = [failing(Rejected)]
    refusing = dict.fromkeys(range(1, 4), deeds)

    def send(threshold: int | None) -> list[str]:
        provider = Acme({number: list(each) for number, each in refusing.items()})
        return states(
            Client("acme", provider).send_bulk(hello(6), workers=1, error_threshold=threshold)
        )

    assert send(3) == ["queued"] + ["rejected"] * 3 + ["cancelled"] * 2
    assert send(4) == send(None) == ["queued"] + ["rejected"] * 3 + ["queued"] * 2


def test_failures_that_are_not_in_a_row_cost_nobody_else() -> None:
    """A success in between starts the count afresh."""
    provider = Acme({number: [failing(Rejected)] for number in (0, 2, 4)})

    receipt = Client("acme", provider).send_bulk(hello(6), workers=1, error_threshold=2)

    assert states(receipt) == ["rejected", "queued"] * 3


# The whole.


@pytest.mark.parametrize(
    "deed", [failing(Rejected), failing(ProviderUnavailable), failing(InsufficientFunds)]
)
def test_the_failure_of_the_whole_raises(deed: Deed) -> None:
    """When nothing was accepted, and no reply was lost, the error itself is raised."""
    provider = Acme({number: [deed] for number in range(3)})

    with pytest.raises(PolycastError, match="no") as caught:
        Client("acme", provider).send_bulk(hello(3))

    assert type(caught.value) in (Rejected, ProviderUnavailable, InsufficientFunds)


@pytest.mark.parametrize("refusal", [AuthenticationFailed, InsufficientFunds, Rejected])
def test_no_refusal_hides_what_is_in_doubt(refusal: type[PolycastError]) -> None:
    """A call that the provider may have taken is told apart from one that it refused."""
    deeds = {0: [failing(ProviderUnavailable, http_status=500)], 1: [failing(refusal)]}

    receipt = Client("acme", Acme(deeds)).send_bulk(hello(2), workers=1)

    assert states(receipt) == ["unknown", "rejected"]


@pytest.mark.parametrize(
    ("kind", "facts"),
    [
        (OutcomeUnknown, {}),
        (RateLimited, {"retry_after": 1.0}),
        (ProviderUnavailable, {"safe_to_retry": True}),
        (Rejected, {}),
        (UsageError, {}),
    ],
)
def test_a_single_call_is_made_once(
    hands: Hands, kind: type[PolycastError], facts: dict[str, Any]
) -> None:
    """A broadcast of one call raises what `send` would, at once, and is not tried again."""
    provider = Acme({0: [failing(kind, **facts)]})

    with pytest.raises(kind):
        Client("acme", provider).send_bulk(hello(1))

    assert provider.calls == [0]
    assert hands.waited == 0


def test_a_single_call_keeps_the_providers_own_id_and_answer() -> None:
    """A broadcast that took one call is known by the id that the provider gave it."""
    receipt = Client("acme", Acme()).send_bulk(hello(1))

    assert (receipt.id, [batch.size for batch in receipt.batches]) == ("b0", [2])
    assert receipt.receipts[1].id == f"m-{PEOPLE[1].to}"


# How fast.


def test_no_faster_than_the_rate(hands: Hands) -> None:
    """Ten calls of two at four messages a second: evenly, from the first call."""
    provider = Acme()

    Client("acme", provider).send_bulk(hello(10), workers=1, rate=Limiter("4/s", clock=hands))

    assert hands.waited == pytest.approx((20 - 2) / 4)


def test_a_limiter_is_shared(hands: Hands) -> None:
    """Two broadcasts with one limiter keep to its rate together, also those of one call."""
    client, limiter = Client("acme", Acme()), Limiter("1 calls/s", clock=hands)

    client.send_bulk(hello(1), rate=limiter)
    client.send_bulk(hello(1), rate=limiter)

    assert hands.waited == pytest.approx(1.0)


def test_progress_is_told() -> None:
    """Whoever looks on is told how far it has come, the last time when it is done."""
    told: list[Progress] = []

    Client("acme", Acme()).send_bulk(hello(3), on_progress=told.append)

    assert told[-1].campaign is None
    assert told[-1].settled == told[-1].total == 6
    nothing = dict.fromkeys(BatchState, 0)
    assert told[-1].batches == {**nothing, BatchState.ACCEPTED: 3}
    assert told[-1].recipients == {**nothing, BatchState.ACCEPTED: 6}


@pytest.mark.parametrize(
    "arguments", [{"workers": 0}, {"error_threshold": 0}, {"rate": "fast"}, {"rate": "0/s"}]
)
def test_numbers_that_make_no_sense_are_refused(arguments: dict[str, Any]) -> None:
    """Wrong numbers are refused before anything is sent."""
    provider = Acme()

    with pytest.raises(UsageError):
        Client("acme", provider).send_bulk(hello(3), **arguments)

    assert not provider.calls


# What ends it.


def test_ctrl_c_tells_what_was_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """It waits for what is in flight; the interruption holds the receipt, the rest CANCELLED."""
    stopping = threading.Event()
    wait_for = Dispatcher._wait_for

    def interrupt(_: Progress) -> None:
        raise KeyboardInterrupt

    def wait(engine: Dispatcher[Any], at_work: list[threading.Event]) -> None:
        stopping.set()
        wait_for(engine, at_work)

    monkeypatch.setattr(Dispatcher, "_wait_for", wait)
    provider = Acme({number: [lambda: assert_set(stopping)] for number in (2, 3)})

    with pytest.raises(KeyboardInterrupt) as caught:
        Client("acme", provider).send_bulk(hello(9), workers=2, on_progress=interrupt)

    assert isinstance(caught.value, Interrupted)
    receipt = caught.value.receipt
    assert states(receipt) == ["queued"] * 4 + ["cancelled"] * 5
    assert sorted(provider.calls) == [0, 1, 2, 3]
    assert receipt.receipts[-1].detail == "not submitted: it was interrupted"
    assert str(caught.value) == (
        "Of 9 calls to the provider 4 were answered, 5 were not made. "
        "The id of what was sent: batches:b0,b1,b2,b3"
    )


def test_a_second_ctrl_c_does_not_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was in flight then is UNKNOWN, because nobody has seen what became of it."""
    going, over = threading.Event(), threading.Event()

    def once(_: Progress) -> None:
        assert_set(going)
        raise KeyboardInterrupt

    def again(engine: Dispatcher[Any], at_work: object) -> None:
        raise KeyboardInterrupt

    def deed() -> None:
        going.set()
        assert_set(over)

    monkeypatch.setattr(Dispatcher, "_wait_for", again)
    with pytest.raises(Interrupted) as caught:
        Client("acme", Acme({1: [deed]})).send_bulk(hello(4), workers=1, on_progress=once)
    over.set()

    receipt = caught.value.receipt
    assert states(receipt) == ["queued", "unknown", "cancelled", "cancelled"]
    assert receipt.receipts[2].detail == "nobody waited for the reply: it was interrupted"


@pytest.mark.parametrize("at_work", [True, False])
def test_ctrl_c_while_the_workers_start(monkeypatch: pytest.MonkeyPatch, at_work: bool) -> None:
    """A worker that is at work by then is waited for; one that is not does nothing any more."""
    going, stopping = threading.Event(), threading.Event()
    start, wait_for = threading.Thread.start, Dispatcher._wait_for
    late: list[threading.Thread] = []

    def interrupted(thread: threading.Thread) -> None:
        if at_work:
            start(thread)
            assert_set(going)
        else:
            late.append(thread)
        raise KeyboardInterrupt

    def wait(engine: Dispatcher[Any], workers: list[threading.Event]) -> None:
        stopping.set()
        wait_for(engine, workers)

    def deed() -> None:
        going.set()
        assert_set(stopping)

    provider = Acme({0: [deed]})
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", interrupted)
        patch.setattr(Dispatcher, "_wait_for", wait)
        with pytest.raises(Interrupted) as caught:
            Client("acme", provider).send_bulk(hello(3), workers=2)
    for thread in late:
        thread.start()
        thread.join()

    assert states(caught.value.receipt) == [
        "queued" if at_work else "cancelled",
        *["cancelled"] * 2,
    ]
    assert provider.calls == ([0] if at_work else [])


def test_ctrl_c_does_not_wait_for_a_single_call() -> None:
    """The one call of a small broadcast is cut off at once, and nobody knows what it did."""

    def interrupt() -> None:
        raise KeyboardInterrupt

    with pytest.raises(Interrupted, match="1 may have been carried out or not") as caught:
        Client("acme", Acme({0: [interrupt]})).send_bulk(hello(1))

    assert states(caught.value.receipt) == ["unknown"]
    assert "nobody waited" in str(caught.value.receipt.receipts[0].detail)


def test_whatever_else_ends_it_tells_what_was_sent() -> None:
    """A defect of the one who looks on does not take with it what was sent."""

    def look(_: Progress) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError) as caught:
        Client("acme", Acme()).send_bulk(hello(2), on_progress=look)

    assert "batches:b0,b1" in caught.value.__notes__[0]


def test_an_unforeseen_defect_loses_no_receipt(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a call raises in the middle, its batch is UNKNOWN, and the others have receipts."""
    client = Client("acme", Acme())
    send_bulk = HookCaller.send_bulk

    def broken(caller: HookCaller, prepared: Prepared[Broadcast]) -> BulkReceipt:
        if number_of(prepared.request) == 3:
            "\ud800".encode()
        return send_bulk(caller, prepared)

    monkeypatch.setattr(HookCaller, "send_bulk", broken)
    receipt = client.send_bulk(hello(6), workers=1)

    assert states(receipt) == ["queued"] * 3 + ["unknown"] + ["queued"] * 2
    assert "UnicodeEncodeError" in str(receipt.receipts[3 * SIZE].detail)


def test_half_a_character_in_an_id_loses_no_receipt() -> None:
    """Ids that cannot be written as UTF-8 are joined all the same, and taken apart again."""

    class Halves(Acme):
        @hookimpl
        def send_bulk(self, broadcast: Broadcast) -> BulkReceipt:
            return BulkReceipt(f"\ud83d,{number_of(broadcast)}", State.QUEUED, ())

    receipt = Client("acme", Halves()).send_bulk(hello(2))

    assert receipt.id is not None
    receipt.id.encode()
    assert split_ids(receipt.id) == ["\ud83d,0", "\ud83d,1"]


def test_nobody_of_an_accepted_call_is_told_that_it_was_not_made() -> None:
    """Where a provider names nobody, its answer to the call is all there is to say."""
    receipt = Client("acme", Acme(told=False)).send_bulk(hello(2))

    assert [(each.state, each.detail) for each in receipt.receipts] == [(State.QUEUED, None)] * 4


def test_when_one_worker_breaks_the_others_send_nothing_more() -> None:
    """What no error of ours explains ends the run: whoever is in a call makes no other."""
    begun = threading.Event()
    calls: list[int] = []

    def send(batch: QueuedBatch) -> BulkReceipt:
        calls.append(number_of(batch.broadcast))
        if number_of(batch.broadcast) == 0:
            assert_set(begun)
            raise SystemExit("broken")
        begun.set()
        for _ in range(3_000):
            if engine.stopped:
                break
            threading.Event().wait(0.01)
        return BulkReceipt("b", State.QUEUED, ())

    entries = [QueuedBatch((n,), each, (0,)) for n, each in enumerate(map(lone, range(4)))]
    engine = Dispatcher(InMemoryQueue(entries, Limiter(), 0.0), send, workers=2)
    with pytest.raises(SystemExit):
        engine.run()

    assert sorted(calls) == [0, 1]


def lone(number: int) -> Broadcast:
    """A broadcast of one call, for one."""
    return Broadcast(text="hi", recipients=(PEOPLE[number * SIZE],))


def test_a_note_of_the_providers_check_is_kept() -> None:
    """What a provider adds to its refusal of a recipient is read by whoever reads the refusal."""

    class Checking(Acme):
        @hookimpl
        def prepare(self, request: Broadcast) -> None:
            if PEOPLE[0] in request.recipients:
                error = UsageError("not this one")
                error.add_note("look at its country")
                raise error

    provider = Checking()
    with pytest.raises(UsageError, match=r"Recipient 1, .*not this one") as caught:
        Client("acme", provider).send_bulk(hello(2))

    assert caught.value.__notes__ == ["look at its country"]
    assert not provider.calls


@pytest.mark.parametrize("calls", [1, 2])
def test_the_providers_own_answer_to_the_only_call(calls: int) -> None:
    """What is sent in one call has its answer in `raw`; of several calls each batch has its own."""

    class Raw(Acme):
        @hookimpl
        def send_bulk(self, broadcast: Broadcast) -> BulkReceipt:
            return attrs.evolve(super().send_bulk(broadcast), raw={"call": number_of(broadcast)})

    receipt = Client("acme", Raw()).send_bulk(hello(calls))

    assert receipt.raw == ({"call": 0} if calls == 1 else None)
    assert [batch.raw for batch in receipt.batches] == [{"call": n} for n in range(calls)]
