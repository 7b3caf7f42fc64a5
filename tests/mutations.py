"""Providers with one thing broken on purpose, and the promise that each of them breaks."""

import base64
import functools
import inspect
import logging
import time
from collections.abc import Callable
from datetime import UTC, timedelta
from importlib import import_module
from typing import Any
from zoneinfo import ZoneInfo

import attrs
import pytest
import requests
from polycast import (
    Action,
    BulkReceipt,
    Client,
    OutcomeUnknown,
    Personalisation,
    PolycastError,
    ProviderError,
    ProviderSettings,
    ProviderUnavailable,
    Receipt,
    Rejected,
    Report,
    State,
    Status,
    UsageError,
    hookimpl,
)
from polycast.registry import load_provider
from polycast.wire import Retry

__all__ = ["MUTATIONS", "Mutation"]

Patch = pytest.MonkeyPatch


@attrs.frozen
class Mutation:
    """One way to break a provider.

    Attributes:
        words: what is broken.
        provider: whose it is.
        promise: the test of the contract that has to fail, with its parameters.
        breaks: does it, until the patch is undone.
    """

    words: str
    provider: str
    promise: str
    breaks: Callable[[Patch], None] = attrs.field(repr=False)


MUTATIONS: list[Mutation] = []


def mutation(
    provider: str, promise: str
) -> Callable[[Callable[[Patch], None]], Callable[[Patch], None]]:
    """Enter a mutation in the table; its docstring says what it breaks."""

    def enter(breaks: Callable[[Patch], None]) -> Callable[[Patch], None]:
        MUTATIONS.append(Mutation(str(breaks.__doc__).rstrip("."), provider, promise, breaks))
        return breaks

    return enter


# What mutations are made with.


def module(name: str) -> Any:
    """Return a module of a plugin, such as `"textit.mapping"`."""
    provider, _, inside = name.partition(".")
    return import_module(f"polycast_{provider}.{inside}")


def claim(patch: Patch, provider: str, **features: object) -> None:
    """Let a provider claim something else than it does."""
    plugin = load_provider(provider)
    patch.setattr(plugin, "features", attrs.evolve(plugin.features, **features))


def around(
    patch: Patch, provider: str, hooks: str, call: Callable[[Callable[[Any], Any], Any, Any], Any]
) -> None:
    """Put something around hooks of a provider that take one value.

    Args:
        patch: undoes it.
        provider: its name.
        hooks: their names.
        call: is given the hook, the provider and the value.
    """
    plugin = load_provider(provider)
    for name in hooks.split():
        own = getattr(plugin, name)
        parameter = list(inspect.signature(own).parameters)[1]
        # pluggy passes arguments by the names that it finds in the signature.
        namespace: dict[str, Any] = {"own": own, "call": call, "partial": functools.partial}
        exec(
            f"def {name}(self, {parameter}):\n"
            f"    return call(partial(own, self), self, {parameter})\n",
            namespace,
        )
        patch.setattr(plugin, name, hookimpl(namespace[name]))


def dropping(field: str, nothing: object = None) -> Callable[[Any, Any, Any], Any]:
    """Return what forgets a field of a message or a broadcast."""
    return lambda own, _, asked: own(attrs.evolve(asked, **{field: nothing}))


def secret_of(provider: Any) -> str:
    """Return a secret of an account."""
    for name in ("token", "password", "private_key", "api_key"):
        if hasattr(provider.settings, name):
            return str(getattr(provider.settings, name).reveal())
    raise AssertionError(f"{provider} has no secret.")


def after_making(patch: Patch, provider: str, change: Callable[[Any], None]) -> None:
    """Change every provider of a kind that is made."""
    plugin = load_provider(provider)
    own = plugin.__attrs_post_init__

    def make(self: Any) -> None:
        own(self)
        change(self)

    patch.setattr(plugin, "__attrs_post_init__", make)


# Fields that are dropped.


@mutation("smsby", "test_a_sender_travels")
def _(patch: Patch) -> None:
    """The sender is dropped."""
    around(patch, "smsby", "send send_bulk", dropping("sender"))


