"""What Ogangi says no with, what is lost on the way, and what is never shown."""

import logging
import traceback
from collections.abc import Callable

import pytest
from polycast import (
    Action,
    AuthenticationFailed,
    Broadcast,
    Client,
    InsufficientFunds,
    InvalidResponse,
    Message,
    OutcomeUnknown,
    PolycastError,
    ProviderError,
    ProviderUnavailable,
    RateLimited,
    Recipient,
    State,
)
from polycast.testing import CannedWire
from polycast_ogangi import Options

PUBLIC_KEY = "PUBLIC-SENTINEL"
PRIVATE_KEY = "PRIVATE-SENTINEL"
GUESTS = [
    Recipient("+380961111111", {"name": "Іван"}, reference="guest 1"),
    Recipient("+380962222222", {"name": "Олена"}),
]


def ok(result: str = "") -> str:
    """An answer of Ogangi's: elements without a root."""
    inner = f"<result>{result}</result>" if result else ""
    return f"<input>x</input><status>OK</status><description>Completed</description>{inner}"


def broadcast(inner: str = "<statusDescription>SENDING</statusDescription>") -> str:
    """An answer with broadcast 1542."""
    return ok(f"<broadcast><id>1542</id>{inner}</broadcast>")


def refusal(status: str, description: str = "Internal error") -> str:
    """An answer that says no."""
    return f"<input>x</input><status>{status}</status><description>{description}</description>"


SENT = ok(
    "<messages><message><id>1</id><to>380961111111</to><status>SENT</status></message></messages>"
)


def caught(call: Callable[[], object]) -> PolycastError:
    """The error that a call raises."""
    with pytest.raises(PolycastError) as info:
        call()
    return info.value


def calls(client: Client) -> dict[str, Callable[[], object]]:
    """One call of each kind that changes something."""
    return {
        "send": lambda: client.send(Message("+380961111111", text="Hi")),
        "send_bulk": lambda: client.send_bulk(Broadcast(text="Hi {name}", recipients=GUESTS)),
        "control": lambda: client.control("broadcast:1542", Action.STOP),
    }


CHANGING = ["send", "send_bulk", "control"]


@pytest.mark.parametrize("http_status", [200, 400, 403, 500])
@pytest.mark.parametrize("kind", [*CHANGING, "status"])
def test_bad_signature(wire: CannedWire, client: Client, kind: str, http_status: int) -> None:
    """A bad signature is a matter of credentials, whatever the HTTP status."""
    wire.answer(http_status, refusal("BAD_SIGNATURE", "Invalid signature, access denied"))
    asked = {**calls(client), "status": lambda: client.status("broadcast:1542")}
    error = caught(asked[kind])
    assert type(error) is AuthenticationFailed
    assert (error.code, error.detail) == ("BAD_SIGNATURE", "Invalid signature, access denied")
    assert not error.safe_to_retry
    assert len(wire.sent) == 1


@pytest.mark.parametrize("http_status", [200, 500])
@pytest.mark.parametrize("kind", CHANGING)
def test_error_names_no_cause(
    wire: CannedWire, client: Client, kind: str, http_status: int
) -> None:
    """ERROR is a plain provider error that admits to knowing no cause, and is not repeated."""
    wire.answer(http_status, refusal("ERROR", "Internal error, please report this"))
    error = caught(calls(client)[kind])
    assert type(error) is ProviderError
    assert error.code == "ERROR"
    assert "Internal error, please report this. It names no cause" in str(error)
    assert not error.safe_to_retry
    assert len(wire.sent) == 1


def test_error_to_a_read_is_safe_to_repeat(wire: CannedWire, client: Client) -> None:
    """A question may be asked again, though that is left to the caller."""
    wire.answer(200, refusal("ERROR"))
    error = caught(lambda: client.status("broadcast:1542"))
    assert type(error) is ProviderError
    assert error.safe_to_retry
    assert len(wire.sent) == 1


def test_error_with_a_telling_http_status(wire: CannedWire, client: Client) -> None:
    """An HTTP status that says more than ERROR does decides."""
    wire.answer(429, refusal("ERROR"), headers={"Retry-After": "3600"})
    error = caught(lambda: client.send(Message("+380961111111", text="Hi")))
    assert type(error) is RateLimited
    assert error.retry_after == 3600


def test_unknown_envelope_status(wire: CannedWire, client: Client) -> None:
    """A status that no page has is an error that keeps its word."""
    wire.answer(200, refusal("MAINTENANCE", "Back soon"))
    error = caught(lambda: client.send(Message("+380961111111", text="Hi")))
    assert type(error) is ProviderError
    assert error.code == "MAINTENANCE"
    assert "Back soon" in str(error)


