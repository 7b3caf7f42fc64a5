"""Mutations of what is read of providers' answers, and what actions do."""

from datetime import UTC
from typing import Any

import attrs
from polycast import (
    Action,
    BulkReceipt,
    ProviderError,
    Report,
    State,
    Status,
    UsageError,
)

from tests.mutations.making import (
    Patch,
    after_making,
    around,
    module,
    mutation,
)


@mutation("textit", "test_documented_words_mean_what_the_documents_say")
def _(patch: Patch) -> None:
    """`delivered` is read as SENT."""
    patch.setitem(module("textit.response").MESSAGE_STATES, "delivered", State.SENT)


@mutation("ogangi", "test_documented_words_mean_what_the_documents_say")
def _(patch: Patch) -> None:
    """What the carrier has is read as on the handset."""
    table = module("ogangi.response").MESSAGE_STATES
    patch.setitem(table, "DELIVERED_TO_CARRIER", State.DELIVERED)


@mutation("mozes", "test_documented_words_mean_what_the_documents_say")
def _(patch: Patch) -> None:
    """A word is missing from the table."""
    patch.delitem(module("mozes.response").DELIVERED, "0")


@mutation("textit", "test_a_word_of_no_page_is_unknown_and_kept")
def _(patch: Patch) -> None:
    """An unknown word is swallowed."""

    def silent(own: Any, _: Any, asked: Any) -> Any:
        return attrs.evolve(own(asked), detail=None)

    around(patch, "textit", "status", silent)


@mutation("smsby", "test_a_word_of_no_page_is_unknown_and_kept")
def _(patch: Patch) -> None:
    """An unknown word is taken for a failure."""
    reports = module("smsby.reports")
    table = module("smsby.response").SMS_STATES
    patch.setattr(reports, "sms_state", lambda word: table.get(word.casefold(), State.FAILED))


@mutation("ogangi", "test_moments_are_told_by_the_right_clock")
def _(patch: Patch) -> None:
    """Offsets are cut off, and moments are taken for the clock of Greenwich."""
    mapping = module("ogangi.response")
    own = mapping.parse_date

    def greenwich(text: Any, zone: Any = None) -> Any:
        moment = own(text, zone)
        return None if moment is None else moment.replace(tzinfo=UTC)

    patch.setattr(mapping, "parse_date", greenwich)


@mutation("smsby", "test_moments_are_told_by_the_right_clock")
def _(patch: Patch) -> None:
    """Moments are read by another clock than the provider's."""

    def elsewhere(provider: Any) -> None:
        provider.settings = attrs.evolve(provider.settings, timezone="America/Caracas")

    after_making(patch, "smsby", elsewhere)


@mutation("textit", "test_moments_are_told_by_the_right_clock")
def _(patch: Patch) -> None:
    """Moments lose their time zone."""

    def naive(own: Any, _: Any, asked: Any) -> Any:
        status: Status = own(asked)
        reports = [
            attrs.evolve(report, at=report.at and report.at.replace(tzinfo=None))
            for report in status.reports
        ]
        return attrs.evolve(status, reports=reports)

    around(patch, "textit", "status", naive)


@mutation("smsby", "test_an_address_that_comes_twice_is_answered_for_twice")
def _(patch: Patch) -> None:
    """Rows of one address are answered for once."""

    def merged(own: Any, _: Any, asked: Any) -> Any:
        answer: BulkReceipt = own(asked)
        by_address = {receipt.to: receipt for receipt in answer.receipts}
        receipts = tuple(by_address[receipt.to] for receipt in answer.receipts)
        return attrs.evolve(answer, receipts=receipts)

    around(patch, "smsby", "send_bulk", merged)


@mutation("hyber", "test_a_broadcast_is_followed_to_its_end")
def _(patch: Patch) -> None:
    """Reports have the references of others."""

    def renamed(own: Any, _: Any, asked: Any) -> Any:
        status: Status = own(asked)
        reports = [attrs.evolve(report, reference="row-1") for report in status.reports]
        return attrs.evolve(status, reports=reports)

    around(patch, "hyber", "status", renamed)


