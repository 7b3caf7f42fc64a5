"""Single messages: recorded before they leave, and once where they have a key."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import attrs
import pytest
from polycast import (
    Broadcast,
    BulkReceipt,
    ClaimExpired,
    Features,
    InFlight,
    KeyReused,
    LedgerError,
    Message,
    OutcomeUnknown,
    PolycastError,
    ProviderUnavailable,
    RateLimited,
    Receipt,
    Rejected,
    State,
    UsageError,
    hookimpl,
)
from polycast.campaign import Ledger
from polycast.campaign import leases as owning
from polycast.campaign import sends as sending
from polycast.campaign.store import Store
from polycast.client import Client
from polycast.wrappers import DryRun

from .conftest import FEATURES, Note, Scripted
from .killing_sends import kill_and_repeat

SEND_FEATURES = attrs.evolve(FEATURES, options=Note)
HELLO = Message("+12125550001", text="Hello")


@attrs.define(eq=False)
class Single:
    """Takes every message, unless the next deed says otherwise; remembers what it took."""

    features: Features = SEND_FEATURES
    deeds: list[Callable[[Message], Receipt | None]] = attrs.Factory(list)
    taken: list[Message] = attrs.Factory(list)
    asked: int = 0
    #: Raised by the next question.
    question: Exception | None = None

    @hookimpl
    def send(self, message: Message) -> Receipt:
        deed = self.deeds.pop(0) if self.deeds else None
        answer = deed(message) if deed else None
        return answer or self.take(message)

    def take(self, message: Message) -> Receipt:
        self.taken.append(message)
        return Receipt(f"message:{len(self.taken)}", State.QUEUED, message.to, detail="taken")

    @hookimpl
    def lookup(self, broadcast: Broadcast, since: datetime) -> BulkReceipt | None:
        """Return the first that is alike, as a provider does that keeps no names."""
        self.asked += 1
        if self.question:
            raise self.question
        (recipient,) = broadcast.recipients
        for place, each in enumerate(self.taken, start=1):
            if (each.to, each.text) == (recipient.to, broadcast.text_for(recipient)):
                receipt = Receipt(f"message:{place}", State.SENT, each.to)
                return BulkReceipt(None, State.SENT, (receipt,))
        return None


@pytest.fixture
def single() -> Single:
    """A provider of single messages that can be asked about them."""
    return Single()


@pytest.fixture
def account(single: Single) -> Client:
    """Its client."""
    return Client("scripted", single)


@pytest.fixture
def mute() -> Single:
    """A provider that cannot be asked."""
    return Single(attrs.evolve(SEND_FEATURES, lookup=False))


def raising(error: BaseException, provider: Single | None = None) -> Callable[[Message], None]:
    """A deed that takes the message where a provider is given, and then raises."""

    def deed(message: Message) -> None:
        if provider is not None:
            provider.take(message)
        raise error

    return deed


def lost() -> OutcomeUnknown:
    return OutcomeUnknown("the reply was lost", provider="scripted", operation="send")


class Killed(BaseException):
    """The process ends here."""


@contextmanager
def another_process() -> Iterator[None]:
    """Be a process that ends with this block, as far as the ledger can tell."""
    real = owning.process
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(owning, "process", lambda pid: f"{real(pid)} another")
        yield


def kill(
    ledger: Ledger, account: Client, single: Single, key: str, *, after: bool, message: Message
) -> None:
    """End a process between its claim and the record of the answer.

    Args:
        ledger: where it is recorded.
        account: the account.
        single: its provider.
        key: of the message.
        after: whether the provider has the message by then.
        message: what is sent.
    """
    single.deeds.append(raising(Killed(), single if after else None))
    with another_process(), pytest.MonkeyPatch.context() as patch:
        # Nothing is recorded of the end.
        patch.setattr(sending.SingleSend, "_fail", lambda *_: None)
        with pytest.raises(Killed):
            ledger.send(account, message, key=key)


class TestOneKey:
    def test_the_stored_receipt(self, ledger: Ledger, account: Client, single: Single) -> None:
        """A second call returns the receipt of the first, and sends nothing."""
        first = ledger.send(account, HELLO, key="order-1")
        second = ledger.send(account, HELLO, key="order-1")

        assert second == first == Receipt("message:1", State.QUEUED, HELLO.to, detail="taken")
        assert single.taken == [HELLO]

    def test_without_a_key(self, ledger: Ledger, account: Client, single: Single) -> None:
        """A message without a key is recorded, and sent each time."""
        ledger.send(account, HELLO)
        ledger.send(account, HELLO)
        assert single.taken == [HELLO, HELLO]

    @pytest.mark.parametrize(
        ("change", "told"),
        [
            ({"text": "Bye"}, "another text"),
            ({"to": "+12125550002"}, "another recipient"),
            ({"ttl": timedelta(hours=1), "options": Note(words="x")}, "another ttl and another op"),
        ],
    )
    def test_other_content(
        self,
        ledger: Ledger,
        account: Client,
        single: Single,
        change: dict[str, Any],
        told: str,
    ) -> None:
        """Another message under the same key is refused, and the error says what differs."""
        ledger.send(account, HELLO, key="order-1")
        with pytest.raises(KeyReused, match=rf"the message to \+12125550001, which has {told}"):
            ledger.send(account, attrs.evolve(HELLO, **change), key="order-1")
        assert single.taken == [HELLO]

    def test_another_account(self, ledger: Ledger, account: Client, single: Single) -> None:
        """A second route cannot send what has a key on the first."""
        ledger.send(account, HELLO, key="order-1")
        other = Single()
        with pytest.raises(KeyReused, match=r"another account \(scripted, and now spare\)"):
            ledger.send(Client("spare", other), HELLO, key="order-1")
        assert other.taken == []

    def test_a_campaign_and_a_message(self, ledger: Ledger, account: Client) -> None:
        """A key belongs to one thing in the ledger: a campaign or a message, not to both."""
        broadcast = Broadcast(text="Hi", recipients=["+12125550001"])
        campaign = ledger.plan(account, broadcast, key="a")
        with pytest.raises(KeyReused, match=f"belongs to {campaign.id}"):
            ledger.send(account, HELLO, key="a")
        ledger.send(account, HELLO, key="b")
        with pytest.raises(KeyReused, match="belongs to a single message"):
            ledger.plan(account, broadcast, key="b")

    def test_what_cannot_be_sent_uses_no_key(self, ledger: Ledger, account: Client) -> None:
        """A message that is refused before it is sent leaves the key free."""
        with pytest.raises(UsageError):
            ledger.send(account, Message("fax:1", text="Hello"), key="k")
        assert ledger.send(account, HELLO, key="k").ok

    def test_through_a_wrapper_that_answers(self, ledger: Ledger, single: Single) -> None:
        """A dry run is not recorded as if it had been sent."""
        rehearsed = Client("scripted", single, wrappers=[DryRun()])
        with pytest.raises(UsageError, match="leave the wrapper out"):
            ledger.send(rehearsed, HELLO, key="k")


class TestRefusals:
    @pytest.mark.parametrize(
        "error",
        [
            Rejected("no such number", provider="scripted"),
            RateLimited("slow down", provider="scripted"),
            ProviderUnavailable("no route", provider="scripted", carried_out=False),
        ],
    )
    def test_what_was_not_carried_out_is_tried_again(
        self, ledger: Ledger, account: Client, single: Single, error: Exception
    ) -> None:
        """A refusal is raised as it is, and the same key sends the message later."""
        single.deeds.append(raising(error))
        with pytest.raises(type(error)):
            ledger.send(account, HELLO, key="k")
        assert ledger.send(account, HELLO, key="k").id == "message:1"
        assert single.taken == [HELLO]

    def test_a_receipt_that_says_rejected(
        self, ledger: Ledger, account: Client, single: Single
    ) -> None:
        """So is what the provider refused by its answer."""
        refused = Receipt(None, State.REJECTED, HELLO.to, detail="no credit")
        single.deeds.append(lambda _: refused)
        assert ledger.send(account, HELLO, key="k") == refused
        assert ledger.send(account, HELLO, key="k").ok
        assert single.taken == [HELLO]


class TestDoubt:
    @pytest.mark.parametrize("arrived", [True, False])
    def test_without_lookup(self, ledger: Ledger, mute: Single, arrived: bool) -> None:
        """A lost reply is raised each time, and never sent again without your word."""
        account = Client("scripted", mute)
        mute.deeds.append(raising(lost(), mute if arrived else None))
        for _ in range(3):
            with pytest.raises(OutcomeUnknown, match="the reply was lost") as raised:
                ledger.send(account, HELLO, key="k", settle=0)
        assert "resend_in_doubt=True" in raised.value.__notes__[0]
        assert len(mute.taken) == arrived

        assert ledger.send(account, HELLO, key="k", resend_in_doubt=True).ok
        assert ledger.send(account, HELLO, key="k").ok
        assert len(mute.taken) == arrived + 1

    def test_a_server_error_is_doubt(self, ledger: Ledger, mute: Single) -> None:
        """After a 500 nobody knows, and the next call says so."""
        account = Client("scripted", mute)
        mute.deeds.append(raising(ProviderUnavailable("oops", provider="s", http_status=500)))
        with pytest.raises(ProviderUnavailable):
            ledger.send(account, HELLO, key="k")
        with pytest.raises(OutcomeUnknown, match="oops"):
            ledger.send(account, HELLO, key="k")

    def test_what_arrived_is_found(self, ledger: Ledger, account: Client, single: Single) -> None:
        """The provider has it: the next call returns its receipt, at once."""
        single.deeds.append(raising(lost(), single))
        with pytest.raises(OutcomeUnknown):
            ledger.send(account, HELLO, key="k")
        found = ledger.send(account, HELLO, key="k")
        assert (found.id, found.state, found.to) == ("message:1", State.SENT, HELLO.to)
        assert ledger.send(account, HELLO, key="k") == attrs.evolve(found, raw=None)
        assert single.asked == 1
        assert single.taken == [HELLO]

    def test_what_did_not_arrive_is_sent_after_two_questions(
        self, ledger: Ledger, account: Client, single: Single
    ) -> None:
        """The provider's "no" counts once the request has had its time, and when it is repeated."""
        single.deeds.append(raising(lost()))
        with pytest.raises(OutcomeUnknown):
            ledger.send(account, HELLO, key="k")
        for _ in range(2):
            with pytest.raises(InFlight) as early:
                ledger.send(account, HELLO, key="k")
            assert early.value.safe_to_retry
            assert 0 < (early.value.retry_after or 0) <= 30
        assert single.taken == []

        assert ledger.send(account, HELLO, key="k", settle=0).ok
        assert single.taken == [HELLO]

    def test_a_yes_that_could_not_be_read(
        self, ledger: Ledger, account: Client, single: Single
    ) -> None:
        """A list that does not show it yet does not undo the provider's "yes"."""
        single.deeds.append(
            raising(OutcomeUnknown("not JSON", provider="scripted", http_status=200))
        )
        for _ in range(2):
            with pytest.raises(OutcomeUnknown):
                ledger.send(account, HELLO, key="k", settle=0)
        assert single.taken == []

    def test_one_alike_is_not_taken_for_it(
        self, ledger: Ledger, account: Client, single: Single
    ) -> None:
        """An identical message of another key does not prove that this one arrived."""
        ledger.send(account, HELLO, key="a")
        single.deeds.append(raising(lost()))
        for _ in range(2):
            with pytest.raises(OutcomeUnknown):
                ledger.send(account, HELLO, key="b", settle=0)
        with pytest.raises(OutcomeUnknown, match="may be the message with the key 'a'"):
            ledger.send(account, HELLO, key="b", settle=0)

    def test_two_alike_in_doubt(self, ledger: Ledger, account: Client, single: Single) -> None:
        """One that was found may be either of two in doubt: neither of them takes it."""
        single.deeds += [raising(lost(), single), raising(lost())]
        for key in ("a", "b"):
            with pytest.raises(OutcomeUnknown):
                ledger.send(account, HELLO, key=key, settle=0)
        for key in ("a", "b"):
            with pytest.raises(OutcomeUnknown, match="another message with the same content"):
                ledger.send(account, HELLO, key=key, settle=0)

    def test_a_message_of_a_campaign_is_not_taken_for_it(
        self, ledger: Ledger, account: Client, single: Single
    ) -> None:
        """An id that a recipient of a campaign has does not prove that this one arrived."""
        bulk = Scripted(FEATURES)
        receipts = (Receipt("message:1", State.QUEUED, HELLO.to),)
        bulk.deeds.append(lambda _: BulkReceipt("job:1", State.QUEUED, receipts))
        campaign = ledger.plan(
            Client("scripted", bulk), Broadcast(text="Hello", recipients=[HELLO.to])
        )
        campaign.run(Client("scripted", bulk))
        single.deeds.append(raising(lost(), single))
        with pytest.raises(OutcomeUnknown):
            ledger.send(account, HELLO, key="k")
        with pytest.raises(OutcomeUnknown, match=f"may be the message of {campaign.id}"):
            ledger.send(account, HELLO, key="k")

    def test_it_is_not_taken_for_a_batch(
        self, ledger: Ledger, account: Client, single: Single
    ) -> None:
        """Nor does an id that a single message has prove that a batch of a campaign arrived."""
        single.deeds.append(lambda message: Receipt("job:1", State.QUEUED, message.to))
        ledger.send(account, HELLO, key="k")
        bulk = Scripted(FEATURES)

        def lose(broadcast: Broadcast) -> None:
            bulk.take(broadcast)
            raise lost()

        bulk.deeds.append(lose)
        client = Client("scripted", bulk)
        campaign = ledger.plan(client, Broadcast(text="Hello", recipients=[HELLO.to]))
        report = campaign.run(client, in_flight_grace=0.0)
        assert report.in_doubt == 1
        assert "may be the message with the key 'k'" in next(iter(report.problems))

    def test_candidates_of_other_keys(
        self, ledger: Ledger, account: Client, single: Single
    ) -> None:
        """Where all that the provider names belongs to other keys, it does not have this one."""
        ledger.send(account, HELLO, key="a")
        single.deeds.append(raising(lost()))
        with pytest.raises(OutcomeUnknown):
            ledger.send(account, HELLO, key="b", settle=0)
        single.question = OutcomeUnknown("which?", provider="s", candidates=["message:1", "other"])
        with pytest.raises(OutcomeUnknown, match="which"):
            ledger.send(account, HELLO, key="b", settle=0)
        single.question = OutcomeUnknown("which?", provider="s", candidates=["message:1"])
        assert ledger.send(account, HELLO, key="b", settle=0).id == "message:2"

    @pytest.mark.parametrize(
        ("error", "kind"),
        [
            (ProviderUnavailable("busy", provider="s", safe_to_retry=True), InFlight),
            (Rejected("no such call", provider="s"), OutcomeUnknown),
        ],
    )
    def test_a_question_that_fails(
        self,
        ledger: Ledger,
        account: Client,
        single: Single,
        error: Exception,
        kind: type[PolycastError],
    ) -> None:
        """An error of the question is none of the message: nobody knows more than before."""
        single.deeds.append(raising(lost()))
        with pytest.raises(OutcomeUnknown):
            ledger.send(account, HELLO, key="k")
        single.question = error
        with pytest.raises(kind) as raised:
            ledger.send(account, HELLO, key="k", settle=0)
        assert raised.value.carried_out is None
        assert single.taken == []


