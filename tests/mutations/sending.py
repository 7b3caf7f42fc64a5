"""Mutations of what is told to providers, and what they are said to take."""

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import attrs
import requests
from polycast import (
    Action,
    BulkReceipt,
    Personalisation,
    Receipt,
    State,
)
from polycast.wire import UNSET

from tests.mutations.making import (
    Patch,
    around,
    claim,
    dropping,
    module,
    mutation,
)


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


@mutation("textit", "test_media_travel")
def _(patch: Patch) -> None:
    """Files are uploaded, and not attached."""
    client = module("textit._client").Client
    own = client.create_broadcast
    patch.setattr(
        client,
        "create_broadcast",
        lambda self, body: own(self, attrs.evolve(body, attachments=UNSET)),
    )


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


@mutation("smsby", "test_each_option_travels")
def _(patch: Patch) -> None:
    """The options of broadcasts are dropped."""
    around(patch, "smsby", "send_bulk", dropping("options"))


@mutation("hyber", "test_each_channel_can_be_asked_for")
def _(patch: Patch) -> None:
    """The channels of broadcasts are dropped."""
    around(patch, "hyber", "send_bulk", dropping("channels", ()))


@mutation("hyber", "test_a_scheduled_message_waits_for_its_moment")
def _(patch: Patch) -> None:
    """The moment is dropped."""
    around(patch, "hyber", "send send_bulk", dropping("send_at"))


@mutation("smsby", "test_a_scheduled_message_waits_for_its_moment")
def _(patch: Patch) -> None:
    """The moment is written by another clock than the provider's."""
    content = module("smsby.request")
    own = content.local_start
    patch.setattr(content, "local_start", lambda moment, zone: own(moment, ZoneInfo("Asia/Tokyo")))


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
    patch.setattr(module("textit.recipients"), "LIMIT", 250)


@mutation("mozes", "test_everybody_gets_their_own_text")
def _(patch: Patch) -> None:
    """Texts of one's own are claimed, and everybody gets the same."""
    claim(patch, "mozes", personalisation=Personalisation.TEXTS)


@mutation("mozes", "test_each_kind_of_address_is_taken")
def _(patch: Patch) -> None:
    """A kind of address is claimed that nobody can be reached by."""
    claim(patch, "mozes", schemes=("tel", "contact", "group", "twitter"))


@mutation("mozes", "test_all_kinds_of_address_share_a_broadcast")
def _(patch: Patch) -> None:
    """That a stored list takes a call of its own is not claimed."""
    claim(patch, "mozes", exclusive_schemes=())


@mutation("mozes", "test_all_kinds_of_address_share_a_broadcast")
def _(patch: Patch) -> None:
    """Whoever was written to once is not written to again."""
    told: dict[int, set[str]] = {}

    def once(own: Any, self: Any, asked: Any) -> Any:
        known = told.setdefault(id(self), set())
        to = asked.recipients[0].to
        if to in known:
            return BulkReceipt("broadcast:0", State.QUEUED, (Receipt("0", State.QUEUED, to),))
        known.add(to)
        return own(asked)

    around(patch, "mozes", "send_bulk", once)


@mutation("smsby", "test_a_message_arrives_as_it_was_written")
def _(patch: Patch) -> None:
    """Letters outside ASCII are lost."""

    def ascii_only(own: Any, _: Any, asked: Any) -> Any:
        return own(attrs.evolve(asked, text=asked.text.encode("ascii", "replace").decode()))

    around(patch, "smsby", "send", ascii_only)


@mutation("hyber", "test_odd_characters_arrive_or_are_refused_before_any_request[%name% %s]")
def _(patch: Patch) -> None:
    """What looks like the provider's own notation is not kept apart from it."""
    notation = module("hyber.recipients").Notation
    patch.setattr(notation, "write", lambda self, template: _hyber_notation(template))


def _hyber_notation(template: Any) -> str:
    return "".join(
        part if index % 2 == 0 else f"%{part}%" for index, part in enumerate(template.parts)
    )


@mutation("smsby", "test_a_text_arrives_whole_or_is_refused[long]")
def _(patch: Patch) -> None:
    """Long texts are cut off."""

    def short(own: Any, _: Any, asked: Any) -> Any:
        return own(attrs.evolve(asked, text=asked.text[:160]))

    around(patch, "smsby", "send", short)


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


