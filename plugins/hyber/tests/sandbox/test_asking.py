"""The fake platform against Hyber's page: statuses and reports as time goes on."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
import requests
from polycast.sandbox import ManualClock
from polycast_hyber.sandbox import HyberSandbox

Json = dict[str, Any]

PHONE = 380961111112
SMS = {"alpha_name": "GMSU", "ttl": 300}
VIBER = {"ttl": 60, "img": "https://example.com/image.png"}
WHATSAPP = {"ttl": 604800}
PUSH = {"ttl": 30, "title": "Title"}
CODES = ("status", "substatus", "hyber_status")


def milliseconds(clock: ManualClock) -> int:
    return round(clock.now().timestamp() * 1000)


def one(
    options: Json, *, phone: int = PHONE, extra_id: str | None = "AD-6640-7006", text: str = "Hello"
) -> Json:
    message = {"phone_number": phone, "text": text}
    return {
        "messages": [message if extra_id is None else message | {"extra_id": extra_id}],
        "channels": list(options),
        "channel_options": options,
    }


class Sent:
    """One message of a campaign, and everything that can be asked about it."""

    def __init__(self, api: requests.Session, body: Json) -> None:
        self.api = api
        self.job_id = api.post("batch", json=body).json()["job_id"]

    @property
    def row(self) -> Json:
        """The campaign's status of it."""
        (row,) = self.api.get(f"status/{self.job_id}").json()["messages"]
        return dict(row)

    def report(self, kind: str, *, by: str = "message_id") -> Json:
        """A report of it."""
        path = f"external/{self.row['extra_id']}" if by == "extra_id" else self.row["message_id"]
        return dict(self.api.get(f"api/dr/{path}/{kind}").json())


# A campaign's status.


def test_the_status_of_a_campaign_looks_like_the_sample(
    api: requests.Session, clock: ManualClock
) -> None:
    """One SMS expired and one delivered, the last first: every field of the sample, no other."""
    body = one({"sms": SMS}) | {
        "messages": [
            {"phone_number": PHONE, "extra_id": "AD-6640-7006", "text": "Hello"},
            {"phone_number": 380962222222, "extra_id": "AD-6640-7007", "text": "Hello"},
        ],
        "channel_options": {"sms": SMS | {"ctr": True}},
    }
    job_id = api.post("batch", json=body).json()["job_id"]
    began = milliseconds(clock)
    clock.advance(300)
    expired, delivered = api.get(f"status/{job_id}").json()["messages"]
    assert expired == {
        "time": began + 300_000,
        "phone_number": "380962222222",
        "message_id": expired["message_id"],
        "extra_id": "AD-6640-7007",
        "processed": False,
        "accepted": True,
        "total_sms_parts": 1,
        "error_text": "SMS expired",
        "error_code": 35015,
        "clicks": 0,
    }
    assert delivered == {
        "time": began + 2000,
        "phone_number": str(PHONE),
        "message_id": delivered["message_id"],
        "extra_id": "AD-6640-7006",
        "processed": False,
        "accepted": True,
        "total_sms_parts": 1,
        "delivered_sms_parts": 1,
        "status_text": "SMS delivered",
        "status": 2,
        "substatus": 23,
        "hyber_status": 23011,
        "clicks": 0,
    }


def test_a_message_moves_through_its_states(api: requests.Session, clock: ManualClock) -> None:
    """Accepted, on its way, delivered."""
    sent = Sent(api, one({"sms": SMS}))
    seen = []
    for seconds in (0, 0.5, 1.4, 0.1, 1000):
        clock.advance(seconds)
        seen.append(tuple(sent.row.get(name) for name in CODES))
    delivered = (2, 23, 23011)
    assert seen == [(1, 12, None), (1, 11, None), (1, 11, None), delivered, delivered]


