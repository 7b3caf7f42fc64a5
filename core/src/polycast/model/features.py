"""What a provider can do: declared once, and asked before any request."""

import enum
from collections.abc import Callable

import attrs

from polycast.errors import Unsupported
from polycast.model.messages import Action, Broadcast, Message, Recipient

__all__ = ["Features", "Personalisation"]


class Personalisation(enum.StrEnum):
    """How far one call of a provider can hold different texts for its recipients."""

    #: It fills in variables itself: one template travels, with values per recipient.
    VARIABLES = "variables"
    #: It takes a text per recipient.
    TEXTS = "texts"
    #: It can do neither: each distinct text becomes a broadcast of its own.
    NONE = "none"


@attrs.frozen(kw_only=True)
class Features:
    """What a provider can do, declared once and readable without network.

    Args:
        channels: what it can send by, e.g. `("sms", "viber")`; empty when it chooses the
            channel itself and cannot be told.
        schemes: which kinds of address it takes, e.g. `("tel", "contact", "group")`;
            `("*",)` when it takes any.
        exclusive_schemes: the schemes whose addresses cannot share a call with others: each such
            recipient gets a call of its own, e.g. `("group",)` for stored lists.
        bulk_limit: recipients per call; None when its documents state no limit.
        personalisation: how a broadcast can say different things to different people.
        all_or_nothing: a call that is refused (`Rejected`) carried nothing out for any of its
            recipients, and one bad recipient may be the cause, so the others are worth a new call.
        text_required: whether a message must have a text, even with media.
        scheduling: takes `send_at`.
        ttl: takes `ttl`.
        sender: takes `sender`.
        media: takes `media`.
        callbacks: takes `callback_url`.
        reports: tells the state of each recipient.
        receives: understands what the provider pushes (`Client.receive`).
        verifies: a pushed request proves that it comes from the provider, and is refused if it
            does not (`UnverifiedRequest`).
        replies: `Client.receive` also understands what people write back.
        codes: tells an error code of each recipient whom a message did not reach.
        segments: tells how many parts each message has.
        prices: tells what each message costs.
        templates: takes `template`.
        lookup: can be asked whether a broadcast arrived whose reply was lost.
        actions: what `control` can do.
        options: the provider's own options class.
        normal_form: returns what two spellings of one address have in common, e.g. a group's name
            in small letters; a duplicate is known by it. None where `tel:` before a number is the
            only difference there can be.
        escape: for a provider without personalisation that evaluates expressions in texts:
            returns a recipient's value as text that is not evaluated, given the value and the
            text before it. The author's text keeps its expressions. UsageError where it cannot.
    """

    channels: tuple[str, ...]
    schemes: tuple[str, ...] = ("tel",)
    exclusive_schemes: tuple[str, ...] = ()
    bulk_limit: int | None = None
    personalisation: Personalisation = Personalisation.NONE
    all_or_nothing: bool = False
    text_required: bool = True
    scheduling: bool = False
    ttl: bool = False
    sender: bool = False
    media: bool = False
    callbacks: bool = False
    reports: bool = False
    receives: bool = False
    verifies: bool = False
    replies: bool = False
    codes: bool = False
    segments: bool = False
    prices: bool = False
    templates: bool = False
    lookup: bool = False
    actions: frozenset[Action] = frozenset()
    options: type | None = None
    normal_form: Callable[[str], str] | None = None
    escape: Callable[[str, str], str] | None = None

    def check_content(self, provider: str, content: Message | Broadcast) -> None:
        """Refuse content that this provider does not support, before any request.

        Raises:
            Unsupported: naming the field, and what is offered instead.
            UsageError: there is nothing to say.
        """
        for channel in content.channels:
            if channel not in self.channels:
                instead = (
                    f"it offers {', '.join(self.channels)}"
                    if self.channels
                    else "it chooses the channel itself, by the address, so leave channels out"
                )
                raise Unsupported(f"{provider} does not send by {channel!r}; {instead}.")
        for name, given, offered in (
            ("send_at", content.send_at, self.scheduling),
            ("ttl", content.ttl, self.ttl),
            ("sender", content.sender, self.sender),
            ("media", content.media, self.media),
            ("callback_url", content.callback_url, self.callbacks),
            ("template", content.template, self.templates),
        ):
            if given and not offered:
                raise Unsupported(f"{provider} cannot be told {name}; it takes {self._offered()}.")
        if content.options is not None and (
            self.options is None or not isinstance(content.options, self.options)
        ):
            wanted = (
                f"give {self.options.__module__.partition('.')[0]}.{self.options.__qualname__}"
                if self.options
                else "it has none"
            )
            raise Unsupported(
                f"{type(content.options).__module__}.{type(content.options).__qualname__} "
                f"is not a class of options of {provider}; {wanted}."
            )

    def says_without_text(self, content: Message | Broadcast) -> bool:
        """Return whether something is said even where there is no text.

        Options may hold a text in the provider's own terms, which only the provider can judge.
        """
        return (
            content.options is not None
            or content.template is not None
            or (bool(content.media) and not self.text_required)
        )

    def check_address(self, provider: str, recipient: Recipient | Message) -> None:
        """Refuse a kind of address that this provider does not take.

        Raises:
            Unsupported: naming the kinds it takes.
        """
        if "*" not in self.schemes and recipient.scheme not in self.schemes:
            raise Unsupported(
                f"{provider} does not take {recipient.scheme!r} addresses such as "
                f"{recipient.to!r}; it takes {', '.join(self.schemes)}."
            )

    def _offered(self) -> str:
        offered = ["text"]
        for name, given in (
            ("send_at", self.scheduling),
            ("ttl", self.ttl),
            ("sender", self.sender),
            ("media", self.media),
            ("callback_url", self.callbacks),
            ("template", self.templates),
            ("options", self.options is not None),
        ):
            if given:
                offered.append(name)
        return ", ".join(offered)
