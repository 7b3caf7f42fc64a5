"""A wrapper that fails is named, and makes nothing that was sent look unsent."""

import logging
from collections.abc import Callable, Generator
from datetime import UTC, datetime
from typing import Any

import attrs
import pytest
from polycast import (
    Account,
    Action,
    Broadcast,
    BrokenProvider,
    Client,
    Message,
    OutcomeUnknown,
    Receipt,
    Rejected,
    State,
    Status,
    UsageError,
    hookimpl,
)

Connect = Callable[..., Client]

HELLO = Message("+380961234501", text="Hello")
NAME = r"The wrapper \S*test_failing\.Clumsy"


@attrs.define(eq=False)
class Clumsy:
    """Fails before a call, or after it."""

    before: Exception | None = None
    after: Exception | None = None
    swallows: bool = False
    forgets: bool = False

    def _around(self) -> Generator[None, Any, Any]:
        if self.before:
            raise self.before
        try:
            answer = yield
        except Exception:
            if not self.swallows:
                raise
            return None
        if self.after:
            raise self.after
        return None if self.forgets else answer

    @hookimpl(wrapper=True)
    def send(self) -> Generator[None, Any, Any]:
        return (yield from self._around())

    @hookimpl(wrapper=True)
    def send_bulk(self) -> Generator[None, Any, Any]:
        return (yield from self._around())

    @hookimpl(wrapper=True)
    def control(self) -> Generator[None, Any, Any]:
        return (yield from self._around())

    @hookimpl(wrapper=True)
    def status(self) -> Generator[None, Any, Any]:
        return (yield from self._around())

    @hookimpl(wrapper=True)
    def lookup(self) -> Generator[None, Any, Any]:
        return (yield from self._around())


@attrs.define(eq=False)
class Quiet:
    """Stands around everything and does nothing."""

    @hookimpl(wrapper=True)
    def send(self) -> Generator[None, Receipt, Receipt]:
        return (yield)


CALLS: list[tuple[Callable[[Client], Any], State]] = [
    (lambda client: client.send(HELLO), State.QUEUED),
    (
        lambda client: client.send_bulk(Broadcast(text="Hi", recipients=["+380961234501"])),
        State.QUEUED,
    ),
    (lambda client: client.control("b1", Action.PAUSE), State.PAUSED),
    (lambda client: client.status("b1"), State.SENT),
]


@pytest.mark.parametrize(("call", "state"), CALLS)
def test_one_that_fails_before_the_call_is_named_and_nothing_was_sent(
    connect: Connect, provider: Any, call: Callable[[Client], Any], state: State
) -> None:
    """
    A defect of a wrapper that shows before the provider is asked is no doubt about what was sent.
    """
    client = connect(Quiet(), Clumsy(before=KeyError("x")), Quiet())

    with pytest.raises(BrokenProvider, match=rf"{NAME}: .*KeyError: 'x'. Nothing was sent"):
        call(client)
    assert provider.asked == []


def test_one_that_refuses_is_heard(connect: Connect, provider: Any) -> None:
    """
    One of our own errors, raised before the call, is a wrapper's right, and comes out as it is.
    """
    refusal = UsageError("not at night")

    with pytest.raises(UsageError) as caught:
        connect(Clumsy(before=refusal)).send(HELLO)

    assert caught.value is refusal
    assert provider.asked == []


@pytest.mark.parametrize("after", [OSError("disk full"), UsageError("nothing was sent")])
@pytest.mark.parametrize(("call", "state"), CALLS)
def test_one_that_fails_after_the_call_loses_no_answer(
    connect: Connect,
    caplog: pytest.LogCaptureFixture,
    call: Callable[[Client], Any],
    state: State,
    after: Exception,
) -> None:
    """
    What the provider accepted is returned; the wrapper's failure is logged with its name.
    """
    with caplog.at_level(logging.ERROR, "polycast"):
        answer = call(connect(Quiet(), Clumsy(after=after), Quiet()))

    assert answer.state is state
    [record] = caplog.records
    assert "test_failing.Clumsy failed after acme had answered" in record.message
    assert str(after) in record.message


@pytest.mark.parametrize(("call", "state"), CALLS)
def test_one_that_returns_nothing_loses_no_answer(
    connect: Connect,
    caplog: pytest.LogCaptureFixture,
    call: Callable[[Client], Any],
    state: State,
) -> None:
    """
    A wrapper that forgets to return the answer does not make it forgotten.
    """
    with caplog.at_level(logging.ERROR, "polycast"):
        answer = call(connect(Clumsy(forgets=True)))

    assert answer.state is state
    assert "Clumsy failed" in caplog.text
    assert "returned no answer" in caplog.text


def test_one_that_asks_to_be_last_is_still_outside_of_the_provider(connect: Connect) -> None:
    """
    However a wrapper asks to be ordered, what fails in it after the call loses no receipt.
    """

    @attrs.define(eq=False)
    class Last:
        @hookimpl(wrapper=True, trylast=True)
        def send(self) -> Generator[None, Receipt, Receipt]:
            yield
            raise OSError("disk full")

    assert connect(Last(), Quiet(), Last()).send(HELLO).id == "m1"


