"""Mutations of failures, and replies that are lost."""

from collections.abc import Callable
from typing import Any

from polycast import (
    OutcomeUnknown,
    PolycastError,
    ProviderUnavailable,
    Receipt,
    Rejected,
    State,
    hookimpl,
)
from polycast.plugins.registry import load_provider
from polycast.wire import Retry

from tests.mutations.making import (
    Patch,
    after_making,
    around,
    module,
    mutation,
)


def _again(kind: type[PolycastError]) -> Callable[[Any, Any, Any], Any]:
    def once_more(own: Any, _: Any, asked: Any) -> Any:
        try:
            return own(asked)
        except kind:
            return own(asked)

    return once_more


@mutation("textit", "test_a_lost_reply_is_unknown_and_never_repeated[closed-send]")
def _(patch: Patch) -> None:
    """A send whose reply was lost is made again."""
    around(patch, "textit", "send", _again(OutcomeUnknown))


@mutation("smsby", "test_a_lost_reply_is_unknown_and_never_repeated[reset-send_bulk]")
def _(patch: Patch) -> None:
    """The spec says that a send only reads."""
    client = module("smsby._client").Client
    own = client._call
    patch.setattr(client, "_call", lambda *args, **more: own(*args, **{**more, "safe": True}))


@mutation("mozes", "test_a_lost_reply_is_unknown_and_never_repeated[cut-off-send]")
def _(patch: Patch) -> None:
    """A lost reply is passed off as sent."""

    def optimistic(own: Any, _: Any, asked: Any) -> Any:
        try:
            return own(asked)
        except OutcomeUnknown:
            return Receipt("?", State.SENT, asked.to)

    around(patch, "mozes", "send", optimistic)


@mutation("hyber", "test_a_lost_reply_is_unknown_and_never_repeated[closed-send]")
def _(patch: Patch) -> None:
    """A lost reply is called safe to repeat."""

    def careless(own: Any, _: Any, asked: Any) -> Any:
        try:
            return own(asked)
        except OutcomeUnknown as error:
            error.safe_to_retry = True
            raise

    around(patch, "hyber", "send", careless)


@mutation("textit", "test_a_send_that_the_provider_failed_at_is_not_repeated[500-send]")
def _(patch: Patch) -> None:
    """A send that met a 5xx is made again."""
    around(patch, "textit", "send", _again(ProviderUnavailable))


@mutation("smsby", "test_a_send_that_the_provider_failed_at_is_not_repeated[503-send_bulk]")
def _(patch: Patch) -> None:
    """A broadcast that met a 5xx is made again."""
    around(patch, "smsby", "send_bulk", _again(ProviderUnavailable))


@mutation("hyber", "test_an_answer_that_comes_too_late_is_a_lost_reply[send]")
def _(patch: Patch) -> None:
    """The timeout of the settings is passed over."""

    def patient(provider: Any) -> None:
        provider.api.transport.timeout = 30.0

    after_making(patch, "hyber", patient)


@mutation("textit", "test_a_question_is_asked_again[503]")
def _(patch: Patch) -> None:
    """Questions are asked once."""

    def impatient(provider: Any) -> None:
        provider.api.transport.retry = Retry(attempts=1)

    after_making(patch, "textit", impatient)


@mutation("ogangi", "test_a_question_is_not_asked_for_ever")
def _(patch: Patch) -> None:
    """Questions are asked for ever."""

    def stubborn(provider: Any) -> None:
        provider.api.transport.retry = Retry(attempts=1000)

    after_making(patch, "ogangi", stubborn)


@mutation("textit", "test_a_refused_send_is_told_by_its_status[404-NotFound]")
def _(patch: Patch) -> None:
    """Every refusal is the same error."""

    def judge(answer: Any) -> PolycastError | None:
        return None if answer.is_success else answer.error(Rejected, "no")

    after_making(patch, "textit", lambda made: setattr(made.api.transport, "judge", judge))


@mutation("smsby", "test_documented_refusals_become_their_errors")
def _(patch: Patch) -> None:
    """An empty account is taken for a refused message."""
    patch.setitem(module("smsby.response").WORDS, "billing error", Rejected)


@mutation("textit", "test_documented_refusals_become_their_errors")
def _(patch: Patch) -> None:
    """The provider's words are lost."""
    patch.setattr(module("textit.response"), "words_of", lambda body: None)


@mutation("mozes", "test_too_many_requests_say_when_to_come_back")
def _(patch: Patch) -> None:
    """How long to wait is lost."""

    def forgetful(own: Any, _: Any, asked: Any) -> Any:
        try:
            return own(asked)
        except PolycastError as error:
            error.retry_after = None  # type: ignore[attr-defined]
            raise

    around(patch, "mozes", "send", forgetful)


@mutation("smsby", "test_a_web_page_is_no_answer")
def _(patch: Patch) -> None:
    """A foreign exception escapes the hook."""

    def careless(own: Any, _: Any, asked: Any) -> Any:
        try:
            return own(asked)
        except OutcomeUnknown:
            answer: dict[str, object] = {}
            return answer["sms_id"]

    around(patch, "smsby", "send", careless)


@mutation("hyber", "test_an_answer_of_no_form_is_no_answer[{}-send]")
def _(patch: Patch) -> None:
    """An answer that names no message is a message that was sent."""

    def content(own: Any, _: Any, asked: Any) -> Any:
        try:
            return own(asked)
        except OutcomeUnknown:
            return Receipt(None, State.QUEUED, asked.to)

    around(patch, "hyber", "send", content)


@mutation("textit", "test_what_arrived_is_found_afterwards[send]")
def _(patch: Patch) -> None:
    """Looking up never finds anything."""
    plugin = load_provider("textit")

    def lookup(self: Any, broadcast: Any, since: Any) -> None:
        return None

    patch.setattr(plugin, "lookup", hookimpl(lookup))


@mutation("textit", "test_a_send_that_was_not_taken_on_is_made_again")
def _(patch: Patch) -> None:
    """A send that was told to wait is given up."""

    def impatient(provider: Any) -> None:
        provider.api.transport.retry = Retry(attempts=1)

    after_making(patch, "textit", impatient)


@mutation("hyber", "test_lookup_is_repeated_like_every_question")
def _(patch: Patch) -> None:
    """Looking up is tried once."""

    def impatient(provider: Any) -> None:
        provider.api.transport.retry = Retry(attempts=1)

    after_making(patch, "hyber", impatient)


@mutation("mozes", "test_nobody_there_is_safe_to_repeat")
def _(patch: Patch) -> None:
    """What never left is said to be on its way, perhaps."""

    def anxious(own: Any, _: Any, asked: Any) -> Any:
        try:
            return own(asked)
        except ProviderUnavailable as error:
            error.safe_to_retry = False
            raise

    around(patch, "mozes", "send", anxious)