@mutation("hyber", "test_a_failure_is_no_success")
def _(patch: Patch) -> None:
    """Every message that has an end is told as delivered."""

    def cheerful(own: Any, _: Any, asked: Any) -> Any:
        status: Status = own(asked)
        state = State.DELIVERED if status.is_final else status.state
        return attrs.evolve(status, state=state)

    around(patch, "hyber", "status", cheerful)


@mutation("textit", "test_a_message_is_followed_to_its_end")
def _(patch: Patch) -> None:
    """A broadcast of which nothing more will be told is never final."""
    around(patch, "textit", "status", lambda own, _, id: attrs.evolve(own(id), final=False))


@mutation("ogangi", "test_a_message_is_followed_to_its_end")
def _(patch: Patch) -> None:
    """The provider's own answer is thrown away."""
    around(patch, "ogangi", "status", lambda own, _, id: attrs.evolve(own(id), raw=None))


@mutation("mozes", "test_an_id_of_nothing_is_not_found")
def _(patch: Patch) -> None:
    """An id that nobody knows has a status all the same."""

    def made_up(own: Any, _: Any, id: Any) -> Any:
        try:
            return own(id)
        except ProviderError:
            return Status(id, State.UNKNOWN)

    around(patch, "mozes", "status", made_up)


@mutation("smsby", "test_a_pushed_report_says_what_the_documents_say")
def _(patch: Patch) -> None:
    """Pushed reports lose whose they are."""

    def anonymous(own: Any, _: Any, asked: Any) -> Any:
        reports: list[Report] = own(asked)
        return [attrs.evolve(report, to=None) for report in reports]

    around(patch, "smsby", "receive", anonymous)


@mutation("hyber", "test_a_request_of_somebody_else_says_nothing")
def _(patch: Patch) -> None:
    """Whatever is pushed is taken for a delivery."""

    def trusting(own: Any, _: Any, asked: Any) -> Any:
        try:
            return own(asked)
        except UsageError:
            return [Report(None, State.DELIVERED, raw=asked.body)]

    around(patch, "hyber", "receive", trusting)


@mutation("ogangi", "test_stopping_is_for_good")
def _(patch: Patch) -> None:
    """Stopping only pauses."""
    provider = module("ogangi.provider")
    patch.setitem(provider._CONTROLS, Action.STOP, provider._CONTROLS[Action.PAUSE])


@mutation("ogangi", "test_pausing_holds_messages_back")
def _(patch: Patch) -> None:
    """Pausing says so, and asks nobody."""
    answer = module("ogangi._client.models").Answer
    patch.setitem(
        module("ogangi.provider")._CONTROLS, Action.PAUSE, lambda api, instance, number: answer
    )


@mutation("ogangi", "test_a_lost_reply_to_an_action_is_not_repeated[pause]")
def _(patch: Patch) -> None:
    """Actions are repeated like questions, because they travel by GET."""
    client = module("ogangi._client").Client
    own = client._call
    patch.setattr(client, "_call", lambda *args, **more: own(*args, **{**more, "safe": True}))


def _only_says_so(patch: Patch, action: Action) -> None:
    answer = module("ogangi._client.models").Answer
    patch.setitem(module("ogangi.provider")._CONTROLS, action, lambda api, instance, number: answer)


@mutation("ogangi", "test_resuming_lets_them_go_on")
def _(patch: Patch) -> None:
    """Resuming says so, and asks nobody."""
    _only_says_so(patch, Action.RESUME)


@mutation("ogangi", "test_deleting_leaves_nothing")
def _(patch: Patch) -> None:
    """Deleting says so, and asks nobody."""
    _only_says_so(patch, Action.DELETE)


@mutation("ogangi", "test_an_action_that_does_not_fit_is_refused")
def _(patch: Patch) -> None:
    """Resuming what was never paused is said to be done."""
    _only_says_so(patch, Action.RESUME)