@pytest.mark.parametrize("kind", CHANGING)
def test_ok_with_a_refusing_http_status(wire: CannedWire, client: Client, kind: str) -> None:
    """A body that says OK under an HTTP status that does not leaves the outcome unknown."""
    wire.answer(500, broadcast())
    assert type(caught(calls(client)[kind])) is OutcomeUnknown
    assert len(wire.sent) == 1


def messages(*words: str) -> str:
    """A reply to a file, with a message of each status."""
    rows = "".join(
        f"<message><id>{place}</id><to>38096{place}111111</to><status>{word}</status></message>"
        for place, word in enumerate(words, 1)
    )
    return ok(f"<messages>{rows}</messages>")


@pytest.mark.parametrize("word", ["NOT_ENOUGH_FUNDS", "not enough funds"])
def test_an_account_without_credit(wire: CannedWire, client: Client, word: str) -> None:
    """Where no message could be paid, nobody was refused: the account is empty."""
    wire.answer(200, messages(word))
    error = caught(lambda: client.send(Message("+380961111111", text="Hi")))
    assert type(error) is InsufficientFunds
    assert error.carried_out is False


def test_credit_that_ran_out_on_the_way(wire: CannedWire, client: Client) -> None:
    """What was sent before the credit was used up is told as sent, the rest with its reason."""
    wire.answer(200, messages("SENT", "NOT_ENOUGH_FUNDS"))
    people = ["+380961111111", "+380962111111"]
    sent = client.send_bulk(
        Broadcast(text="Hi", recipients=people, options=Options(delivery="file"))
    )
    assert [(each.state, each.detail) for each in sent.receipts] == [
        (State.SENT, "SENT"),
        (State.REJECTED, "NOT_ENOUGH_FUNDS"),
    ]


UNREADABLE = {
    "html": "<html><head><title>Log in</title></head><body>?</body></html>",
    "empty": "",
    "cut off": broadcast()[:-30],
    "no envelope": "<result><broadcast><id>1</id></broadcast></result>",
    "json": '{"status": "OK"}',
    "doctype": f"<!DOCTYPE a [<!ENTITY b 'c'>]><a>{broadcast()}</a>",
    "two statuses": ok().replace("<status>", "<status>OK</status><status>"),
    "elements in status": broadcast().replace("OK", "<a>OK</a>"),
    "empty status": broadcast().replace("OK", " "),
}


@pytest.mark.parametrize(
    "result", ["<broadcast><id>one</id></broadcast>", "<messages><message/></messages>"]
)
@pytest.mark.parametrize("kind", ["send", "send_bulk"])
def test_an_answer_without_a_readable_id(
    wire: CannedWire, client: Client, kind: str, result: str
) -> None:
    """OK without the id of anything tells nobody what was sent."""
    wire.answer(200, ok(result))
    assert type(caught(calls(client)[kind])) is OutcomeUnknown
    assert len(wire.sent) == 1


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE)
@pytest.mark.parametrize("kind", CHANGING)
def test_unreadable_answer_to_a_change(
    wire: CannedWire, client: Client, kind: str, body: str
) -> None:
    """A 2xx that is not Ogangi's format leaves the outcome unknown, and nothing is repeated."""
    wire.answer(200, body)
    assert type(caught(calls(client)[kind])) is OutcomeUnknown
    assert len(wire.sent) == 1


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE)
def test_unreadable_answer_to_a_read(wire: CannedWire, client: Client, body: str) -> None:
    """The same to a question is an invalid answer."""
    wire.answer(200, body)
    assert type(caught(lambda: client.status("broadcast:1542"))) is InvalidResponse


def test_a_message_that_cannot_be_read(wire: CannedWire, client: Client) -> None:
    """Where the only message tells no id, nobody knows what became of it."""
    wire.answer(200, ok("<messages><message><status>SENT</status></message></messages>"))
    assert type(caught(calls(client)["send"])) is OutcomeUnknown


def test_one_bad_row_costs_that_row_only(wire: CannedWire, client: Client) -> None:
    """Among many messages one that tells no status leaves its own recipient UNKNOWN."""
    rows = [f"<id>{n}</id><to>38096{n:07}</to><status>SENT</status>" for n in range(1000)]
    rows[500] = "<id>500</id><to>380960000500</to>"
    wire.answer(
        200,
        ok(
            "".join(f"<message>{row}</message>" for row in rows).join(("<messages>", "</messages>"))
        ),
    )
    sent = client.send_bulk(
        Broadcast(
            text="Hi",
            recipients=[f"+38096{n:07}" for n in range(1000)],
            options=Options(delivery="file"),
        )
    )
    assert [r.to for r in sent.receipts if r.state is not State.SENT] == ["+380960000500"]
    assert (sent.receipts[500].id, sent.receipts[500].state) == ("message:500", State.UNKNOWN)


