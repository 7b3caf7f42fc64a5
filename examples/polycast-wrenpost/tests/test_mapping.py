"""Given this message, these bytes leave; given those bytes, this receipt."""

from typing import NoReturn

import pytest
from polycast import Client, Message, State
from polycast.testing import CannedWire

from polycast_wrenpost.mapping import STATES, state_of
from polycast_wrenpost.sandbox import WrenpostSandbox

TO = "+12125554567"


def shown(operation: str) -> bytes:
    """What the spec shows as the answer of an operation."""
    return WrenpostSandbox.spec.operations[operation].success().response({}).get_data()


def not_filled_in(what: str) -> NoReturn:
    """Fail the running test, and say what its author is to fill in."""
    pytest.fail(f"Not filled in yet: {what}", pytrace=False)


def test_words_for_states_are_known() -> None:
    """The words for states that Wrenpost documents are read as what they mean."""
    if not STATES:
        not_filled_in("mapping.STATES: the words for states that Wrenpost documents.")


def test_a_word_of_no_document_is_unknown() -> None:
    """What nobody knows is UNKNOWN, and no guess."""
    assert state_of("unheard-of") is State.UNKNOWN


def test_a_message_leaves_as_it_is_documented(canned: CannedWire, wrenpost: Client) -> None:
    """Given this message, these bytes leave."""
    canned.answer(200, shown("send_sms"))
    wrenpost.send(Message(TO, text="Your table is ready"))
    [sent] = canned.sent
    assert sent.method == "POST"
    not_filled_in("what leaves, copied from Wrenpost's documents: assert sent.body == ...")


def test_an_answer_becomes_a_receipt(canned: CannedWire, wrenpost: Client) -> None:
    """Given those bytes, this receipt."""
    canned.answer(200, shown("send_sms"))
    receipt = wrenpost.send(Message(TO, text="Your table is ready"))
    assert receipt.to == TO
    not_filled_in("what the answer above means: assert (receipt.id, receipt.state) == ...")


def test_an_answer_becomes_a_status(canned: CannedWire, wrenpost: Client) -> None:
    """Given those bytes, this status."""
    canned.answer(200, shown("get_state"))
    status = wrenpost.status("1")
    assert status.raw is not None
    not_filled_in("what the answer above means: assert status.state is ...")
