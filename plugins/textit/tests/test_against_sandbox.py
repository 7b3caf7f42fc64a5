"""Whole stories over real HTTP, against the plugin's own fake server and a clock tests drive."""

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from polycast import (
    Broadcast,
    Message,
    NotFound,
    RateLimited,
    Recipient,
    Rejected,
    State,
)
from polycast.testing.environments import Environment, environments
from polycast_textit import Options
from polycast_textit.sandbox import TextItSandbox

HELLO = Message("+250788123123", text="Hello")
JOE = "contact:09d23a05-47fe-11e4-bfe9-b8f6b119e9ab"


#: Makes an environment of these settings and this server.
MakeEnvironment = Callable[..., Environment[TextItSandbox]]


@pytest.fixture
def environment() -> Iterator[MakeEnvironment]:
    """Make an environment; `settings` are the client's, everything else belongs to the server."""
    with environments(TextItSandbox) as make:
        yield make


def test_a_broadcast_says_what_became_of_everybody(
    environment: MakeEnvironment,
) -> None:
    """A contact, a group, numbers and another scheme; one fails, one is tried in vain."""
    here = environment()
    sent = here.client.send_bulk(
        Broadcast(
            text="Hello",
            recipients=[
                JOE,
                "group:Customers",
                "+250788121111",
                "+250788122222",
                "twitter:bobby",
            ],
        )
    )
    assert sent.id is not None
    assert [receipt.state for receipt in sent.receipts] == [State.QUEUED] * 5
    here.clock.advance(3.2)
    halfway = here.client.status(sent.id)
    # Joe is also one of the customers, and gets one message.
    assert halfway.expected == 5
    assert {report.to: report.detail for report in halfway.reports} == {
        "+250788123123": "delivered",
        "+250788123124": "delivered",
        "+250788121111": "failed",
        "+250788122222": "errored",
        "twitter:bobby": "delivered",
    }
    here.clock.advance(10)
    states = Counter(report.state for report in here.client.status(sent.id).reports)
    assert states == {State.DELIVERED: 3, State.FAILED: 2}


def test_translations_reach_people_in_their_language(
    environment: MakeEnvironment,
) -> None:
    """Joe reads English, Ana Spanish, a stranger the base language."""
    here = environment()
    here.client.send_bulk(
        Broadcast(
            text="Hello",
            recipients=["+250788123123", "+250788123124", "+250788123999"],
            options=Options(base_language="eng", translations={"spa": "Hola"}),
        )
    )
    assert {message.to: message.text for message in here.server.accepted} == {
        "tel:+250788123123": "Hello",
        "tel:+250788123124": "Hola",
        "tel:+250788123999": "Hello",
    }


def test_a_personalised_list_of_many(environment: MakeEnvironment) -> None:
    """More people than fit one call, two texts: every one gets theirs, once."""
    here = environment()
    recipients = [
        Recipient(f"+2507883{number:05}", variables={"name": ("Ann", "Bob")[number % 2]})
        for number in range(1, 251)
    ]
    sent = here.client.send_bulk(Broadcast(text="Dear {name}!", recipients=recipients))
    assert [batch.size for batch in sent.batches] == [100, 100, 25, 25]
    assert {message.to: message.text for message in here.server.accepted} == {
        f"tel:{recipient.to}": f"Dear {recipient.variables['name']}!" for recipient in recipients
    }
    assert len(here.server.accepted) == 250


def test_reports_come_over_several_pages(environment: MakeEnvironment) -> None:
    """Every recipient once, whatever the length of a page, and nobody else's."""
    here = environment(page_size=7)
    numbers = [f"+25078840{number:04}" for number in range(1, 31)]
    here.client.send(HELLO)
    sent = here.client.send_bulk(Broadcast(text="Hello", recipients=numbers))
    here.client.send(HELLO)
    assert sent.id is not None
    here.clock.advance(60)
    assert sorted(str(report.to) for report in here.client.status(sent.id).reports) == numbers


