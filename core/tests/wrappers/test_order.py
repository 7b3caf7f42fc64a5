"""Who stands outside of whom, and what each of them gets to see."""

from collections.abc import Callable, Generator
from typing import Any

import attrs
import pytest
from polycast import (
    Broadcast,
    BrokenProvider,
    Client,
    Message,
    Receipt,
    State,
    Suppressed,
    UsageError,
    hookimpl,
)
from polycast.client import caller_of
from polycast.sending.planning import plan
from polycast.wrappers import DryRun

TO = "+380961234501"
HELLO = Message(TO, text="Hello")


@attrs.define(eq=False)
class Loud:
    """Says when it is passed, on the way in and on the way out."""

    name: str
    said: list[str]

    @hookimpl(wrapper=True)
    def send(self) -> Generator[None, Receipt, Receipt]:
        self.said.append(f"{self.name} in")
        receipt = yield
        self.said.append(f"{self.name} out")
        return receipt

    @hookimpl
    def prepare(self) -> None:
        self.said.append(f"{self.name} checks")

    @hookimpl
    def suppression_reason(self, to: str) -> str | None:
        self.said.append(f"{self.name} screens")
        return None


def test_the_first_named_is_the_outermost(connect: Callable[..., Client]) -> None:
    """
    A call passes the wrappers in the order they are named, and its answer in the other one.
    """
    said: list[str] = []

    connect(Loud("a", said), Loud("b", said)).send(HELLO)

    assert said == [
        *("a screens", "b screens"),
        *("a checks", "b checks"),
        *("a in", "b in", "b out", "a out"),
    ]


@pytest.mark.parametrize("place", [0, 1])
def test_those_that_surround_see_those_that_answer(
    connect: Callable[..., Client], provider: Any, place: int
) -> None:
    """
    A dry run answers in the provider's place: wherever it is named, it is inside the others.
    """
    said: list[str] = []
    around: list[object] = [Loud("a", said)]
    around.insert(place, DryRun())

    receipt = connect(*around).send(HELLO)

    assert receipt.state is State.CANCELLED
    assert said[-2:] == ["a in", "a out"]
    assert provider.asked == []


def test_one_client_s_wrappers_are_no_other_s(provider: Any) -> None:
    """
    A wrapper acts for the clients it was given to, and for no others of the same account.
    """
    said: list[str] = []
    Client("acme", provider, wrappers=[Loud("a", said)])

    Client("acme", provider).send(HELLO)

    assert said == []


def test_a_wrapper_named_twice_is_refused(connect: Callable[..., Client]) -> None:
    """
    The same wrapper twice is a slip, and a sentence.
    """
    twice = DryRun()

    with pytest.raises(UsageError, match=r"wrapper .*DryRun is named twice"):
        connect(twice, twice)


def test_two_of_a_kind_both_act(connect: Callable[..., Client]) -> None:
    """
    Two wrappers of one class, made with other settings, are two wrappers.
    """
    said: list[str] = []

    connect(Loud("a", said), Loud("b", said), Loud("c", said)).send(HELLO)

    assert said[-3:] == ["c out", "b out", "a out"]


@attrs.define(eq=False)
class Picky:
    """Objects to those whose number ends so."""

    end: str
    detail: Any

    @hookimpl
    def suppression_reason(self, to: str) -> Any:
        return self.detail if to.endswith(self.end) else None


def test_the_first_objection_is_told(connect: Callable[..., Client], provider: Any) -> None:
    """
    Of several wrappers that object to a recipient, the outermost gives the words.
    """
    client = connect(Picky("2", "no"), Picky("1", "never"), Picky("01", "not today"))

    assert caller_of(client).has_suppression
    assert caller_of(client).suppression_reason("+380961234502") == "no"
    assert caller_of(client).suppression_reason("+380961234503") is None
    with pytest.raises(Suppressed, match=r"\+380961234501 must not be written to: never"):
        client.send(HELLO)
    assert provider.asked == []


def test_an_objection_that_is_no_sentence_is_a_defect(connect: Callable[..., Client]) -> None:
    """
    A wrapper that objects with True is a defect, and nothing is sent in spite of it.
    """
    client = connect(Picky("1", detail=True))

    with pytest.raises(BrokenProvider, match="suppression_reason returned bool"):
        client.send(HELLO)


def test_whoever_screens_nobody_is_not_asked(connect: Callable[..., Client]) -> None:
    """
    Without a wrapper that screens there is no call per recipient.
    """
    client = connect(DryRun())

    assert not caller_of(client).has_suppression
    assert len(plan(caller_of(client), Broadcast(text="Hello", recipients=[TO])).recipients) == 1


def test_a_provider_wraps_nothing() -> None:
    """
    A provider whose hooks are wrappers is refused: a dry run could not keep it from sending.
    """

    @attrs.define(eq=False)
    class Wrapping:
        @hookimpl(wrapper=True)
        def send(self) -> Generator[None, Receipt, Receipt]:
            return (yield)

    with pytest.raises(BrokenProvider, match=r"'acme' .* its send is a hook wrapper"):
        Client("acme", Wrapping())