@mutation("ogangi", "test_a_sender_travels")
def _(patch: Patch) -> None:
    """The sender of broadcasts alone is dropped."""
    around(patch, "ogangi", "send_bulk", dropping("sender"))


@mutation("hyber", "test_a_time_to_live_travels")
def _(patch: Patch) -> None:
    """The time to live is dropped."""
    around(patch, "hyber", "send send_bulk", dropping("ttl"))


@mutation("hyber", "test_a_time_to_live_travels")
def _(patch: Patch) -> None:
    """Whatever time to live is asked for, an hour is told."""

    def an_hour(own: Any, _: Any, asked: Any) -> Any:
        return own(attrs.evolve(asked, ttl=asked.ttl and timedelta(hours=1)))

    around(patch, "hyber", "send send_bulk", an_hour)


@mutation("hyber", "test_media_travel")
def _(patch: Patch) -> None:
    """Pictures are dropped."""
    around(patch, "hyber", "send send_bulk", dropping("media", ()))


@mutation("smsby", "test_a_callback_url_travels")
def _(patch: Patch) -> None:
    """The callback_url of broadcasts is dropped."""
    around(patch, "smsby", "send_bulk", dropping("callback_url"))


@mutation("hyber", "test_each_channel_can_be_asked_for")
def _(patch: Patch) -> None:
    """The order of channels is dropped."""

    def sorted_channels(own: Any, _: Any, asked: Any) -> Any:
        return own(attrs.evolve(asked, channels=sorted(asked.channels)))

    around(patch, "hyber", "send send_bulk", sorted_channels)


@mutation("hyber", "test_each_option_travels")
def _(patch: Patch) -> None:
    """One field of the options for Viber is dropped."""

    def without_caption(own: Any, _: Any, asked: Any) -> Any:
        options = asked.options
        if options is not None and options.viber is not None:
            viber = attrs.evolve(options.viber, caption=None)
            asked = attrs.evolve(asked, options=attrs.evolve(options, viber=viber))
        return own(asked)

    around(patch, "hyber", "send send_bulk", without_caption)


@mutation("hyber", "test_a_scheduled_message_waits_for_its_moment")
def _(patch: Patch) -> None:
    """The moment is dropped."""
    around(patch, "hyber", "send send_bulk", dropping("send_at"))


@mutation("smsby", "test_a_scheduled_message_waits_for_its_moment")
def _(patch: Patch) -> None:
    """The moment is written by another clock than the provider's."""
    content = module("smsby.content")
    own = content.local_start
    patch.setattr(content, "local_start", lambda moment, zone: own(moment, ZoneInfo("Asia/Tokyo")))


# Claims that are not so.


@mutation("mozes", "test_a_scheduled_message_waits_for_its_moment")
def _(patch: Patch) -> None:
    """Scheduling is claimed, and there is no place for it."""
    claim(patch, "mozes", scheduling=True)


@mutation("textit", "test_a_callback_url_travels")
def _(patch: Patch) -> None:
    """A callback_url is claimed, and there is no place for it."""
    claim(patch, "textit", callbacks=True)


@mutation("mozes", "test_claims_and_hooks_agree")
def _(patch: Patch) -> None:
    """An action is claimed, and there is no control."""
    claim(patch, "mozes", actions=frozenset({Action.STOP}))


@mutation("smsby", "test_claims_and_hooks_agree")
def _(patch: Patch) -> None:
    """Looking up is claimed, and there is no lookup."""
    claim(patch, "smsby", lookup=True)


@mutation("mozes", "test_a_broadcast_is_followed_to_its_end")
def _(patch: Patch) -> None:
    """Reports are claimed, and there are none."""
    claim(patch, "mozes", reports=True)


@mutation("textit", "test_as_many_as_are_claimed_fit_one_call")
def _(patch: Patch) -> None:
    """The limit of a call is claimed to be higher than it is."""
    claim(patch, "textit", bulk_limit=250)
    patch.setattr(module("textit.mapping"), "LIMIT", 250)