class TestProcesses:
    @pytest.mark.parametrize("after", [True, False])
    def test_a_process_that_died(
        self, ledger: Ledger, account: Client, single: Single, after: bool
    ) -> None:
        """What its process left is looked up, and sent only where it did not arrive."""
        kill(ledger, account, single, "k", after=after, message=HELLO)
        assert ledger.send(account, HELLO, key="k", settle=0).id == "message:1"
        assert single.taken == [HELLO]

    def test_a_process_that_died_and_nobody_to_ask(self, ledger: Ledger, mute: Single) -> None:
        """Where the provider cannot be asked, it stays in doubt."""
        account = Client("scripted", mute)
        kill(ledger, account, mute, "k", after=False, message=HELLO)
        with pytest.raises(OutcomeUnknown, match="ended before it noted an answer"):
            ledger.send(account, HELLO, key="k", settle=0)
        assert mute.taken == []

    def test_a_living_process(self, ledger: Ledger, account: Client, single: Single) -> None:
        """While another one is sending it, a call says so, and that it may be repeated."""
        inside: list[InFlight] = []

        def meanwhile(_: Message) -> None:
            with pytest.raises(InFlight) as raised:
                ledger.send(account, HELLO, key="k")
            inside.append(raised.value)

        single.deeds.append(meanwhile)
        assert ledger.send(account, HELLO, key="k").ok
        assert inside[0].safe_to_retry
        assert single.taken == [HELLO]

    def test_an_answer_that_comes_late_is_a_fact(
        self, ledger: Ledger, account: Client, single: Single
    ) -> None:
        """A process that was taken for dead notes its answer all the same."""

        def meanwhile(_: Message) -> None:
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(owning, "process", lambda _: None)
                with pytest.raises(InFlight):
                    ledger.send(account, HELLO, key="k")

        single.deeds.append(meanwhile)
        assert ledger.send(account, HELLO, key="k").ok
        assert ledger.send(account, HELLO, key="k").id == "message:1"
        assert single.taken == [HELLO]

    def test_a_process_that_slept(
        self, ledger: Ledger, account: Client, single: Single, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A process that slept after its claim sends nothing: another may have sent it by then."""
        awake = owning.awake
        with monkeypatch.context() as patch:
            patch.setattr(sending, "awake", lambda: awake() + 200)
            with pytest.raises(ClaimExpired) as raised:
                ledger.send(account, HELLO, key="k")
        assert raised.value.carried_out is False
        assert single.taken == []
        assert ledger.send(account, HELLO, key="k").ok

    def test_threads(self, ledger: Ledger, account: Client, single: Single) -> None:
        """Of many threads with one key, one sends; all others get its receipt, or are told."""
        told: list[object] = []
        start = threading.Barrier(8)

        def send() -> None:
            start.wait()
            try:
                told.append(ledger.send(account, HELLO, key="k").id)
            except InFlight as error:
                told.append(type(error))

        threads = [threading.Thread(target=send) for _ in range(8)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        assert set(told) <= {"message:1", InFlight}
        assert len(told) == 8
        assert single.taken == [HELLO]

    @pytest.mark.parametrize("written", [True, False])
    @pytest.mark.parametrize("at", [1, 2])
    def test_a_ledger_that_fails(
        self, ledger: Ledger, account: Client, single: Single, at: int, written: bool
    ) -> None:
        """An unwritten claim sends nothing; an answer that was not written is in the error."""
        real, seen = Store.write, []

        @contextmanager
        def write(self: Store) -> Iterator[Any]:
            with real(self) as connection:
                yield connection
                seen.append(connection)
                if len(seen) == at and not written:
                    raise LedgerError("The disk is full.")
            if len(seen) == at and written:
                raise LedgerError("The disk is full.")

        with another_process(), pytest.MonkeyPatch.context() as patch:
            patch.setattr(Store, "write", write)
            with pytest.raises(LedgerError) as raised:
                ledger.send(account, HELLO, key="k")
        assert len(single.taken) == at - 1
        assert raised.value.carried_out is (None if at == 2 else False)
        if at == 2:
            assert raised.value.__notes__ == ["scripted had answered: queued, message:1."]
        assert ledger.send(account, HELLO, key="k", settle=0).id == "message:1"
        assert single.taken == [HELLO]


@pytest.mark.parametrize("name", ["hyber", "smsby"])
def test_killed_at_any_instant(name: str, tmp_path: Path) -> None:
    """SIGKILL while messages are sent by keys: nobody gets two, and what is unknown is said.

    Longer by hand: `python core/tests/campaign/killing_sends.py`.
    """
    pytest.importorskip(f"polycast_{name}", reason=f"polycast-{name} is not installed")
    told = kill_and_repeat(name, str(tmp_path / "ledger.sqlite"), kills=5)
    assert (told.lost, told.doubled) == (0, 0)
    # At most the one message that was under way at each kill.
    assert told.in_doubt <= (0 if name == "hyber" else 5)
