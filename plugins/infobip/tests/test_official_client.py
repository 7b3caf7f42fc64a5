"""Infobip's own client: it says what we say, and reads what our sandbox answers."""

import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from infobip_api_client import models as theirs
from infobip_api_client.api.sms_api import SmsApi
from infobip_api_client.api.viber_api import ViberApi
from infobip_api_client.api_client import ApiClient
from infobip_api_client.configuration import Configuration
from infobip_api_client.exceptions import ApiException
from polycast import Action, Broadcast, Client, Message, Recipient, State, connect
from polycast.sandbox import Hosted, ManualClock, host
from polycast.testing import at
from polycast_infobip import Button, DeliveryWindow, Options, Tracking
from polycast_infobip.sandbox import InfobipSandbox

ANN, BEN = "+41793026727", "+41793026834"
#: Infobip schedules for 180 days from the present moment.
NOW = datetime.now(UTC).replace(microsecond=0)
TOMORROW = NOW + timedelta(days=1)


class Both:
    """Two clients of one account: ours, and Infobip's own."""

    def __init__(self, hosted: Hosted, clock: ManualClock) -> None:
        self.clock = clock
        self.sandbox: Any = hosted.sandboxes["infobip"]
        root: str = hosted.base_url("infobip")
        account: dict[str, Any] = {**self.sandbox.settings(), "sender": "Tavern"}
        self.ours: Client = connect("infobip", base_url=root, **account)
        api = ApiClient(Configuration(host=root, api_key=account["api_key"]))
        logging.getLogger("urllib3").setLevel(logging.NOTSET)  # it silences it for everybody
        self.sms, self.viber = SmsApi(api), ViberApi(api)

    def last(self) -> Any:
        """Return the last body that the sandbox was sent."""
        return json.loads(self.sandbox.requests[-1].body)


@pytest.fixture
def both() -> Iterator[Both]:
    """Both clients, and the sandbox that they talk to."""
    clock = ManualClock(NOW)
    with at(clock.now), host([InfobipSandbox(clock)]) as hosted:
        made = Both(hosted, clock)
        yield made
        made.ours.close()


def _same(ours: Any, other: Any) -> None:
    """Compare two bodies; moments may have another offset."""
    for body in (ours, other):
        schedule = body.get("options", {}).get("schedule", {})
        if "sendAt" in schedule:
            schedule["sendAt"] = datetime.fromisoformat(schedule["sendAt"])
    assert ours == other


def test_a_broadcast_is_said_as_infobips_own_client_says_it(both: Both) -> None:
    """Texts, window, lifetime, callback and moment are the same JSON."""
    window = DeliveryWindow(days=["MONDAY"], start=time(8), end=time(18))
    both.ours.send_bulk(
        Broadcast(
            text="Dear {name}, see you",
            recipients=[Recipient(ANN, {"name": "Ann"}), Recipient(BEN, {"name": "Ben"})],
            name="Friday",
            ttl=timedelta(hours=2),
            callback_url="https://example.com/ib",
            send_at=TOMORROW,
            options=Options(
                delivery_window=window,
                flash=True,
                entity_id="hotel",
                tracking=Tracking(shorten=False, domain="t.example.com"),
                sending_speed=60,
            ),
        )
    )
    ours = both.last()
    ids = [entry["destinations"][0]["messageId"] for entry in ours["messages"]]
    request = theirs.SmsRequest(
        messages=[
            theirs.SmsMessage(
                sender="Tavern",
                destinations=[theirs.SmsDestination(to=to[1:], messageId=id)],
                content=theirs.SmsMessageContent(theirs.SmsTextContent(text=text)),
                options=theirs.SmsMessageOptions(
                    platform=theirs.Platform(entityId="hotel"),
                    validityPeriod=theirs.ValidityPeriod(amount=7200, timeUnit="SECONDS"),
                    deliveryTimeWindow=theirs.DeliveryTimeWindow(
                        days=["MONDAY"],
                        var_from=theirs.DeliveryTime(hour=8, minute=0),
                        to=theirs.DeliveryTime(hour=18, minute=0),
                    ),
                    campaignReferenceId="Friday",
                    flash=True,
                ),
                webhooks=theirs.SmsWebhooks(
                    delivery=theirs.SmsMessageDeliveryReporting(url="https://example.com/ib"),
                    contentType="application/json",
                ),
            )
            for to, id, text in zip(
                (ANN, BEN), ids, ("Dear Ann, see you", "Dear Ben, see you"), strict=True
            )
        ],
        options=theirs.SmsMessageRequestOptions(
            schedule=theirs.SmsRequestSchedulingSettings(
                bulkId=ours["options"]["schedule"]["bulkId"],
                sendAt=TOMORROW,
                sendingSpeedLimit=theirs.SendingSpeedLimit(amount=60),
            ),
            tracking=theirs.UrlOptions(shortenUrl=False, customDomain="t.example.com"),
            includeSmsCountInResponse=True,
        ),
    )

    both.sms.send_sms_messages(request)

    _same(ours, _without_defaults(both.last(), ours))


