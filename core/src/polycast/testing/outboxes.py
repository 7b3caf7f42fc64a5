"""An outbox in place of every provider: for tests of scripts that send."""

import re
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import attrs

from polycast.client import Client, caller_of, redirected
from polycast.config.settings import ProviderSettings
from polycast.config.strict import take_anything
from polycast.connecting import connected_clients
from polycast.errors import UnknownProvider
from polycast.model.features import Features
from polycast.plugins.hookspecs import ProviderHooks
from polycast.plugins.registry import hooks_of, load_installed, standing_in
from polycast.testing.gateway import InMemoryGateway, SentMessage
from polycast.testing.memory import EVERYTHING, Memory

__all__ = ["Outbox", "outbox"]

#: Messages that a failed assertion lists.
_SHOWN = 20
_HOOKS = [name for name in vars(ProviderHooks) if not name.startswith("_")]


class Outbox(InMemoryGateway):
    """What the script under test has sent, and ways to say what should have been."""

    def __init__(self) -> None:
        super().__init__()
        self._known: dict[str, str | Features] = {}

    def __repr__(self) -> str:
        return f"<Outbox, messages: {len(self.messages)}>"

    def know(self, name: str, like: str | Features) -> None:
        """Let a name that is not installed stand for a provider, as a profile would.

        Args:
            name: what the script connects.
            like: the installed provider whose features and settings it has; or the features.
        """
        self._known[name] = like

    def assert_sent(
        self,
        to: str | None = None,
        text: "str | re.Pattern[str] | None" = None,
        *,
        sender: str | None = None,
        provider: str | None = None,
    ) -> SentMessage:
        """Fail unless exactly one message was sent that is as described; return it.

        Args:
            to: the address.
            text: what its recipient reads; a compiled pattern is searched for.
            sender: the name or number that it comes from.
            provider: the provider's name.
        """
        __tracebackhide__ = True
        [message] = self.assert_count(1, to, text, sender=sender, provider=provider)
        return message

    def assert_count(
        self,
        count: int,
        to: str | None = None,
        text: "str | re.Pattern[str] | None" = None,
        *,
        sender: str | None = None,
        provider: str | None = None,
    ) -> list[SentMessage]:
        """Fail unless so many messages were sent that are as described; return them.

        Args:
            count: how many.
            to: the address.
            text: what its recipient reads; a compiled pattern is searched for.
            sender: the name or number that they come from.
            provider: the provider's name.
        """
        __tracebackhide__ = True
        messages = self.messages
        found = [
            each
            for each in messages
            if to in (None, each.to)
            and (text is None or _says(each, text))
            and sender in (None, each.sender)
            and provider in (None, each.provider)
        ]
        if len(found) != count:
            wanted = {"to": to, "text": text, "sender": sender, "provider": provider}
            described = ", ".join(
                f"{name}={value!r}" for name, value in wanted.items() if value is not None
            )
            raise AssertionError(
                f"{count} of the messages sent should have been so, and {len(found)} were: "
                f"{described or 'any message'}. {_listed(messages)}"
            )
        return found

    def assert_nothing_sent(self) -> None:
        """Fail if any message was sent."""
        __tracebackhide__ = True
        messages = self.messages
        if messages:
            raise AssertionError(f"Nothing should have been sent. {_listed(messages)}")


@contextmanager
def outbox(*, all_settings: bool = False) -> Iterator[Outbox]:
    """Let every `polycast.connect` of this process lead to an outbox, until the block ends.

    So do the clients that were connected before, such as those that modules make at import: their
    provider is not called until the block ends.

    A provider that is installed keeps its own features: what it refuses because of them is
    refused here, too. So are settings that it does not have, or that are not of their type; but
    those that are needed may be left out, for a test has no credentials. A name that is not
    installed is given everything, and takes any settings; `Outbox.know` says otherwise.

        with polycast.testing.outbox() as box:
            invite("+380961111111")
        box.assert_sent(to="+380961111111", text="Your table is ready")

    Args:
        all_settings: whether settings that are missing are refused, as they are in earnest.
    """
    box = Outbox()

    def stand_in(name: str, profiles: Iterable[str]) -> "_StandIn":
        like = box._known.get(name, name)  # noqa: SLF001 - the two are one
        if isinstance(like, Features):
            return _StandIn(name, box, _AnySettings, like, ())
        try:
            real = load_installed(like, profiles)
        except UnknownProvider:
            if like is not name:
                raise
            return _StandIn(name, box, _AnySettings, EVERYTHING, ())
        lacking = set(_HOOKS) - set(hooks_of(real))
        settings = real.Settings if all_settings else _optional(real.Settings)
        return _StandIn(name, box, settings, real.features, lacking)

    with ExitStack() as stack:
        stack.enter_context(standing_in(stand_in))
        for client in connected_clients():
            stack.enter_context(redirected(client, _instead_of(client, box)))
        yield box


def _instead_of(client: Client, box: Outbox) -> Memory:
    """Return what answers in place of a connected client's provider."""
    name, lacking = client.provider_name, set(_HOOKS) - caller_of(client).offered
    stand_in = _StandIn(name, box, ProviderSettings, client.features, lacking)
    return stand_in(ProviderSettings())


@attrs.frozen
class _StandIn:
    """Is to `connect` what a provider's class is."""

    name: str
    box: Outbox
    Settings: type[ProviderSettings]
    features: Features
    lacking: Iterable[str]

    def __call__(self, settings: ProviderSettings) -> Memory:
        namespace: dict[str, Any] = {"features": self.features, **dict.fromkeys(self.lacking)}
        kind: type[Memory] = type("Memory", (Memory,), namespace)
        return kind(settings, self.name, self.box)


@attrs.frozen(kw_only=True)
class _AnySettings(ProviderSettings):
    """The settings of a provider that is not installed: any are accepted."""


take_anything(_AnySettings)


def _optional(kind: type[ProviderSettings]) -> type[ProviderSettings]:
    """Return a class of the same settings, none of which must be given."""
    fields = {}
    for field in attrs.fields(attrs.resolve_types(kind)):
        needed = field.init and field.default is attrs.NOTHING
        fields[field.name] = attrs.field(
            default=None if needed else field.default,
            validator=_where_given(field.validator),  # some ask for one of several settings
            converter=_unless_none(field.converter) if needed else field.converter,
            repr=field.repr,
            init=field.init,
            alias=field.alias,
            type=field.type,
        )
    made: type[ProviderSettings] = attrs.make_class(
        kind.__name__, fields, (ProviderSettings,), kw_only=True, frozen=True, slots=True
    )
    return made


def _where_given(validator: Any) -> Any:
    return None if validator is None else attrs.validators.optional(validator)


def _unless_none(converter: Any) -> Any:
    return None if converter is None else attrs.converters.optional(converter)


def _says(message: SentMessage, text: "str | re.Pattern[str]") -> bool:
    if isinstance(text, str):
        return message.text == text
    return text.search(message.text or "") is not None


def _listed(messages: list[SentMessage]) -> str:
    if not messages:
        return "Nothing was sent."
    lines = [
        f"  {place}. {each.provider} to {each.to}: {each.text!r}"
        + (f" from {each.sender}" if each.sender else "")
        for place, each in enumerate(messages[:_SHOWN], start=1)
    ]
    if len(messages) > _SHOWN:
        lines.append(f"  and {len(messages) - _SHOWN} more")
    return "\n".join(["What was sent:", *lines])
