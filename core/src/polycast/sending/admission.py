"""The rules that a message and each recipient must pass before anything is sent.

`Client.send`, `Client.send_bulk` and `Ledger.plan` all use them, so that none sends what another
refuses.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TypeVar

import attrs

from polycast.errors import SettingsError, Suppressed, UsageError
from polycast.model.features import Features
from polycast.model.messages import Broadcast, Message, Recipient
from polycast.model.templates import Template
from polycast.recipients.texts import TextRules
from polycast.sending.duplicates import Placed

__all__ = ["Admission", "now", "prepare_batch"]

P = TypeVar("P")

#: How far in the past `send_at` may be: clocks differ, and commands take a moment to start.
GRACE = timedelta(minutes=1)
#: Tells the moment with which `send_at` is compared; `polycast.testing.at` replaces it in tests.
now: Callable[[], datetime] = partial(datetime.now, UTC)
#: Between a text and the values of a template, where all are looked at as one text.
_BETWEEN = "\n"


@attrs.frozen
class Admission:
    """The rules for the recipients of one message or broadcast.

    Args:
        provider: its name, for errors.
        features: what the provider can do.
        content: what is to be sent; its recipients are not read here.
        suppression: returns why an address must not be written to, or None if it may be. None if
            all addresses may be.

    Raises:
        Unsupported: the provider does not support a field of the content.
        UsageError: the text is not a template.
    """

    provider: str
    features: Features
    content: Message | Broadcast
    suppression: Callable[[str], str | None] | None = attrs.field(default=None, repr=False)
    _any_scheme: bool = attrs.field(init=False)
    _without_text: bool = attrs.field(init=False)
    _rules: TextRules = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.features.check_content(self.provider, self.content)

    @_any_scheme.default
    def _takes_numbers(self) -> bool:
        return "tel" in self.features.schemes or "*" in self.features.schemes

    @_without_text.default
    def _says_without_text(self) -> bool:
        return self.features.says_without_text(self.content)

    @_rules.default
    def _text_rules(self) -> TextRules:
        content = self.content
        if isinstance(content, Message):
            return TextRules()
        texts = [] if content.text is None else [content.text]
        if content.template is not None:
            texts += content.template.values.values()
        if not texts:
            return TextRules()
        template = Template.parse(_BETWEEN.join(texts), self.features.escape)
        return TextRules(template, allow_empty=content.allow_empty)

    def check_moment(self) -> None:
        """Refuse to send at a moment that has passed.

        Not asked when a lost reply is looked up: by then the moment may have come.

        Raises:
            UsageError: `send_at` is more than a minute in the past.
        """
        moment = self.content.send_at
        if moment is not None and moment < now() - GRACE:
            raise UsageError(
                f"send_at is {moment.isoformat(timespec='seconds')}, which has passed: give a "
                "moment in the future, or leave it out to send at once."
            )

    def check(self, recipient: Recipient | Message) -> None:
        """Refuse a recipient to whom the content cannot be sent.

        Raises:
            Unsupported: the provider does not take this kind of address.
            UsageError: there is no text, or a variable that the text needs is missing or empty.
        """
        if not (self._any_scheme and recipient.to[0] == "+"):
            self.features.check_address(self.provider, recipient)
        if recipient.text is not None and self.content.template is None:
            return
        rules = self._rules
        if rules.template is None:
            if not self._without_text:
                raise UsageError("there is nothing to say: give a text")
            return
        assert isinstance(recipient, Recipient)
        if rules.template.names:
            fault = rules.fault(recipient.variables, None)
            if fault is not None:
                raise UsageError(fault.reason)

    def admit(self, place: int, recipient: Recipient, *, with_text: bool = True) -> Placed:
        """Apply all rules to one recipient of a broadcast.

        Args:
            place: of the recipient in the list.
            recipient: to be checked; one that is suppressed is not checked further.
            with_text: whether the text is needed, to compare it with others.

        Returns:
            The place, the recipient, and what they are told: the text, and the values of a
            template, with their variables filled in.

        Raises:
            Suppressed: the address must not be written to; the reason is the end of a sentence.
            UsageError: the content cannot be sent to the recipient.
        """
        if self.suppression is not None:
            reason = self.suppression(recipient.to)
            if reason is not None:
                raise Suppressed(reason)
        self.check(recipient)
        return place, recipient, self._said_to(recipient) if with_text else None

    def _said_to(self, recipient: Recipient) -> str | None:
        text = self.text_for(recipient)
        if self.content.template is None:
            return text
        assert isinstance(self.content, Broadcast)
        filled = self.content.template_for(recipient)
        assert filled is not None
        return _BETWEEN.join([text or "", *filled.values.values()])

    def text_for(self, recipient: Recipient) -> str | None:
        """Return the text of a recipient that `check` let pass, with its variables filled in.

        Raises:
            UsageError: the provider cannot be told a value where the text has it.
        """
        if recipient.text is not None or self.content.text is None:
            return recipient.text
        if self.content.template is None:
            template = self._rules.template
        else:
            template = Template.parse(self.content.text, self.features.escape)
        assert template is not None
        return template.render(recipient.variables)


def prepare_batch(
    prepare: Callable[[Broadcast], P], batch: Broadcast
) -> tuple[P | None, Mapping[int, UsageError]]:
    """Prepare a batch, and find the recipients that the provider refuses.

    Args:
        prepare: the provider's; it raises UsageError.
        batch: its `recipients` are a tuple.

    Returns:
        What was prepared, None if anybody was refused; and the errors by the recipients' places in
        the batch, from 0.

    Raises:
        UsageError: the refusal is not about single recipients: it is about all of them in the
            same words, or about what they are together.
    """
    recipients = tuple(batch.recipients)
    try:
        return prepare(batch), {}
    except SettingsError:
        raise
    except UsageError as error:
        whole = error
    refused: dict[int, UsageError] = {}
    for place, recipient in enumerate(recipients):
        try:
            prepare(attrs.evolve(batch, recipients=(recipient,)))
        except UsageError as error:
            refused[place] = error
    said = {str(error) for error in refused.values()}
    if not refused or (len(refused) == len(recipients) > 1 and len(said) == 1):
        raise whole
    others = tuple(each for place, each in enumerate(recipients) if place not in refused)
    if others:
        prepare(attrs.evolve(batch, recipients=others))
    return None, refused
