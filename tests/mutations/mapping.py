"""Mutations of the mapping between our words and the provider's: errors that authors make."""

from collections.abc import Callable
from datetime import UTC
from typing import Any

import attrs
from polycast import PolycastError, Report, State, hookimpl
from polycast.plugins.registry import load_provider
from polycast.testing.contract import exchanging
from polycast.testing.exchanges import read_exchanges
from polycast.wire import UNSET, Undecodable

from tests.mutations.making import Patch, around, module, mutation


def _request(patch: Patch, change: Callable[[Any], Any]) -> None:
    """Change every message that Twilio is asked to send."""
    provider = module("twilio.provider")
    own = provider.to_new_message
    patch.setattr(provider, "to_new_message", lambda *given: change(own(*given)))


# What is asked for.


@mutation("twilio", "test_each_kind_of_address_is_taken")
def _(patch: Patch) -> None:
    """A message to a user of WhatsApp is sent as an SMS."""

    def as_sms(made: Any) -> Any:
        return attrs.evolve(made, to=made.to.removeprefix("whatsapp:"))

    _request(patch, as_sms)


@mutation(
    "twilio",
    "test_the_plugin_says_and_reads_what_an_exchange_shows[a message from a messaging service]",
)
def _(patch: Patch) -> None:
    """The time to live is told in minutes."""

    def minutes(made: Any) -> Any:
        period = made.validity_period
        return attrs.evolve(made, validity_period=UNSET if period is UNSET else period // 60)

    _request(patch, minutes)


@mutation(
    "hyber",
    "test_the_plugin_says_and_reads_what_an_exchange_shows[an SMS]",
)
def _(patch: Patch) -> None:
    """The time to live is told in minutes."""

    def minutes(own: Any, _: Any, asked: Any) -> Any:
        return own(attrs.evolve(asked, ttl=asked.ttl and asked.ttl / 60))

    around(patch, "hyber", "send send_bulk", minutes)


@mutation("twilio", "test_an_exchange_shows_each_claim")
def _(patch: Patch) -> None:
    """No page is known that shows how a time to live is told."""
    _forget(patch, lambda each: "ttl" in each.arguments)


@mutation("ogangi", "test_an_exchange_shows_each_claim")
def _(patch: Patch) -> None:
    """No page is known that shows how a broadcast is stopped."""
    _forget(patch, lambda each: each.arguments.get("action") == "stop")


def _forget(patch: Patch, which: Callable[[Any], bool]) -> None:
    patch.setattr(
        exchanging,
        "read_exchanges",
        lambda name: [each for each in read_exchanges(name) if not which(each)],
    )


@mutation("twilio", "test_media_travel")
def _(patch: Patch) -> None:
    """The second picture is dropped."""
    _request(
        patch,
        lambda made: attrs.evolve(
            made, media_url=UNSET if made.media_url is UNSET else made.media_url[:1]
        ),
    )


@mutation("textit", "test_media_travel")
def _(patch: Patch) -> None:
    """The second file is dropped."""

    def first(own: Any, _: Any, asked: Any) -> Any:
        return own(attrs.evolve(asked, media=asked.media[:1]))

    around(patch, "textit", "send", first)


@mutation("twilio", "test_a_text_arrives_whole_or_is_refused[too-long]")
def _(patch: Patch) -> None:
    """A text is cut off where the provider's limit is."""
    _request(patch, lambda made: attrs.evolve(made, body=made.body and made.body[:1600]))


@mutation("smsby", "test_a_text_arrives_whole_or_is_refused[long]")
def _(patch: Patch) -> None:
    """The text of a broadcast is cut off."""

    def short(own: Any, _: Any, asked: Any) -> Any:
        return own(attrs.evolve(asked, text=asked.text and asked.text[:160]))

    around(patch, "smsby", "send_bulk", short)


@mutation("twilio", "test_a_scheduled_message_waits_for_its_moment")
def _(patch: Patch) -> None:
    """The moment is rounded down to a second."""
    patch.setattr(
        module("twilio.request"),
        "whole_second",
        lambda send_at: send_at.astimezone(UTC).replace(microsecond=0),
    )


@mutation("smsby", "test_a_scheduled_message_waits_for_its_moment")
def _(patch: Patch) -> None:
    """The moment is rounded down to a minute."""

    def rounded(own: Any, _: Any, asked: Any) -> Any:
        at = asked.send_at and asked.send_at.replace(second=0, microsecond=0)
        return own(attrs.evolve(asked, send_at=at))

    around(patch, "smsby", "send send_bulk", rounded)


@mutation("twilio", "test_the_plugin_says_and_reads_what_an_exchange_shows[it is stopped]")
def _(patch: Patch) -> None:
    """Stopping says a word that Twilio does not have, and the sandbox does not mind."""
    client = module("twilio._client").Client
    own = client.update_message
    patch.setattr(
        client,
        "update_message",
        lambda self, account, sid, body: own(self, account, sid, attrs.evolve(body, status="stop")),
    )


# What is found.


def _look_up(patch: Patch, choose: Callable[[list[Any]], Any]) -> None:
    """Let Twilio's lookup take one of the messages that say the same, without doubt."""

    def the_only_one(listed: Any, judge: Any, id_of: Any, *, may_lag: bool) -> Any:
        same = [row for row in listed if not isinstance(row, Undecodable) and judge(row)]
        return choose(same) if same else None

    patch.setattr(module("twilio.provider"), "the_only_one", the_only_one)


@mutation("twilio", "test_of_two_alike_neither_is_taken_for_the_other[send]")
def _(patch: Patch) -> None:
    """Of messages that say the same, the first on the list is taken."""
    _look_up(patch, lambda same: same[0])


@mutation("twilio", "test_of_two_alike_neither_is_taken_for_the_other[send_bulk]")
def _(patch: Patch) -> None:
    """Of messages that say the same, the last on the list is taken."""
    _look_up(patch, lambda same: same[-1])


@mutation("textit", "test_of_two_alike_neither_is_taken_for_the_other[send_bulk]")
def _(patch: Patch) -> None:
    """Of broadcasts that say the same, the first on the list is taken."""
    found = module("textit.lookup")._Found
    patch.setattr(found, "the_one", lambda self, begun: self.same[0] if self.same else None)


@mutation("twilio", "test_what_arrived_is_found_afterwards[send]")
def _(patch: Patch) -> None:
    """The pages of the list after the first are not read."""
    patch.setattr(
        module("twilio.provider"), "pages", lambda _, __, fetch, following: iter([fetch(UNSET)])
    )


@mutation("textit", "test_what_arrived_is_found_afterwards[send_bulk]")
def _(patch: Patch) -> None:
    """The pages of the list after the first are not read."""
    patch.setattr(
        module("textit.provider"), "items", lambda operation, fetch: iter(fetch(UNSET).results)
    )


# What is read.


@mutation("twilio", "test_documented_words_mean_what_the_documents_say")
def _(patch: Patch) -> None:
    """A message whose time was over is told as one that failed."""
    patch.setattr(module("twilio.response"), "_EXPIRED", None)


@mutation("ogangi", "test_documented_words_mean_what_the_documents_say")
def _(patch: Patch) -> None:
    """A message whose time was over is told as one that failed."""
    patch.setitem(module("ogangi.response").MESSAGE_STATES, "EXHAUSTED", State.FAILED)


def _without_code(own: Any, _: Any, asked: Any) -> Any:
    try:
        return own(asked)
    except PolycastError as error:
        vars(error).update(code=None)
        raise


@mutation("twilio", "test_documented_refusals_become_their_errors")
def _(patch: Patch) -> None:
    """The code of a refusal is lost."""
    around(patch, "twilio", "send", _without_code)


@mutation(
    "hyber", "test_the_plugin_says_and_reads_what_an_exchange_shows[a number that is incorrect]"
)
def _(patch: Patch) -> None:
    """The code of a refusal is lost."""
    around(patch, "hyber", "send send_bulk", _without_code)


def _reports_without_code(own: Any, _: Any, asked: Any) -> Any:
    told = own(asked)
    if isinstance(told, list):
        return [
            attrs.evolve(each, code=None) if isinstance(each, Report) else each for each in told
        ]
    return attrs.evolve(told, reports=[attrs.evolve(each, code=None) for each in told.reports])


@mutation("twilio", "test_a_pushed_report_says_what_the_documents_say")
def _(patch: Patch) -> None:
    """The code of a failure is lost in what is pushed."""
    around(patch, "twilio", "receive", _reports_without_code)


@mutation(
    "twilio",
    "test_the_plugin_says_and_reads_what_an_exchange_shows"
    "[a message that a carrier did not deliver]",
)
def _(patch: Patch) -> None:
    """The code of a failure is lost in what is asked for."""
    around(patch, "twilio", "status", _reports_without_code)


@mutation(
    "hyber", "test_the_plugin_says_and_reads_what_an_exchange_shows[how far a campaign has come]"
)
def _(patch: Patch) -> None:
    """The codes of failures are lost in what is asked for."""
    around(patch, "hyber", "status", _reports_without_code)


@mutation("twilio", "test_a_request_that_proves_nothing_is_refused")
def _(patch: Patch) -> None:
    """The signature of what is pushed is never checked."""

    def verify(self: Any, request: Any) -> bool:
        return True

    patch.setattr(load_provider("twilio"), "verify", hookimpl(verify))


@mutation("twilio", "test_a_request_that_proves_nothing_is_refused")
def _(patch: Patch) -> None:
    """A signature has to be there, and any is believed."""

    def verify(self: Any, request: Any) -> bool:
        return request.header("X-Twilio-Signature") is not None

    patch.setattr(load_provider("twilio"), "verify", hookimpl(verify))


@mutation("twilio", "test_a_template_travels_with_its_values")
def _(patch: Patch) -> None:
    """The values of a template are dropped."""
    _request(patch, lambda made: attrs.evolve(made, content_variables=UNSET))


@mutation("twilio", "test_what_is_claimed_is_told_beside_the_state")
def _(patch: Patch) -> None:
    """The codes of failures are claimed, and lost."""
    around(patch, "twilio", "status", _reports_without_code)


@mutation("twilio", "test_many_statuses_are_those_of_each_alone")
def _(patch: Patch) -> None:
    """Asked about many messages, the provider's words for their states are lost."""

    def silent(own: Any, _: Any, ids: Any) -> Any:
        return [attrs.evolve(each, detail=None) for each in own(ids)]

    around(patch, "twilio", "statuses", silent)