def _without_defaults(told: Any, like: Any) -> Any:
    """Return a body without the defaults that their models write and ours leave out."""
    if isinstance(told, dict) and isinstance(like, dict):
        known = {
            "intermediateReport": False,
            "timeUnit": "MINUTE",
            "trackClicks": True,
            "removeProtocol": False,
        }
        return {
            name: _without_defaults(value, like.get(name))
            for name, value in told.items()
            if name in like or known.get(name) != value
        }
    if isinstance(told, list) and isinstance(like, list):
        return [_without_defaults(*pair) for pair in zip(told, like, strict=True)]
    return told


def test_a_viber_message_is_said_as_infobips_own_client_says_it(both: Both) -> None:
    """Content, button, label and the SMS that follows are the same JSON."""
    both.ours.send(
        Message(
            ANN,
            text="Our menu",
            channels=["viber", "sms"],
            options=Options(
                label="PROMOTIONAL",
                button=Button(title="Book", action="https://example.com"),
                sms_text="Our menu: https://example.com",
            ),
        )
    )
    ours = both.last()
    [entry] = ours["messages"]
    message = theirs.ViberMessage(
        sender="Sandbox",
        destinations=[
            theirs.ViberToDestination(to=ANN[1:], messageId=entry["destinations"][0]["messageId"])
        ],
        content=theirs.ViberOutboundTextContent(
            type="TEXT",
            text="Our menu",
            button=theirs.ViberButton(title="Book", action="https://example.com"),
        ),
        options=theirs.ViberMessageOptions(
            label="PROMOTIONAL",
            smsFailover=theirs.ViberDefaultSmsFailover(
                sender="Tavern", text="Our menu: https://example.com"
            ),
        ),
    )

    both.viber.send_viber_messages(theirs.ViberRequest(messages=[message]))

    _same(entry, _without_defaults(both.last()["messages"][0], entry))


def test_infobips_own_client_reads_what_the_sandbox_answers(both: Both) -> None:
    """A send, its logs, and the status of a bulk fit the models of Infobip's client."""
    request = theirs.SmsRequest(
        messages=[
            theirs.SmsMessage(
                sender="Tavern",
                destinations=[
                    theirs.SmsDestination(to=ANN[1:], messageId="m-1"),
                    theirs.SmsDestination(to="41793020000", messageId="m-2"),
                ],
                content=theirs.SmsMessageContent(theirs.SmsTextContent(text="Hello")),
            )
        ],
        options=theirs.SmsMessageRequestOptions(
            schedule=theirs.SmsRequestSchedulingSettings(bulkId="b-1")
        ),
    )

    sent = both.sms.send_sms_messages(request)
    assert (sent.bulk_id, [each.message_id for each in sent.messages]) == ("b-1", ["m-1", "m-2"])
    assert [each.status.group_name for each in sent.messages] == ["PENDING", "REJECTED"]

    both.clock.advance(10)
    logs = both.sms.get_outbound_sms_message_logs(bulk_id=["b-1", "b-2"], use_cursor=True)
    [row] = logs.results
    assert (row.message_id, row.destination, row.status.name, row.error.name) == (
        "m-1",
        ANN[1:],
        "DELIVERED_TO_HANDSET",
        "NO_ERROR",
    )
    assert (row.sent_at, row.price.currency) == (NOW, "EUR")


def test_both_clients_control_the_same_bulk(both: Both) -> None:
    """What one pauses, the other finds paused; an action that does not fit is refused to both."""
    sent = both.ours.send_bulk(Broadcast(text="Hello", recipients=[ANN], send_at=TOMORROW))
    assert sent.id is not None
    bulk = sent.id.removeprefix("bulk:")

    told = both.sms.get_scheduled_sms_messages_status(bulk_id=bulk)
    assert told.status == theirs.SmsBulkStatus.PENDING
    both.ours.control(sent.id, Action.PAUSE)
    told = both.sms.get_scheduled_sms_messages_status(bulk_id=bulk)
    assert told.status == theirs.SmsBulkStatus.PAUSED
    both.sms.update_scheduled_sms_messages_status(
        bulk_id=bulk,
        sms_update_status_request=theirs.SmsUpdateStatusRequest(
            status=theirs.SmsBulkStatus.CANCELED
        ),
    )
    assert both.ours.status(sent.id).state is State.CANCELLED
    with pytest.raises(ApiException):
        both.sms.update_scheduled_sms_messages_status(
            bulk_id=bulk,
            sms_update_status_request=theirs.SmsUpdateStatusRequest(
                status=theirs.SmsBulkStatus.PENDING
            ),
        )


def test_every_status_of_a_bulk_that_infobips_client_knows_has_a_state() -> None:
    """Their enumeration has no word that ours lacks."""
    from polycast_infobip.response import BULKS

    assert {each.value for each in theirs.SmsBulkStatus} == set(BULKS)