def test_what_a_lookup_found_is_not_made_unfound(connect: Connect) -> None:
    """
    None says that the provider does not have it: a wrapper cannot say so by forgetting.
    """
    found = connect(Clumsy(forgets=True)).lookup(HELLO, datetime.now(UTC))

    assert found is not None


@pytest.mark.parametrize(
    "failure",
    [
        OutcomeUnknown("the reply was lost", provider="acme"),
        Rejected("no", provider="acme"),
    ],
)
@pytest.mark.parametrize("wrapper", [Clumsy(swallows=True), Clumsy(after=UsageError("unsent"))])
def test_the_provider_s_error_stands(
    connect: Connect, provider: Any, failure: Exception, wrapper: Clumsy
) -> None:
    """
    An error of the provider is neither swallowed nor replaced by one of a wrapper.
    """
    provider.failure = failure

    with pytest.raises(type(failure)) as caught:
        connect(Quiet(), wrapper).send(HELLO)

    assert caught.value is failure


def test_an_error_in_place_of_an_error_does_not_count(connect: Connect, provider: Any) -> None:
    """
    A wrapper that says "nothing was sent" of a lost reply is not believed.
    """

    @attrs.define(eq=False)
    class Wrong:
        @hookimpl(wrapper=True)
        def send(self) -> Generator[None, Receipt, Receipt]:
            try:
                return (yield)
            except OutcomeUnknown as error:
                raise UsageError("nothing was sent") from error

    provider.failure = OutcomeUnknown("the reply was lost", provider="acme")

    with pytest.raises(OutcomeUnknown, match="the reply was lost"):
        connect(Wrong()).send(HELLO)


def test_a_defect_of_the_provider_is_still_a_doubt(connect: Connect, provider: Any) -> None:
    """
    Wrappers change nothing about a provider's plugin that fails: it may have sent first.
    """
    provider.failure = KeyError("id")

    with pytest.raises(OutcomeUnknown, match="the plugin raised KeyError"):
        connect(Quiet(), Clumsy()).send(HELLO)


def test_ctrl_c_passes(connect: Connect, provider: Any) -> None:
    """
    Ctrl-C during a call goes through all wrappers.
    """
    provider.failure = KeyboardInterrupt()

    with pytest.raises(KeyboardInterrupt):
        connect(Quiet(), Clumsy()).send(HELLO)


def test_a_wrapper_may_answer_better(connect: Connect) -> None:
    """
    Another answer of the right kind is a wrapper's right.
    """

    @attrs.define(eq=False)
    class Numbering:
        @hookimpl(wrapper=True)
        def send(self) -> Generator[None, Receipt, Receipt]:
            receipt = yield
            return attrs.evolve(receipt, detail="no. 1")

    assert connect(Numbering()).send(HELLO).detail == "no. 1"


@pytest.mark.parametrize("hook", ["prepare", "suppression_reason", "connected"])
def test_one_that_fails_where_nothing_is_sent_yet_is_named(
    connect: Connect, provider: Any, hook: str
) -> None:
    """
    A defect in a hook that runs before anything is sent names its wrapper.
    """

    def fail() -> None:
        raise ZeroDivisionError("oh")

    method = {
        "prepare": lambda self, request: fail(),
        "suppression_reason": lambda self, to: fail(),
        "connected": lambda self, account: fail(),
    }[hook]
    method.__name__ = hook
    wrapper = type("Clumsy", (), {hook: hookimpl(method)})()

    with pytest.raises(BrokenProvider, match=rf"{NAME}: {hook} raised ZeroDivisionError: oh"):
        connect(Quiet(), wrapper).send(HELLO)
    assert provider.asked == []


def test_one_that_answers_in_the_provider_s_place_and_fails_is_named(
    connect: Connect, provider: Any
) -> None:
    """
    A plain hook of a wrapper comes before the provider's: where it fails, nothing was sent.
    """

    @attrs.define(eq=False)
    class Clumsy:
        @hookimpl
        def send(self) -> None:
            raise ZeroDivisionError("oh")

    with pytest.raises(BrokenProvider, match=r"Clumsy: send raised .* Nothing was sent"):
        connect(Clumsy()).send(HELLO)
    assert provider.asked == []


def test_a_call_within_a_call_confuses_nobody(provider: Any) -> None:
    """
    A wrapper may ask the provider something through its client while a call is under way.
    """

    @attrs.define(eq=False)
    class Curious:
        client: Client | None = None
        seen: list[Status] = attrs.field(factory=list)

        @hookimpl
        def connected(self, account: Account) -> None:
            assert account == Account("acme", "acme")

        @hookimpl(wrapper=True)
        def send(self) -> Generator[None, Receipt, Receipt]:
            assert self.client is not None
            self.seen.append(self.client.status("b0"))
            yield
            self.seen.append(self.client.status("b1"))
            raise OSError("disk full")

    curious = Curious()
    client = curious.client = Client("acme", provider, wrappers=[curious])

    assert client.send(HELLO).id == "m1"
    assert [status.id for status in curious.seen] == ["b0", "b1"]
