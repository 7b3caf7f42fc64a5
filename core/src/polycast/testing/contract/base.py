"""What every part of the contract needs: the attributes of the author, and environments.

PYTEST_DONT_REWRITE: each assertion is a sentence of its own.
"""

import re
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, TypeAlias, TypeVar

import attrs
import pytest
from werkzeug.wrappers import Response

from polycast.client import Client
from polycast.errors import PolycastError
from polycast.model.features import Features, Personalisation
from polycast.model.messages import (
    Broadcast,
    BulkReceipt,
    Message,
    MessageTemplate,
    Receipt,
    Recipient,
    State,
)
from polycast.plugins.hookspecs import ProviderHooks
from polycast.plugins.registry import load_provider
from polycast.sandbox import LOOPBACK, Call, Received, Sandbox, SimulatedOutcome
from polycast.testing.contract.declarations import Pushed, Refusal, Vocabulary
from polycast.testing.contract.required import Unfilled, filled
from polycast.testing.environments import Environment, environments

__all__ = ["Contract", "MakeEnvironment", "done", "known", "nowhere", "refusal", "sending"]

#: Makes an environment; `settings` are the client's, everything else belongs to the sandbox.
MakeEnvironment: TypeAlias = Callable[..., Environment[Sandbox]]


class Contract:
    """The attributes that a provider's tests fill in, and what the promises have in common.

    Three attributes are always asked for: `provider`, `sandbox` and `address`. The others have
    a default that fits most providers, or are asked for by the claim that needs them.
    """

    #: The provider's name: what `connect` is given.
    provider: str = Unfilled("the provider's name, which connect is given.")
    #: The fake of the provider's API, written from its documents.
    sandbox: type[Sandbox] = Unfilled("the subclass of polycast.sandbox.Sandbox.")
    #: An address that the sandbox delivers to, e.g. `"+380961234567"`.
    address: str = Unfilled("an address that the sandbox delivers to.")
    #: More such addresses; made from `address` where it is a phone number.
    others: Sequence[str] = ()
    #: One address for every other scheme that `Features` claims, e.g. `{"contact": "contact:7"}`.
    addresses: Mapping[str, str] = {}
    #: An address that the provider refuses; by default as `SimulatedOutcome` has it.
    refused: str | None = None
    #: An address whose messages are taken on, and fail; by default as `SimulatedOutcome` has it.
    failing: str | None = None
    #: Addresses that the provider takes and lists in another spelling, e.g. with a trunk zero.
    respelled: Sequence[str] = ()
    #: Fields of an answer or a report, besides ids, without which its meaning is unknown:
    #: by name, or by the whole place, e.g. `"0.accepted"`.
    decisive: Sequence[str] = ()
    #: Fields besides the text that every message to this provider must have.
    content: Mapping[str, object] = {}
    #: A sender that the account may use, where `Features` claims `sender`.
    sender: str = Unfilled(
        "Features claims sender: a sender that the sandbox's account may use, and that is not the "
        "one it uses when none is given."
    )
    #: Fields that a message must have beside a field, for a channel or an action, by its name, e.g.
    #: `{"media": {"channels": ["viber"]}, "push": {"options": Options(title="Hello")}}`.
    alongside: Mapping[str, Mapping[str, object]] = {}
    #: What a message can show, where `Features` claims `media`.
    media: Sequence[Any] = ("https://example.com/menu.png",)
    #: A template with values that the sandbox's account has, where `Features` claims `templates`.
    template: MessageTemplate = Unfilled(
        "Features claims templates: a polycast.MessageTemplate that the sandbox's account has, "
        "with values."
    )
    #: Options that change what leaves, and together use every field of the class; those for some
    #: messages only stand in a table of their fields, e.g. `{"media": [...], "options": ...}`.
    options: Sequence[object] = Unfilled(
        "Features claims options: instances of the class that together use each of its fields, "
        "one or a few fields in each."
    )
    #: The provider's words for states, from its documents.
    vocabulary: Sequence[Vocabulary] = Unfilled(
        "the provider's words for states, as its documents list them: one "
        "polycast.testing.Vocabulary for messages, one for broadcasts where those differ."
    )
    #: The refusals that the provider documents, and how to meet them at the sandbox.
    refusals: Sequence[Refusal] = Unfilled(
        "the refusals that the provider documents: one polycast.testing.Refusal for each."
    )
    #: Samples of what the provider pushes, where `Features` claims `receives`.
    callbacks: Sequence[Pushed] = Unfilled(
        "Features claims receives: one polycast.testing.Pushed for each sample that the "
        "provider's documents show of what it pushes."
    )
    #: Seconds after which the sandbox has settled what becomes of every message.
    settled_after: float = 2 * 86_400.0

    # What can be worked out.

    @cached_property
    def plugin(self) -> Any:
        """The provider's class."""
        return load_provider(self.provider)

    @property
    def features(self) -> Features:
        """What the provider says that it can do."""
        features = self.plugin.features
        assert isinstance(features, Features), (
            f"{self.provider}'s features are {type(features).__name__}: declare a "
            "polycast.Features as an attribute of its class."
        )
        if hasattr(self.plugin, "send_bulk"):
            return features
        # As the client has them: a broadcast is made of single messages.
        return attrs.evolve(features, bulk_limit=1, personalisation=Personalisation.NONE)

    @property
    def hooks(self) -> frozenset[str]:
        """The hooks that the provider has."""
        names = (name for name in vars(ProviderHooks) if not name.startswith("_"))
        own = frozenset(
            name for name in names if hasattr(getattr(self.plugin, name, None), "polycast_impl")
        )
        # Of a provider whose calls take one recipient, `send_bulk` is made of `send`.
        return own | {"send_bulk"} if "send" in own else own

    @property
    def ways(self) -> list[str]:
        """The hooks that the provider sends by."""
        ways: list[str] = [how for how in ("send", "send_bulk") if how in self.hooks]
        assert ways, f"{self.provider} has neither of the hooks that send: send and send_bulk."
        return ways

    @property
    def settings(self) -> dict[str, Any]:
        """The settings that the sandbox accepts."""
        return dict(self.sandbox.settings())

    @property
    def secrets(self) -> dict[str, str]:
        """The settings that are secret, and the values that the sandbox accepts."""
        given = self.settings
        return {
            field.name: given[field.name]
            for field in attrs.fields(attrs.resolve_types(self.plugin.Settings))
            if field.name in given and re.search(r"\bSecret\b", str(field.type))
        }

    def needs(self, hook: str) -> None:
        """Skip a promise about a hook that the provider does not offer."""
        if hook not in self.hooks:
            pytest.skip(f"{self.provider} does not offer {hook}.")

    def claims(self, feature: str) -> None:
        """Skip a promise about a feature that the provider says it lacks."""
        if not getattr(self.features, feature):
            pytest.skip(f"Features of {self.provider} does not claim {feature}.")

    # Addresses.

    def people(self, count: int) -> list[str]:
        """Return so many addresses that the sandbox delivers to, all different."""
        known = [self.address, *filled(self.others)]
        if self.address.startswith("+"):
            known += self._numbers(count, known)
        assert len(known) >= count, (
            f"{self.provider}'s contract knows {len(known)} addresses that the sandbox delivers "
            f"to, and needs {count}: name more of them in `others`."
        )
        return known[:count]

    def kinds(self) -> dict[str, str]:
        """Return an address of each scheme that the author has named one of."""
        return {Message(self.address).scheme: self.address, **filled(self.addresses)}

    def _numbers(self, count: int, known: Sequence[str]) -> list[str]:
        made: list[str] = []
        digits = 6000
        while len(made) < count:
            digits += 1
            number = f"{self.address[:-4]}{digits:04}"
            if number not in known:
                made.append(number)
        return made

    def fated(self, fate: SimulatedOutcome, given: str | None, name: str) -> str:
        """Return an address with a fate: the author's, or the one that every sandbox knows."""
        if given is not None:
            return filled(given)
        assert self.address.startswith("+"), (
            f"The address is no phone number: name one of this fate in `{name}`."
        )
        return self.address[: -len(fate.value)] + fate.value

    def reached(self, to: str, address: str) -> bool:
        """Tell whether an address as the sandbox was given it is this one of ours."""
        return _bare(to) == _bare(address)

    # Messages and environments.

    def message(self, to: str | None = None, **changes: Any) -> Message:
        """Return a message that the provider takes."""
        fields: dict[str, Any] = {"text": "Your table is ready", **filled(self.content), **changes}
        return Message(to or self.address, **fields)

    @property
    def few(self) -> int:
        """Two recipients, or one where a call of the provider's takes no more."""
        return min(2, self.features.bulk_limit or 2)

    def broadcast(self, count: int | None = None, **changes: Any) -> Broadcast:
        """Return a broadcast that the provider takes: to so many recipients, or to a few."""
        fields: dict[str, Any] = {
            "text": "Your table is ready",
            "recipients": () if "recipients" in changes else self.recipients(count or self.few),
            **filled(self.content),
            **changes,
        }
        return Broadcast(**fields)

    def ask(self, client: Client, how: str) -> Receipt | BulkReceipt:
        """Send a message by `"send"`, or a broadcast by `"send_bulk"`."""
        if how == "send":
            return client.send(self.message())
        return client.send_bulk(self.broadcast())

    def recipients(self, count: int) -> list[Recipient]:
        """Return so many recipients, each with a name and a reference of their own."""
        return [
            Recipient(to, variables={"name": f"Guest{place}"}, reference=f"row-{place}")
            for place, to in enumerate(self.people(count), start=1)
        ]

    @pytest.fixture
    def environment(self) -> Iterator[MakeEnvironment]:
        """Make environments: a client, the sandbox it talks to, and a time that stands still."""
        # The present moment, because a provider may compare `send_at` with the real time.
        start = datetime.now(UTC).replace(microsecond=0)
        with ExitStack() as stack:
            makers: list[MakeEnvironment] = []

            def make(
                settings: Mapping[str, object] | None = None, **server: Any
            ) -> Environment[Sandbox]:
                if not makers:
                    makers.append(stack.enter_context(environments(self.sandbox, start)))
                return makers[0](settings, **server)

            yield make

    def sending_operation(self, environment: MakeEnvironment, how: str = "send") -> str:
        """Return the operation that sends: the one after which the sandbox has a message more."""
        here = environment()
        sent = sending(here, lambda: self.ask(here.client, how))
        asked = ", ".join(str(request.operation) for request in here.server.requests)
        assert sent, (
            f"{self.provider}'s {how} asked for {asked or 'nothing'}, and the sandbox's traffic() "
            "tells of no message."
        )
        return str(sent[0].operation)