@pytest.mark.parametrize(
    ("channel", "options", "codes", "words"),
    [
        ("sms", SMS, (2, 23, 23011), "SMS delivered"),
        ("viber", VIBER, (2, 23, 23033), "Viber delivered"),
        ("viber", {"ttl": 60}, (2, 23, 23043), "Viber delivered"),
        ("whatsapp", WHATSAPP, (2, 23, 23902), "WhatsApp delivered"),
        ("push", PUSH, (2, 23, 23901), "Push delivered"),
    ],
)
def test_every_channel_delivers_with_a_code_of_its_own(
    api: requests.Session,
    clock: ManualClock,
    channel: str,
    options: Json,
    codes: tuple[int, int, int],
    words: str,
) -> None:
    """The published codes, and for WhatsApp and push others of the same pattern."""
    sent = Sent(api, one({channel: options}))
    clock.advance(2)
    assert tuple(sent.row[name] for name in CODES) == codes
    assert sent.row["status_text"] == words
    assert sent.report("simple")["last_partner"] == channel
    assert ("total_sms_parts" in sent.row) == (channel == "sms")


@pytest.mark.parametrize(
    ("text", "parts"),
    [("x" * 160, 1), ("x" * 161, 2), ("x" * 307, 3), ("ї" * 70, 1), ("ї" * 71, 2), ("€" * 81, 2)],
)
def test_the_parts_of_an_sms_are_counted(
    api: requests.Session, clock: ManualClock, text: str, parts: int
) -> None:
    """160 and 153 characters of the GSM alphabet, 70 and 67 of others; € is two."""
    sent = Sent(api, one({"sms": SMS}, text=text))
    clock.advance(2)
    assert (sent.row["total_sms_parts"], sent.row["delivered_sms_parts"]) == (parts, parts)


def test_a_failure_is_told_by_its_error(
    api: requests.Session, sandbox: HyberSandbox, clock: ManualClock
) -> None:
    """A number ending in 1111 fails after a while: error code and text, no status."""
    sent = Sent(api, one({"sms": SMS}, phone=380961111111))
    clock.advance(2)
    assert (sent.row["error_code"], sent.row["error_text"]) == (36001, "SMS failed")
    assert not sent.row.keys() & set(CODES)
    assert sent.row["accepted"] is True
    assert sandbox.inbox == []


def test_a_refused_message_of_a_campaign_is_told_later(api: requests.Session) -> None:
    """The campaign is taken on; the refused one is not accepted and never got an id."""
    sent = Sent(api, one({"sms": SMS}, phone=380960000000))
    row = sent.row
    assert row.pop("time")
    assert row == {
        "phone_number": "380960000000",
        "extra_id": "AD-6640-7006",
        "processed": False,
        "accepted": False,
        "error_code": 36024,
        "error_text": "Phone number incorrect",
    }
    report = sent.report("simple", by="extra_id")
    assert (report["last_partner"], report["hyber_status"]) == ("hyber", 36024)


def test_a_message_without_an_extra_id_has_none(api: requests.Session) -> None:
    """What was not given is not told."""
    assert "extra_id" not in Sent(api, one({"sms": SMS}, extra_id=None)).row


# From channel to channel.


def test_sms_is_tried_when_viber_expires(
    api: requests.Session, sandbox: HyberSandbox, clock: ManualClock
) -> None:
    """The page's detailed sample: Viber expired after its time, SMS delivered, and that is it."""
    sent = Sent(api, one({"viber": VIBER, "sms": SMS}, phone=380961114444))
    began = milliseconds(clock)
    clock.advance(61)
    (viber,) = sent.report("advanced")["reports"]
    assert (viber["last_partner"], viber["hyber_status"]) == ("viber", 35015)
    assert sent.report("advanced")["processing"] is True
    assert sent.report("simple")["status"] == -1
    assert sandbox.inbox == []
    clock.advance(1)
    ids = {name: sent.row[name] for name in ("phone_number", "message_id", "extra_id")}
    assert sent.report("advanced") == {
        "reports": [
            ids
            | {"time": began + 60_000, "last_partner": "viber"}
            | {"status": 3, "substatus": 35, "hyber_status": 35015},
            ids
            | {"time": began + 62_000, "last_partner": "sms"}
            | {"status": 2, "substatus": 23, "hyber_status": 23011}
            | {"total_sms_parts": 1, "delivered_sms_parts": 1},
        ],
        "started": True,
        "processing": False,
        "delivered_via": "sms",
        "channels": [{"channel": "viber", "ttl": 60}, {"channel": "sms", "ttl": 300}],
    }
    assert sent.row["status_text"] == "SMS delivered"
    assert [message.sender for message in sandbox.inbox] == ["GMSU"]