@mutation("mozes", "test_everybody_gets_their_own_text")
def _(patch: Patch) -> None:
    """Texts of one's own are claimed, and everybody gets the same."""
    claim(patch, "mozes", personalisation=Personalisation.TEXTS)


@mutation("mozes", "test_each_kind_of_address_is_taken")
def _(patch: Patch) -> None:
    """A kind of address is claimed that nobody can be reached by."""
    claim(patch, "mozes", schemes=("tel", "contact", "group", "twitter"))


# What is said, to whom, and what is answered.


@mutation("smsby", "test_a_message_arrives_as_it_was_written")
def _(patch: Patch) -> None:
    """Letters outside ASCII are lost."""

    def ascii_only(own: Any, _: Any, asked: Any) -> Any:
        return own(attrs.evolve(asked, text=asked.text.encode("ascii", "replace").decode()))

    around(patch, "smsby", "send", ascii_only)


@mutation("hyber", "test_odd_characters_arrive_or_are_refused_before_any_request[%name% %s]")
def _(patch: Patch) -> None:
    """What looks like the provider's own notation is not kept apart from it."""
    notation = module("hyber.templates").Notation
    patch.setattr(notation, "write", lambda self, template: _hyber_notation(template))


def _hyber_notation(template: Any) -> str:
    return "".join(
        part if index % 2 == 0 else f"%{part}%" for index, part in enumerate(template.parts)
    )


@mutation("textit", "test_a_receipt_says_what_was_accepted")
def _(patch: Patch) -> None:
    """The receipt has the address as the provider writes it."""

    def as_urn(own: Any, _: Any, asked: Any) -> Any:
        return attrs.evolve(own(asked), to=f"tel:{asked.to}")

    around(patch, "textit", "send", as_urn)


@mutation("mozes", "test_everybody_gets_one_message_and_one_receipt_in_order")
def _(patch: Patch) -> None:
    """Receipts come in another order than recipients."""

    def reversed_(own: Any, _: Any, asked: Any) -> Any:
        answer: BulkReceipt = own(asked)
        return attrs.evolve(answer, receipts=answer.receipts[::-1])

    around(patch, "mozes", "send_bulk", reversed_)


@mutation("hyber", "test_a_receipt_leads_to_its_own_recipient")
def _(patch: Patch) -> None:
    """The ids of receipts are those of other recipients."""

    def mixed(own: Any, _: Any, asked: Any) -> Any:
        answer: BulkReceipt = own(asked)
        ids = [receipt.id for receipt in answer.receipts]
        receipts = tuple(
            attrs.evolve(receipt, id=id)
            for receipt, id in zip(answer.receipts, [*ids[1:], ids[0]], strict=True)
        )
        return attrs.evolve(answer, receipts=receipts)

    around(patch, "hyber", "send_bulk", mixed)


@mutation("smsby", "test_everybody_gets_one_message_and_one_receipt_in_order")
def _(patch: Patch) -> None:
    """References are lost."""

    def nameless(own: Any, _: Any, asked: Any) -> Any:
        answer: BulkReceipt = own(asked)
        receipts = tuple(attrs.evolve(receipt, reference=None) for receipt in answer.receipts)
        return attrs.evolve(answer, receipts=receipts)

    around(patch, "smsby", "send_bulk", nameless)


@mutation("mozes", "test_one_bad_row_costs_that_row_only")
def _(patch: Patch) -> None:
    """One refused number costs the whole broadcast."""
    users = module("mozes.users").Users
    patch.setattr(users, "find_or_refusal", users.find)


@mutation("ogangi", "test_one_bad_row_costs_that_row_only")
def _(patch: Patch) -> None:
    """What follows a bad row is dropped."""

    def until_bad(own: Any, _: Any, asked: Any) -> Any:
        kept = [each for each in asked.recipients if not each.to.endswith("0000")][:1]
        return attrs.evolve(
            own(attrs.evolve(asked, recipients=kept)),
            receipts=tuple(Receipt("broadcast:1", State.QUEUED, r.to) for r in asked.recipients),
        )

    around(patch, "ogangi", "send_bulk", until_bad)


