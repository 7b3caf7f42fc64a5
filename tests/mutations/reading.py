"""Mutations of refusals, of what is read of answers, and of what exchanges show."""

from typing import Any

import attrs
from polycast import (
    AccountBlocked,
    AuthenticationFailed,
    OutcomeUnknown,
    ProviderError,
    RateLimited,
    Rejected,
    State,
    hookimpl,
)
from polycast.plugins.registry import load_provider

from tests.mutations.making import Patch, around, claim, module, mutation, secret_of


@mutation(
    "textit", "test_the_plugin_says_and_reads_what_an_exchange_shows[a broadcast to one number]"
)
def _(patch: Patch) -> None:
    """A text is sent in capitals."""

    def loud(own: Any, _: Any, asked: Any) -> Any:
        return own(attrs.evolve(asked, text=asked.text.upper()))

    around(patch, "textit", "send", loud)


@mutation("textit", "test_the_sandbox_answers_what_an_exchange_shows[a broadcast to one number]")
def _(patch: Patch) -> None:
    """The sandbox has another word for a new broadcast than the server."""
    broadcast = module("textit.sandbox.state").Broadcast
    patch.setattr(broadcast, "status", lambda self, now: "new")


@mutation("textit", "test_an_exchange_shows_each_claim")
def _(patch: Patch) -> None:
    """A hook is offered of which no page says anything."""

    def control(self: Any, id: str, action: Any) -> Any:
        raise NotImplementedError

    patch.setattr(load_provider("textit"), "control", hookimpl(control), raising=False)


@mutation("textit", "test_a_refused_call_carried_nothing_out_where_that_is_claimed")
def _(patch: Patch) -> None:
    """A refusal names the one beside the one it is about."""

    def beside(own: Any, _: Any, asked: Any) -> Any:
        try:
            return own(asked)
        except Rejected as error:
            error.refused = {place + 1: words for place, words in (error.refused or {}).items()}
            raise

    around(patch, "textit", "send_bulk", beside)


@mutation("textit", "test_two_refused_of_one_broadcast_cost_nobody_else")
def _(patch: Patch) -> None:
    """All are rejected for one."""
    claim(patch, "textit", all_or_nothing=False)

    def all_for_one(own: Any, _: Any, asked: Any) -> Any:
        try:
            return own(asked)
        except Rejected as error:
            error.refused = {}
            raise

    around(patch, "textit", "send_bulk", all_for_one)


@mutation("textit", "test_a_refusal_says_whether_anything_was_carried_out")
def _(patch: Patch) -> None:
    """A refusal is told as if something may have been carried out."""

    def unsure(own: Any, _: Any, asked: Any) -> Any:
        try:
            return own(asked)
        except ProviderError as error:
            error.carried_out = None
            raise

    around(patch, "textit", "send", unsure)


@mutation("smsby", "test_words_undo_no_failure_of_the_provider")
def _(patch: Patch) -> None:
    """Words say that the same may be sent again, whatever the status."""

    def later(own: Any, _: Any, asked: Any) -> Any:
        try:
            return own(asked)
        except ProviderError as error:
            raise RateLimited(
                error.detail, provider=error.provider, operation=error.operation
            ) from None

    around(patch, "smsby", "send send_bulk", later)


@mutation("smsby", "test_a_condition_of_the_account_rejects_nobody")
def _(patch: Patch) -> None:
    """What is wrong with the account is taken for a refusal of the message."""

    def of_the_message(own: Any, _: Any, asked: Any) -> Any:
        try:
            return own(asked)
        except (AccountBlocked, AuthenticationFailed) as error:
            raise Rejected(
                error.detail, provider=error.provider, operation=error.operation
            ) from None

    around(patch, "smsby", "send_bulk", of_the_message)


@mutation("textit", "test_a_field_that_cannot_be_read_costs_only_itself[send]")
def _(patch: Patch) -> None:
    """A send whose answer lacks the state is taken for lost."""

    def strict(own: Any, _: Any, asked: Any) -> Any:
        receipt = own(asked)
        if receipt.detail is None:
            raise OutcomeUnknown("its answer has no state", provider="textit")
        return receipt

    around(patch, "textit", "send", strict)


@mutation("hyber", "test_a_field_of_a_pushed_report_costs_only_itself")
def _(patch: Patch) -> None:
    """A report with an empty field says nothing."""

    def strict(own: Any, _: Any, asked: Any) -> Any:
        told = own(asked)
        if b"null" in asked.body:
            return [attrs.evolve(each, state=State.UNKNOWN) for each in told]
        return told

    around(patch, "hyber", "receive", strict)


@mutation("textit", "test_no_secret_that_the_provider_repeats")
def _(patch: Patch) -> None:
    """What the provider says of a message is kept as it came, the secret with it."""

    def open_(own: Any, provider: Any, asked: Any) -> Any:
        return attrs.evolve(own(asked), detail=f"queued {secret_of(provider)}")

    around(patch, "textit", "send", open_)