def test_the_first_channel_that_delivers_is_the_last(
    api: requests.Session, sandbox: HyberSandbox, clock: ManualClock
) -> None:
    """Where Viber delivers no SMS is sent."""
    sent = Sent(api, one({"viber": VIBER, "sms": SMS}))
    clock.advance(1000)
    assert [one["last_partner"] for one in sent.report("advanced")["reports"]] == ["viber"]
    assert len(sandbox.inbox) == 1


@pytest.mark.parametrize(
    ("phone", "seconds", "code"), [(380961111111, 4, 36001), (380962222222, 360, 35015)]
)
def test_a_message_may_fail_on_every_channel(
    api: requests.Session, clock: ManualClock, phone: int, seconds: int, code: int
) -> None:
    """1111 fails at once on each, 2222 takes the time to live of each; then it is final."""
    sent = Sent(api, one({"viber": VIBER, "sms": SMS}, phone=phone))
    clock.advance(seconds - 0.1)
    assert sent.report("advanced")["delivered_via"] == "hyber"
    assert sent.report("advanced")["processing"] is True
    clock.advance(0.1)
    report = sent.report("advanced")
    assert [one["hyber_status"] for one in report["reports"]] == [code, code]
    assert (report["delivered_via"], report["processing"]) == ("sms", False)
    assert "status" not in report
    assert (sent.report("simple")["status"], sent.row["error_code"]) == (3, code)


# Reports of single messages.


def test_a_simple_report_looks_like_the_sample(api: requests.Session, clock: ManualClock) -> None:
    """Every field of the sample, no other; by either id."""
    sent = Sent(api, one({"sms": SMS | {"ctr": True}}))
    clock.advance(2)
    report = sent.report("simple")
    assert report == {
        "phone_number": str(PHONE),
        "last_partner": "sms",
        "message_id": sent.row["message_id"],
        "extra_id": "AD-6640-7006",
        "time": milliseconds(clock),
        "status": 2,
        "substatus": 23,
        "hyber_status": 23011,
        "total_sms_parts": 1,
        "delivered_sms_parts": 1,
        "clicks": 0,
    }
    assert sent.report("simple", by="extra_id") == report
    assert sent.report("advanced", by="extra_id") == sent.report("advanced")


def test_a_single_message_has_reports(api: requests.Session, clock: ManualClock) -> None:
    """The id that a single message was answered with leads to its report."""
    body = {
        "phone_number": PHONE,
        "channels": ["viber"],
        "channel_options": {"viber": VIBER | {"text": "Hello"}},
    }
    message_id = api.post("", json=body).json()["message_id"]
    clock.advance(2)
    report = api.get(f"api/dr/{message_id}/simple").json()
    assert (report["last_partner"], report["status"]) == ("viber", 2)


def test_an_open_message_has_status_minus_one(api: requests.Session) -> None:
    """Nothing final is known: -1, and `hyber` for a channel, in either report."""
    sent = Sent(api, one({"sms": SMS}))
    simple, advanced = sent.report("simple"), sent.report("advanced")
    assert (simple["status"], simple["last_partner"]) == (-1, "hyber")
    assert not simple.keys() & {"substatus", "hyber_status"}
    assert (advanced["status"], advanced["delivered_via"], advanced["reports"]) == (-1, "hyber", [])
    assert (advanced["started"], advanced["processing"]) == (True, True)


@pytest.mark.parametrize(
    ("text", "template"), [("Templated text for Viber", 6349599), ("Something else", 0)]
)
def test_a_viber_text_may_match_a_template(
    api: requests.Session, clock: ManualClock, text: str, template: int
) -> None:
    """A text alone names the template it matched, or 0; code and state are the same."""
    sent = Sent(api, one({"viber": {"ttl": 60}}, text=text))
    clock.advance(2)
    (report,) = sent.report("advanced")["reports"]
    assert (report["matching_template_id"], report["hyber_status"]) == (template, 23043)
    assert sent.report("simple")["matching_template_id"] == template