@mutation("textit", "test_requests_fit_the_documents")
def _(patch: Patch) -> None:
    """A parameter travels that the documents do not know."""
    client = module("textit._client").Client
    own = client._call

    def call(self: Any, *args: Any, **more: Any) -> Any:
        return own(self, *args, **{**more, "query": {**more.get("query", {}), "debug": "1"}})

    patch.setattr(client, "_call", call)


# States.


@mutation("textit", "test_documented_words_mean_what_the_documents_say")
def _(patch: Patch) -> None:
    """`delivered` is read as SENT."""
    patch.setitem(module("textit.mapping").MESSAGE_STATES, "delivered", State.SENT)


@mutation("ogangi", "test_documented_words_mean_what_the_documents_say")
def _(patch: Patch) -> None:
    """What the carrier has is read as on the handset."""
    table = module("ogangi.states").MESSAGE_STATES
    patch.setitem(table, "DELIVERED_TO_CARRIER", State.DELIVERED)


@mutation("mozes", "test_documented_words_mean_what_the_documents_say")
def _(patch: Patch) -> None:
    """A word is missing from the table."""
    patch.delitem(module("mozes.mapping").DELIVERED, "0")


@mutation("textit", "test_a_word_of_no_page_is_unknown_and_kept")
def _(patch: Patch) -> None:
    """An unknown word is swallowed."""

    def silent(own: Any, _: Any, asked: Any) -> Any:
        return attrs.evolve(own(asked), words=None)

    around(patch, "textit", "status", silent)


@mutation("smsby", "test_a_word_of_no_page_is_unknown_and_kept")
def _(patch: Patch) -> None:
    """An unknown word is taken for a failure."""
    reports = module("smsby.reports")
    table = module("smsby.mapping").SMS_STATES
    patch.setattr(reports, "sms_state", lambda word: table.get(word.casefold(), State.FAILED))


@mutation("ogangi", "test_moments_are_told_by_the_right_clock")
def _(patch: Patch) -> None:
    """Offsets are cut off, and moments are taken for the clock of Greenwich."""
    mapping = module("ogangi.mapping")
    own = mapping.parse_date

    def greenwich(text: Any, zone: Any = None) -> Any:
        moment = own(text, zone)
        return None if moment is None else moment.replace(tzinfo=UTC)

    patch.setattr(mapping, "parse_date", greenwich)


@mutation("smsby", "test_moments_are_told_by_the_right_clock")
def _(patch: Patch) -> None:
    """Moments are read by another clock than the provider's."""

    def elsewhere(provider: Any) -> None:
        provider._clock = ZoneInfo("America/Caracas")

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


@mutation("mozes", "test_an_address_that_comes_twice_is_answered_for_twice")
def _(patch: Patch) -> None:
    """Rows of one address are answered for once."""

    def merged(own: Any, _: Any, asked: Any) -> Any:
        answer: BulkReceipt = own(asked)
        by_address = {receipt.to: receipt for receipt in answer.receipts}
        receipts = tuple(by_address[receipt.to] for receipt in answer.receipts)
        return attrs.evolve(answer, receipts=receipts)

    around(patch, "mozes", "send_bulk", merged)


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


# Control.


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


# Failures.


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


@mutation("textit", "test_a_send_that_the_provider_failed_at_is_not_repeated[500]")
def _(patch: Patch) -> None:
    """A send that met a 5xx is made again."""
    around(patch, "textit", "send", _again(ProviderUnavailable))


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
    patch.setitem(module("smsby.errors").WORDS, "billing error", Rejected)


@mutation("textit", "test_documented_refusals_become_their_errors")
def _(patch: Patch) -> None:
    """The provider's words are lost."""
    patch.setattr(module("textit.errors"), "words_of", lambda body: None)


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


@mutation("hyber", "test_an_answer_of_no_form_is_no_answer[{}]")
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


@mutation("textit", "test_what_did_not_arrive_is_not_found[send]")
def _(patch: Patch) -> None:
    """Looking up finds whatever was said to the same people."""
    lookup = module("textit.lookup")
    patch.setattr(lookup, "_same_text", lambda made, content: True)


# Secrets.