@pytest.mark.parametrize("body", [ok(), ok("<messages/>"), ok("<shortcodes/>"), ok(" ")])
@pytest.mark.parametrize("kind", ["send", "send_bulk"])
def test_ok_without_a_result(wire: CannedWire, client: Client, kind: str, body: str) -> None:
    """OK without a message or broadcast to show for it leaves the outcome unknown."""
    wire.answer(200, body.replace("Completed", f"Completed for {PUBLIC_KEY}"))
    error = caught(calls(client)[kind])
    assert type(error) is OutcomeUnknown
    assert "it says OK, and names no" in str(error)
    assert "Completed for ***" in str(error.raw)


def test_ok_without_the_broadcast_asked_for(wire: CannedWire, client: Client) -> None:
    """OK without a broadcast is an invalid answer to the question for one."""
    wire.answer(200, ok())
    assert type(caught(lambda: client.status("broadcast:1542"))) is InvalidResponse


@pytest.mark.parametrize("kind", CHANGING)
def test_lost_reply(wire: CannedWire, client: Client, kind: str) -> None:
    """A change whose reply is lost is never repeated, though most of them are GETs."""
    wire.lose()
    error = caught(calls(client)[kind])
    assert type(error) is OutcomeUnknown
    assert not error.safe_to_retry
    assert len(wire.sent) == 1


@pytest.mark.parametrize("action", Action)
def test_every_action_is_made_once(wire: CannedWire, client: Client, action: Action) -> None:
    """No action is repeated after a lost reply."""
    wire.lose()
    assert type(caught(lambda: client.control("broadcast:1542", action))) is OutcomeUnknown
    assert len(wire.sent) == 1


def test_html_from_a_gateway(wire: CannedWire, client: Client) -> None:
    """A gateway's page to a send is an unavailable provider, not safe to retry."""
    wire.answer(502, UNREADABLE["html"])
    error = caught(lambda: client.send(Message("+380961111111", text="Hi")))
    assert type(error) is ProviderUnavailable
    assert not error.safe_to_retry
    assert len(wire.sent) == 1


def test_reads_are_repeated(wire: CannedWire, client: Client) -> None:
    """A question is asked again after a lost reply and a gateway's page."""
    wire.lose().answer(502, UNREADABLE["html"]).answer(200, broadcast())
    assert client.status("broadcast:1542").state is State.SENDING
    assert len(wire.sent) == 3


def test_change_is_repeated_when_it_never_left(wire: CannedWire, client: Client) -> None:
    """A send is tried again when no connection was made."""
    wire.refuse_connection().answer(200, SENT)
    assert client.send(Message("+380961111111", text="Hi")).state is State.SENT


# Secrets


def shown(error: BaseException) -> str:
    """Everything that an error shows of itself: its traceback, its causes, its attributes."""
    text = "".join(traceback.TracebackException.from_exception(error).format())
    return text + repr(error) + repr(vars(error)) + str(getattr(error, "raw", ""))


@pytest.mark.parametrize(
    "fail",
    [
        lambda wire, url: wire.lose(),
        lambda wire, url: wire.refuse_connection(),
        lambda wire, url: wire.answer(200, f"<html><title>{url}</title></html>"),
        lambda wire, url: wire.answer(500, f"no such page: {url}"),
        lambda wire, url: wire.answer(200, refusal("ERROR", f"at {url} by {PRIVATE_KEY}")),
        lambda wire, url: wire.answer(200, refusal(url, "")),
        lambda wire, url: wire.answer(302, "", headers={"Location": url}),
    ],
)
def test_errors_show_no_secret(
    client: Client,
    caplog: pytest.LogCaptureFixture,
    fail: Callable[[CannedWire, str], CannedWire],
) -> None:
    """No key and no signature is in an error, its causes, its raw answer or the log."""
    caplog.set_level(logging.DEBUG)
    wire = CannedWire()
    wire.attach(client)
    wire.answer(200, ok())
    client.control("broadcast:1542", Action.STOP)
    url = wire.sent[0].url
    signature = wire.sent[0].segments[-1]
    for _ in range(5):
        fail(wire, url)
    error = caught(lambda: client.control("broadcast:1542", Action.STOP))
    assert wire.sent[-1].segments[-1] == signature
    text = shown(error) + caplog.text
    for secret in (PUBLIC_KEY, PRIVATE_KEY, signature):
        assert secret not in text
        assert secret.upper() not in text


def test_nothing_shows_secrets(wire: CannedWire, client: Client) -> None:
    """Neither the client, nor the provider, nor its settings print a key."""
    wire.answer(200, broadcast())
    status = client.status("broadcast:1542")
    text = "".join(map(repr, (client, client.provider, client.api, client.api.transport, status)))
    text += repr(client.provider.settings) + str(client.provider.settings)
    assert PUBLIC_KEY not in text
    assert PRIVATE_KEY not in text