@pytest.mark.parametrize("channel", ["viber", "whatsapp"])
def test_a_delivered_message_may_be_seen(
    api: requests.Session, clock: ManualClock, channel: str
) -> None:
    """A number ending in 5555 sees it a while later; the words say so, its code is ours."""
    sent = Sent(api, one({channel: VIBER if channel == "viber" else WHATSAPP}, phone=380961115555))
    clock.advance(2)
    assert "delivered" in sent.row["status_text"]
    clock.advance(4)
    assert sent.row["status_text"].endswith(" seen")
    assert sent.report("simple")["status_text"].endswith(" seen")
    (report,) = sent.report("advanced")["reports"]
    assert (report["status"], report["status_text"]) == (2, sent.row["status_text"])


def test_nobody_sees_an_sms(api: requests.Session, clock: ManualClock) -> None:
    """Only Viber and WhatsApp tell of it."""
    sent = Sent(api, one({"sms": SMS}, phone=380961115555))
    clock.advance(1000)
    assert sent.row["status_text"] == "SMS delivered"


@pytest.mark.parametrize("extra_id", ["a/b", "a//b", "a b+c%", "Привіт", "simple"])
def test_an_extra_id_may_hold_anything(api: requests.Session, extra_id: str) -> None:
    """What stands in the address is read back as it was."""
    api.post("batch", json=one({"sms": SMS}, extra_id=extra_id))
    for kind in ("simple", "advanced"):
        answer = api.get(f"api/dr/external/{quote(extra_id, safe='')}/{kind}")
        assert answer.status_code == 200
    assert answer.json()["channels"] == [{"channel": "sms", "ttl": 300}]


def test_an_extra_id_leads_to_the_last_of_several(
    api: requests.Session, clock: ManualClock
) -> None:
    """The platform allows one id for two messages."""
    api.post("batch", json=one({"sms": SMS}))
    later = Sent(api, one({"viber": VIBER}))
    clock.advance(2)
    assert later.report("simple", by="extra_id")["last_partner"] == "viber"


def test_a_synchronous_request_makes_no_campaign(
    api: requests.Session, sandbox: HyberSandbox
) -> None:
    """Its messages have reports, but there is no campaign to ask for."""
    (told,) = api.post("batch/sync", json=one({"sms": SMS})).json()["messages"]
    assert api.get(f"api/dr/{told['message_id']}/simple").status_code == 200
    assert sandbox.account.campaigns == {}


# Scheduling.


@pytest.mark.parametrize(
    ("start_time", "starts"),
    [
        ("2026-01-01 12:00:00+03:00", datetime(2026, 1, 1, 9, tzinfo=UTC)),
        ("2026-01-01 12:00:00-02:30", datetime(2026, 1, 1, 14, 30, tzinfo=UTC)),
        ("2026-01-01 12:00:00", datetime(2026, 1, 1, 10, tzinfo=UTC)),
        ("2026-07-01 12:00:00", datetime(2026, 7, 1, 9, tzinfo=UTC)),
        ("2020-12-12 10:10:10+03:00", datetime(2026, 1, 1, tzinfo=UTC)),
    ],
)
def test_a_message_waits_for_its_start(
    api: requests.Session,
    sandbox: HyberSandbox,
    clock: ManualClock,
    start_time: str,
    starts: datetime,
) -> None:
    """An offset is honoured, none is Kyiv's, and a start that has passed is now."""
    sent = Sent(api, one({"sms": SMS}) | {"start_time": start_time})
    waiting = starts - clock.now()
    if waiting:
        clock.advance(waiting.total_seconds() - 1)
        assert not sent.row.keys() & {*CODES, "error_code"}
        advanced = sent.report("advanced")
        assert (advanced["started"], advanced["processing"]) == (False, False)
        assert advanced["status"] == -1
        clock.advance(1)
    assert sent.report("advanced")["started"] is True
    clock.advance(2)
    assert [message.at for message in sandbox.inbox] == [starts + timedelta(seconds=2)]