@mutation("textit", "test_no_secret_in_what_stands_for_the_account")
def _(patch: Patch) -> None:
    """The token is in the repr of the provider."""
    plugin = load_provider("textit")
    patch.setattr(plugin, "__repr__", lambda self: f"<TextIt with {secret_of(self)}>")


@mutation("hyber", "test_no_secret_in_logs")
def _(patch: Patch) -> None:
    """The password is logged, in Base64."""

    def chatty(own: Any, self: Any, asked: Any) -> Any:
        credentials = f"{self.settings.login}:{secret_of(self)}".encode()
        header = base64.b64encode(credentials).decode()
        logging.getLogger("polycast_hyber").debug("Authorization: Basic %s", header)
        return own(asked)

    around(patch, "hyber", "send", chatty)


@mutation("smsby", "test_no_secret_on_the_terminal")
def _(patch: Patch) -> None:
    """The token is printed."""

    def talkative(own: Any, self: Any, asked: Any) -> Any:
        print("sending with", secret_of(self))  # noqa: T201 - it is what must not be done
        return own(asked)

    around(patch, "smsby", "send", talkative)


@mutation("mozes", "test_no_secret_in_errors_tracebacks_and_pickles")
def _(patch: Patch) -> None:
    """The key is in the words of errors."""

    def telling(own: Any, self: Any, asked: Any) -> Any:
        try:
            return own(asked)
        except ProviderError as error:
            error.words += f" (with the key {secret_of(self)})"
            raise

    around(patch, "mozes", "send", telling)


@mutation("textit", "test_no_secret_in_errors_tracebacks_and_pickles")
def _(patch: Patch) -> None:
    """The whole request hangs on the cause of an error."""

    def linking(own: Any, self: Any, asked: Any) -> Any:
        failure: PolycastError
        try:
            return own(asked)
        except PolycastError as error:
            failure = error
        request = requests.Request("POST", "http://h", headers={"Authorization": secret_of(self)})
        raise failure from requests.HTTPError("failed", request=request)

    around(patch, "textit", "send", linking)


@mutation("ogangi", "test_no_secret_in_what_comes_back")
def _(patch: Patch) -> None:
    """A receipt keeps the key, and takes it along when it is pickled."""

    def keeping(own: Any, self: Any, asked: Any) -> Any:
        return attrs.evolve(own(asked), raw={"signed with": secret_of(self)})

    around(patch, "ogangi", "send", keeping)


@mutation("textit", "test_what_is_secret_is_declared_as_such")
def _(patch: Patch) -> None:
    """The token is declared as a plain string."""

    @attrs.frozen(kw_only=True)
    class Settings(ProviderSettings):
        token: str

    patch.setattr(load_provider("textit"), "Settings", Settings)


# Clients.


@mutation("textit", "test_two_accounts_share_nothing")
def _(patch: Patch) -> None:
    """Every client has the connections and credentials of the first."""
    first: list[Any] = []

    def share(provider: Any) -> None:
        first.append(provider.api)
        provider.api = first[0]

    after_making(patch, "textit", share)


@mutation("smsby", "test_threads_share_a_client")
def _(patch: Patch) -> None:
    """What is being sent is kept where other threads put theirs."""
    kept: dict[str, Any] = {}

    def forgetful(own: Any, _: Any, asked: Any) -> Any:
        kept["message"] = asked
        time.sleep(0.01)
        return own(kept["message"])

    around(patch, "smsby", "send", forgetful)


@mutation("mozes", "test_connecting_asks_nobody")
def _(patch: Patch) -> None:
    """Connecting already asks the provider."""

    def curious(provider: Any) -> None:
        try:
            provider.status("a-broadcast")
        except ProviderError:
            return

    after_making(patch, "mozes", curious)


@mutation("hyber", "test_what_is_not_claimed_is_refused_before_any_request")
def _(patch: Patch) -> None:
    """The core stops asking what is claimed, and the provider drops the field."""
    claim(patch, "hyber", ttl=False)
    own = Client.send

    def send(self: Any, message: Any) -> Any:
        return own(self, attrs.evolve(message, ttl=None))

    patch.setattr(Client, "send", send)
