"""What an author tells the contract about a provider, besides its names and addresses."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs

from polycast.client import Client
from polycast.errors import PolycastError
from polycast.model.messages import CallbackRequest, Reply, Report, State
from polycast.sandbox import Answer

__all__ = ["WORD", "Pushed", "Refusal", "Vocabulary"]

#: Stands in the answers of a `Vocabulary` where the provider's word stands.
WORD = "~WORD~"


@attrs.frozen
class Refusal:
    """One way to be refused that the provider documents.

    Args:
        error: what it has to become.
        ask: the call that is refused; sending a message when left out.
        settings: the account's settings that differ from the sandbox's own.
        sandbox: what the sandbox is made with, e.g. `{"balance": 0}`.
        answer: what the provider answers, where the sandbox has no way to say it.
        detail: a part of the provider's own words, which the error has to carry.
        code: the provider's code, which the error has to carry; None where there is none.
        safe_to_retry: whether the page says of this error that nothing was done and that trying
            again later helps. Of `RateLimited` it is taken for granted.
    """

    error: type[PolycastError]
    ask: Callable[[Client], object] | None = None
    settings: Mapping[str, object] = attrs.field(factory=dict, kw_only=True)
    sandbox: Mapping[str, Any] = attrs.field(factory=dict, kw_only=True)
    answer: Answer | None = attrs.field(default=None, kw_only=True)
    detail: str = attrs.field(default="", kw_only=True)
    code: int | str | None = attrs.field(default=None, kw_only=True)
    safe_to_retry: bool = attrs.field(default=False, kw_only=True)


def _answers(value: str | Sequence[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


@attrs.frozen(kw_only=True)
class Vocabulary:
    """The words in which the provider tells one kind of state, copied from its documents.

    It is written from the page, and never imported from the provider's mapping: a word that the
    mapping misreads shows only where somebody else has read the page too.

    Args:
        words: every documented word, and what it means.
        id: what `status` is asked about.
        answers: what the provider answers to that, one text per request, with `WORD` where the
            word stands.
        reports: whether the word is the one of the only recipient's report, rather than of the
            whole.
        unknown: a word of no page, of the same type as the others.
        media_type: of the answers.
    """

    words: Mapping[str, State]
    id: str
    answers: Sequence[str] = attrs.field(converter=_answers)
    reports: bool = False
    unknown: str = "unheard-of"
    media_type: str = "application/json"


@attrs.frozen
class Pushed:
    """A request that the provider pushes to a `callback_url`, as its documents show it.

    Args:
        request: the sample; signed, where `Features` claims `verifies`.
        reports: what it says, in order; fields that are left out are not compared.
    """

    request: CallbackRequest
    reports: Sequence[Report | Reply]
