"""The steps of the demo, in order: each says what it does, does it, and checks what it says."""

from collections.abc import Callable, Sequence
from importlib.resources import as_file, files

from polycast.demo.stage import BrokenPromise, Stage
from polycast.errors import AuthenticationFailed, OutcomeUnknown, Rejected, Unsupported
from polycast.model.features import Personalisation
from polycast.model.messages import Action, Broadcast, Message, Recipient, State
from polycast.recipients import read_recipients
from polycast.sandbox import LoseReply, SimulatedOutcome

__all__ = ["STEPS", "Step"]

#: Takes a stage, and returns what happened in a few words.
Step = Callable[[Stage], str]

#: North American and fictitious: the one kind of number that every provider here takes.
_TO = "+12125554567"
_GUESTS = "{greeting} {name}! Table {table} is yours on Friday at 19:00."
#: Enough recipients that a broadcast to them can be paused half-way.
_MANY = tuple(Recipient(f"+1212555{number:04}") for number in range(4001, 4041))
#: Seconds of the sandbox's time after which nothing that had left is still on its way.
_SETTLED = 3.0


_PERSONALISES = {
    Personalisation.VARIABLES: "fills in the variables itself",
    Personalisation.TEXTS: "takes a text for each recipient",
    Personalisation.NONE: "takes one text for all, and everybody's is different",
}


def one_message(stage: Stage) -> str:
    """Send one message, and follow it to its recipient."""
    text = "Your table is ready. Ваш столик готовий."
    stage.voice.code(f'receipt = client.send(Message("{_TO}", text="{text}"))')
    receipt = stage.client.send(Message(_TO, text=text))
    if receipt.id is None:
        raise BrokenPromise(f"{stage.name} gave the message no id: {receipt.state}.")
    stage.voice.says(f"{stage.name} took it: {receipt.state}, with the id {receipt.id}.")
    stage.voice.code("client.status(receipt.id)")
    last = stage.follow(receipt.id)
    stage.arrive_once([(_TO, text)])
    stage.voice.says("It has arrived, once.")
    return f"{last.state if last else receipt.state}, arrived once"


def guests() -> Sequence[Recipient]:
    """Return the recipients of the list that comes with Polycast."""
    with as_file(files("polycast.demo") / "guests.csv") as path:
        return tuple(read_recipients(path))


def personal_broadcast(stage: Stage) -> str:
    """Send a broadcast that reads differently for everybody on a list."""
    broadcast = Broadcast(recipients=guests(), text=_GUESTS, name="Friday")
    recipients = tuple(broadcast.recipients)
    stage.voice.code(
        f'broadcast = Broadcast(text="{_GUESTS}", recipients=read_recipients("guests.csv"))'
    )
    calls = len(stage.client.plan(broadcast).batches)
    stage.voice.says(
        f"{len(recipients)} guests, each with a name and a table of their own. "
        f"{stage.name} {_PERSONALISES[stage.client.features.personalisation]}, so this takes "
        f"{_requests(calls)}."
    )
    stage.voice.code("sent = client.send_bulk(broadcast)")
    sent = stage.client.send_bulk(broadcast)
    if sent.id is None:
        raise BrokenPromise(f"{stage.name} gave the broadcast no id: {sent.state}.")
    stage.claim(
        [receipt.reference for receipt in sent.receipts]
        == [recipient.reference for recipient in recipients],
        "the receipts are not those of the guests.",
    )
    stage.last_id = sent.id
    stage.follow(sent.id)
    expected = [(each.to, broadcast.text_for(each) or "") for each in recipients]
    stage.arrive_once(expected)
    stage.voice.says(f'Each guest has the right text, once. The second reads: "{expected[1][1]}"')
    return f"{len(recipients)} personal texts in {_requests(calls)}, each arrived once"


def _requests(count: int) -> str:
    return "1 request" if count == 1 else f"{count} requests"


def change_course(stage: Stage) -> str:
    """Pause, resume and stop a broadcast, or be told clearly that it cannot be done."""
    offered = stage.client.features.actions
    if Action.PAUSE not in offered:
        return _refused_action(stage)
    stage.voice.says(f"Now {len(_MANY)} recipients, so that there is time for a change of mind.")
    stage.voice.code(
        'sent = client.send_bulk(Broadcast(text="The kitchen closes at ten.", recipients=many))'
    )
    text = "The kitchen closes at ten."
    sent = _to_many(stage, text)
    _act(stage, sent, Action.PAUSE, State.PAUSED)
    stage.voice.says(f"{_halted(stage, text)} had left by then; no other follows.")
    done = ["paused"]
    if Action.RESUME in offered:
        _act(stage, sent, Action.RESUME, None)
        stage.follow(sent)
        stage.arrive_once([(each.to, text) for each in _MANY])
        stage.voice.says("Resumed, it has reached everybody, once.")
        done.append("resumed to the end")
    if Action.STOP in offered:
        text = "The kitchen is closed."
        sent = _to_many(stage, text)
        _act(stage, sent, Action.STOP, State.CANCELLED)
        stage.voice.says(f"Stopped for good: {_halted(stage, text)} had left.")
        done.append("stopped for good")
    return ", ".join(done)


def _to_many(stage: Stage, text: str) -> str:
    """Send to many, wait for the first to arrive, and return the broadcast's id."""
    sent = stage.client.send_bulk(Broadcast(recipients=_MANY, text=text))
    if sent.id is None:
        raise BrokenPromise(f"{stage.name} gave the broadcast no id: {sent.state}.")
    stage.until(lambda: stage.arrived(text) > 0, "the first message never arrived.")
    return sent.id