def test_an_anonymous_workspace_hides_numbers(environment: MakeEnvironment) -> None:
    """Reports then name the contact; sending and asking go on as ever."""
    here = environment(anonymous=True)
    receipt = here.client.send(HELLO)
    assert receipt.id is not None
    here.clock.advance(60)
    status = here.client.status(receipt.id)
    assert status.state is State.SENT
    assert [report.to for report in status.reports] == [JOE]


def test_a_picture_travels_with_the_message(environment: MakeEnvironment, tmp_path: Path) -> None:
    """A local file is uploaded once and attached to the broadcasts of two texts."""
    here = environment()
    picture = tmp_path / "menu.png"
    picture.write_bytes(b"\x89PNG")
    people = [
        Recipient("+250788123123", variables={"name": "Joe"}),
        Recipient("+250788123124", variables={"name": "Ana"}),
    ]
    here.client.send_bulk(Broadcast(text="Dear {name}", recipients=people, media=[picture]))
    (held,) = here.server.workspace.media
    assert (held.filename, held.content_type) == ("menu.png", "image/png")
    assert [entry.operation for entry in here.server.requests] == [
        "upload_media",
        "create_broadcast",
        "create_broadcast",
    ]
    messages = [each for sent in here.server.workspace.broadcasts for each in sent.messages]
    assert [message.attachments for message in messages] == [(held,), (held,)]


def test_a_file_of_a_kind_that_textit_refuses(environment: MakeEnvironment, tmp_path: Path) -> None:
    """The refusal is the server's own, and nobody is sent anything."""
    here = environment()
    program = tmp_path / "a.exe"
    program.write_bytes(b"MZ")
    with pytest.raises(Rejected, match=r"file: Unsupported file type\."):
        here.client.send(Message("+250788123123", text="Hello", media=[program]))
    assert here.server.accepted == []


def test_one_bad_number_costs_nobody_else_their_message(environment: MakeEnvironment) -> None:
    """TextIt refuses the call and names the number: the others are sent to in a new one."""
    here = environment()
    people = [f"+2507881{number:05}" for number in range(1, 100)]
    sent = here.client.send_bulk(Broadcast(text="Hello", recipients=[*people, "+250788120000"]))
    *others, bad = sent.receipts
    assert {receipt.state for receipt in others} == {State.QUEUED}
    assert (bad.state, bad.id) == (State.REJECTED, None)
    assert bad.detail == (
        "Invalid URN: tel:+250788120000. Ensure phone numbers contain country codes."
    )
    assert sorted(message.to for message in here.server.accepted) == [f"tel:{to}" for to in people]
    creations = [each for each in here.server.requests if each.operation == "create_broadcast"]
    assert [each.status for each in creations] == [400, 201]


@pytest.mark.parametrize("id", ["99", "0199bb93-ec0f-703b-9b5b-d26d4b6b133c"])
def test_an_unknown_broadcast(environment: MakeEnvironment, id: str) -> None:
    """Neither kind of id is mistaken for a broadcast that is there."""
    here = environment()
    here.client.send(HELLO)
    with pytest.raises(NotFound):
        here.client.status(id)


def test_both_ids_of_a_broadcast_lead_to_it(environment: MakeEnvironment) -> None:
    """A number kept from an older server still finds what a newer one also calls by UUID."""
    here = environment()
    raw: Any = here.client.send(HELLO).raw
    assert here.client.status(str(raw.id)).raw == here.client.status(raw.uuid).raw


def test_an_hourly_limit_is_an_error_with_its_time(
    environment: MakeEnvironment,
) -> None:
    """An hour is too long to wait for: the error names the time, and trying again is safe."""
    here = environment(requests_per_hour=1)
    here.client.send(HELLO)
    with pytest.raises(RateLimited, match="asks to wait 3600 s") as caught:
        here.client.send(HELLO)
    assert caught.value.safe_to_retry
    assert here.pauses == []