E = TypeVar("E", bound=PolycastError)
T = TypeVar("T")


def known(sent: BulkReceipt) -> BulkReceipt:
    """Return the receipt of a broadcast; fail where nobody knows of any recipient's message."""
    unknown = [each.detail for each in sent.receipts if each.state is State.UNKNOWN]
    assert not unknown or len(unknown) < len(sent.receipts), (
        f"Nobody knows of any recipient's message whether it was sent: {unknown[0]}"
    )
    return sent


def done(call: Callable[[], T], what: str) -> T:
    """Make a call that must not fail, and return its answer.

    Args:
        call: the call.
        what: what it does, as the beginning of a sentence.
    """
    try:
        return call()
    except PolycastError as error:
        failure = f"{type(error).__name__}: {error}"
    pytest.fail(f"{what} failed with {failure}")


def refusal(call: Callable[[], object], kind: type[E], what: str) -> E:
    """Make a call that has to fail, and return its error.

    Args:
        call: the call.
        kind: what it has to raise.
        what: what is wrong with it, as the beginning of a sentence.
    """
    try:
        answer = call()
    except kind as error:
        # The client catches what escapes a hook, and says so in these words.
        if "the plugin raised" in str(error):
            pytest.fail(f"{what} let a foreign exception escape the hook: {error}")
        return error
    except PolycastError as error:
        pytest.fail(
            f"{what} has to become {kind.__name__}, and became {type(error).__name__}: {error}"
        )
    except Exception as error:  # noqa: BLE001 - which one it is shall be told
        pytest.fail(f"{what} let {type(error).__name__} escape, which is none of ours: {error}")
    pytest.fail(f"{what} has to become {kind.__name__}, and passed for a success: {answer!r}")


def sending(here: Environment[Sandbox], call: Callable[[], object]) -> list[Received]:
    """Make a call, and return those of its requests after which the sandbox has a message more."""
    server, places = here.server, []
    own = server.answer

    def answer(asked: Call) -> Response:
        before = len(server.accepted)
        try:
            return own(asked)
        finally:
            if len(server.accepted) > before:
                # The log has it next, as soon as it is answered.
                places.append(len(server.requests))

    vars(server)["answer"] = answer
    try:
        call()
    finally:
        del vars(server)["answer"]
    return [server.requests[place] for place in places]


def nowhere() -> str:
    """Return the root of a server that is not there."""
    with socket.create_server((LOOPBACK, 0)) as listener:
        port = listener.getsockname()[1]
    return f"http://{LOOPBACK}:{port}/nobody"


def _bare(address: str) -> str:
    return address.removeprefix("tel:").removeprefix("+").lower()