@mutation("smsby", "test_a_text_of_ones_own_wins")
def _(patch: Patch) -> None:
    """Texts of one's own are dropped."""

    def alike(own: Any, _: Any, asked: Any) -> Any:
        recipients = [attrs.evolve(each, text=None) for each in asked.recipients]
        return own(attrs.evolve(asked, recipients=recipients))

    around(patch, "smsby", "send_bulk", alike)


@mutation("smsby", "test_a_personalised_broadcast_is_one_call_where_that_is_claimed")
def _(patch: Patch) -> None:
    """Everybody takes a call of their own."""

    def one_by_one(own: Any, _: Any, asked: Any) -> Any:
        answers = [own(attrs.evolve(asked, recipients=[each])) for each in asked.recipients]
        receipts = tuple(answer.receipts[0] for answer in answers)
        return attrs.evolve(answers[0], receipts=receipts)

    around(patch, "smsby", "send_bulk", one_by_one)


@mutation("hyber", "test_a_long_list_is_divided_and_answered_for_as_one")
def _(patch: Patch) -> None:
    """The last batch is left out where it holds one recipient."""

    def several(own: Any, _: Any, asked: Any) -> Any:
        if len(asked.recipients) == 1:
            return BulkReceipt("job:0", State.QUEUED, ())
        return own(asked)

    around(patch, "hyber", "send_bulk", several)


@mutation("textit", "test_every_request_has_an_operation")
def _(patch: Patch) -> None:
    """A request goes to an address that the documents do not have."""

    def astray(own: Any, self: Any, asked: Any) -> Any:
        requests.get(f"{self.settings.base_url}/nowhere.json", timeout=5)
        return own(asked)

    around(patch, "textit", "send", astray)


@mutation("infobip", "test_a_time_to_live_travels")
def _(patch: Patch) -> None:
    """The validity period of single messages is dropped."""
    around(patch, "infobip", "prepare", dropping("ttl"))


@mutation("infobip", "test_a_time_to_live_travels")
def _(patch: Patch) -> None:
    """The validity period is lost on its way, and the ids are made of it all the same."""
    client = module("infobip._client").Client
    own = client.send_sms

    def without(self: Any, body: Any) -> Any:
        messages = [attrs.evolve(each, options=UNSET) for each in body.messages]
        return own(self, attrs.evolve(body, messages=messages))

    patch.setattr(client, "send_sms", without)


@mutation("infobip", "test_documented_words_mean_what_the_documents_say")
def _(patch: Patch) -> None:
    """A status goes by its group alone, so that the operator's receipt is the handset's."""
    patch.setattr(module("infobip.response"), "STATES", {})


@mutation("infobip", "test_one_bad_row_costs_that_row_only")
def _(patch: Patch) -> None:
    """Who is refused is taken for sent to."""
    patch.setitem(module("infobip.response").GROUPS, "REJECTED", State.SENDING)


@mutation("infobip", "test_pausing_holds_messages_back")
def _(patch: Patch) -> None:
    """A pause is asked for as a resume."""
    patch.setitem(module("infobip.provider")._ACTIONS, Action.PAUSE, "PENDING")


@mutation("infobip", "test_a_misleading_list_proves_nothing[lost-send_bulk]")
def _(patch: Patch) -> None:
    """What was sent hours before, word for word, is taken for what was lost."""
    patch.setattr(module("infobip.lookup"), "_CLOCKS", timedelta(days=3))


@mutation("twilio", "test_a_sender_travels")
def _(patch: Patch) -> None:
    """The sender of single messages is dropped."""
    around(patch, "twilio", "send", dropping("sender"))


@mutation("twilio", "test_a_time_to_live_travels")
def _(patch: Patch) -> None:
    """The validity period of single messages is dropped."""
    around(patch, "twilio", "send", dropping("ttl"))


@mutation("twilio", "test_a_callback_url_travels")
def _(patch: Patch) -> None:
    """The status callback of single messages is dropped."""
    around(patch, "twilio", "send", dropping("callback_url"))


@mutation("twilio", "test_documented_words_mean_what_the_documents_say")
def _(patch: Patch) -> None:
    """What is delivered is said to have failed."""
    patch.setitem(module("twilio.response").STATES, "delivered", State.FAILED)


@mutation("twilio", "test_a_callback_url_travels")
def _(patch: Patch) -> None:
    """The status callback is lost on its way to the client."""
    client = module("twilio._client").Client
    own = client.create_message
    patch.setattr(
        client,
        "create_message",
        lambda self, sid, body: own(self, sid, attrs.evolve(body, status_callback=UNSET)),
    )
