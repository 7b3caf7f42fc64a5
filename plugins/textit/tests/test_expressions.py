"""Values of recipients are values: TextIt evaluates the author's expressions, and no others."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from polycast import Broadcast, Client, Recipient, UsageError
from polycast.campaign import Ledger
from polycast.model.templates import Template
from polycast.testing.environments import Environment, environments
from polycast_textit.request import escape
from polycast_textit.sandbox import TextItSandbox
from polycast_textit.sandbox.state import JOE, evaluated


@pytest.fixture
def here() -> Iterator[Environment[TextItSandbox]]:
    """A client and its server, which evaluates expressions."""
    with environments(TextItSandbox) as make:
        yield make()


def sent_at_once(client: Client, broadcast: Broadcast, folder: Path) -> None:
    client.send_bulk(broadcast)


def as_a_campaign(client: Client, broadcast: Broadcast, folder: Path) -> None:
    with Ledger.open(f"sqlite:///{folder / 'ledger.db'}") as ledger:
        ledger.plan(client, broadcast).run(client)


WAYS = pytest.mark.parametrize("send", [sent_at_once, as_a_campaign])
Send = Callable[[Client, Broadcast, Path], None]


@WAYS
def test_a_value_of_a_row_is_not_evaluated(
    here: Environment[TextItSandbox], tmp_path: Path, send: Send
) -> None:
    """What a row holds arrives as it stands there; the author's expressions are filled in."""
    value = "@contact.tel @(1 + 1) a@example.com @@"
    people = [Recipient("+250788123123", {"name": value})]
    text = "Dear @contact.name: {name} @(2 * 3)"
    send(here.client, Broadcast(text=text, recipients=people), tmp_path)
    assert [message.text for message in here.server.accepted] == [f"Dear Joe: {value} 6"]


@WAYS
def test_a_value_that_would_become_part_of_an_expression_is_a_bad_row(
    here: Environment[TextItSandbox], tmp_path: Path, send: Send
) -> None:
    """It is refused with its row, before anything is sent."""
    people = [Recipient("+250788123123", {"x": "!"}), Recipient("+250788123124", {"x": ".tel"})]
    with pytest.raises(UsageError, match=r"\+250788123124: .*write @\(contact\) in the text"):
        send(here.client, Broadcast(text="@contact{x}", recipients=people), tmp_path)
    assert here.server.requests == []


@pytest.mark.parametrize(
    "value", ["contact.name", "@contact.name", "(1 + 1)", "@", "", "joe", "@@"]
)
@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("{x}", "{x}"),
        ("Follow @{x}", "Follow @{x}"),
        ("@@{x}", "@{x}"),
        ("@@@{x}", "@@{x}"),
        ("{x}{x}", "{x}{x}"),
        ("{x}contact.name", "{x}contact.name"),
        ("@contact.name: {x}", "Joe: {x}"),
        ("@contact.name {x}", "Joe {x}"),
        ("@(1 + 1){x}", "2{x}"),
        ("@(1 + (2 + 3)) {x}", "@(1 + (2 + 3)) {x}"),
        ("a@example.{x}", "a@example.{x}"),
        ("@ {x}", "@ {x}"),
    ],
)
def test_a_text_says_what_its_author_wrote_with_the_value_in_it(
    text: str, read: str, value: str
) -> None:
    """Evaluated by the server, a text is the author's, evaluated, with the value as it stands."""
    said = evaluated(Template.parse(text, escape).render({"x": value}), JOE)
    assert said == read.replace("{x}", value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("@(upper({x}))", "name"),
        ("@(1 + {x}", "1)"),
        ("@contact{x}", ".name"),
        ("@contact.{x}", "name"),
        ("@CONTACT.{x}", "name"),
        ("@con{x}", "tact"),
        ("@contact.name{x}", "s"),
        ("@fields.age{x}", "1"),
        ("@contact.name{x}", "є"),
    ],
)
def test_a_value_never_becomes_a_part_of_an_expression(text: str, value: str) -> None:
    """Where it would, the text is refused, and the sentence says what to write."""
    with pytest.raises(UsageError, match="expression"):
        Template.parse(text, escape).render({"x": value})