def _halted(stage: Stage, text: str) -> str:
    """Check that no more of this text leaves, and tell how many had left."""
    stage.clock.rest(_SETTLED)
    before = stage.arrived(text)
    stage.clock.rest(_SETTLED)
    stage.claim(stage.arrived(text) == before, "messages went on arriving all the same.")
    stage.claim(before < len(_MANY), "everything had arrived before it was halted.")
    return f"{before} of {len(_MANY)}"


def _act(stage: Stage, id: str, action: Action, wanted: State | None) -> None:
    stage.voice.code(f"client.control(sent.id, Action.{action.name})")
    after = stage.client.control(id, action).state
    found = stage.client.status(id).state
    stage.voice.says(f"{stage.name} did so. Asked, it says: {found}.")
    stage.claim(wanted is None or after == found == wanted, f"it is {found}, not {wanted}.")


def _refused_action(stage: Stage) -> str:
    before = len(stage.sandbox.requests)
    stage.voice.code("client.control(sent.id, Action.PAUSE)")
    try:
        stage.client.control(stage.last_id, Action.PAUSE)
    except Unsupported as error:
        stage.voice.says(f"Unsupported: {error} No request was made.")
        stage.claim(len(stage.sandbox.requests) == before, "a request was made all the same.")
        return "not offered: refused before any request"
    raise BrokenPromise("an action was carried out that the provider does not offer.")


def refused_recipient(stage: Stage) -> str:
    """Send to somebody whom the provider refuses."""
    to = _TO[: -len(SimulatedOutcome.REFUSED.value)] + SimulatedOutcome.REFUSED.value
    stage.voice.code(f'client.send(Message("{to}", text="Hello?"))')
    try:
        receipt = stage.client.send(Message(to, text="Hello?"))
    except Rejected as error:
        stage.voice.says(f"Rejected: {error}")
        result = "Rejected, in the provider's words"
    else:
        stage.claim(receipt.state is State.REJECTED, f"the receipt says {receipt.state}.")
        stage.voice.says(f"The receipt says: {receipt.state} ({receipt.detail}).")
        result = f"receipt: rejected ({receipt.detail})"
    stage.clock.rest(_SETTLED)
    stage.claim(stage.accepted(to) == 0, "it was sent all the same.")
    stage.voice.says("Nothing was sent to that number.")
    return result


def lost_reply(stage: Stage) -> str:
    """Lose the reply to a send: nobody knows, so nothing is repeated."""
    text = "Did you get this?"
    stage.voice.says("The next reply is lost on its way back.")
    stage.sandbox.faults.add(LoseReply())
    before = len(stage.sandbox.requests)
    message = Message(_TO, text=text)
    since = stage.clock.now()
    stage.voice.code(f'message = Message("{_TO}", text="{text}")')
    stage.voice.code("client.send(message)")
    try:
        stage.client.send(message)
    except OutcomeUnknown as error:
        stage.voice.says(f"OutcomeUnknown: {error}")
        stage.claim(not error.safe_to_retry, "the error calls repeating it safe.")
    else:
        raise BrokenPromise("the reply was lost, and a receipt was given all the same.")
    made = len(stage.sandbox.requests) - before
    stage.claim(made == 1, f"it took {_requests(made)}, not 1.")
    stage.arrive_once([(_TO, text)])
    stage.voice.says(
        "In truth it has arrived, as the sandbox's inbox shows: once. To repeat it blindly would "
        "have sent it twice."
    )
    if not stage.client.features.lookup:
        return "OutcomeUnknown; arrived once, not repeated"
    stage.voice.says(f"{stage.name} can be asked whether it has it, which sends nothing.")
    stage.voice.code("client.lookup(message, since)")
    found = stage.client.lookup(message, since)
    if found is None:
        raise BrokenPromise(f"{stage.name} says that it does not have what it has.")
    stage.voice.says(f"It has: {found.state}, with the id {found.id or found.receipts[0].id}.")
    return "OutcomeUnknown; arrived once, found by lookup"


def wrong_credentials(stage: Stage) -> str:
    """Send with credentials that the provider does not know."""
    text = "Is this mine?"
    wrong = stage.secrets()
    stage.claim(bool(wrong), "it has no credentials that could be wrong.")
    stage.voice.code(f'polycast.connect("{stage.name}", {_keywords(wrong)}).send(...)')
    with stage.connect(dict.fromkeys(wrong, "not-the-right-one")) as stranger:
        try:
            stranger.send(Message(_TO, text=text))
        except AuthenticationFailed as error:
            stage.voice.says(f"AuthenticationFailed: {error}")
            stage.claim("not-the-right-one" not in str(error), "the error shows a credential.")
        else:
            raise BrokenPromise("wrong credentials were accepted.")
    stage.claim(
        all(message.text != text for message in stage.sandbox.accepted), "it was sent all the same."
    )
    return "AuthenticationFailed, nothing sent"


def _keywords(names: Sequence[str]) -> str:
    return ", ".join(f'{name}="not-the-right-one"' for name in names)


STEPS: Sequence[tuple[str, Step]] = (
    ("One message", one_message),
    ("A personal broadcast", personal_broadcast),
    ("Pause, resume, stop", change_course),
    ("A refused recipient", refused_recipient),
    ("A lost reply", lost_reply),
    ("Wrong credentials", wrong_credentials),
)
