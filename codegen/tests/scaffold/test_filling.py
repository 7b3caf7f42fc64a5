"""What is left in comments is what belongs there: with it filled in, the contract passes."""

import importlib
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from polycast import Message, OutcomeUnknown

from .conftest import SOURCES, Written, write

Known = dict[str, list[tuple[str, str]]]


def known(name: str, words: dict[str, str], answer: str, sent: str) -> Known:
    """Return what an author knows of a provider, by the file that it belongs into.

    Args:
        name: the provider's name.
        words: its words for states, and what they mean.
        answer: what it answers when it is asked for a message, with `WORD`.
        sent: what leaves for a message to `TO`.
    """
    kind = name.capitalize()
    sandbox_words = "".join(f"State.{state}: {word!r}, " for word, state in words.items())
    return {
        f"src/polycast_{name}/request.py": [
            (f"from polycast_{name}", f"from polycast.wire import UNSET\n\nfrom polycast_{name}"),
        ],
        f"src/polycast_{name}/response.py": [
            *((f'"{word}": State.UNKNOWN', f'"{word}": State.{words[word]}') for word in words),
        ],
        f"src/polycast_{name}/sandbox.py": [
            (
                "from polycast.sandbox.examples",
                "from xml.etree import ElementTree\n"
                "from polycast import State\n"
                "from polycast.sandbox import Call\n"
                "from werkzeug.wrappers import Response\n"
                "from polycast.sandbox.examples",
            ),
            (
                f"\n\nclass {kind}Sandbox",
                f"\n\nWORDS = {{{sandbox_words}}}\nWORDS[State.EXPIRED] = WORDS[State.FAILED]\n"
                f"\n\nclass {kind}Sandbox",
            ),
        ],
        "tests/test_contract.py": [
            *((f'"{word}": State....', f'"{word}": State.{words[word]}') for word in words),
            ('id="..."', 'id="1"'),
            ('f"...{WORD}..."', answer),
            (
                "from polycast.testing import",
                "from polycast import AuthenticationFailed, Message, Rejected, State\n"
                "from polycast.testing import Refusal, Vocabulary, WORD,",
            ),
        ],
        "tests/test_mapping.py": [
            ('not_filled_in("what leaves', f"assert sent.body == {sent}  # ("),
            ('not_filled_in("what the answer above means: assert (', "assert receipt.id  # ("),
            ('not_filled_in("what the answer above means: assert status', "assert status.id  # ("),
        ],
    }


FRESH = known(
    "fresh",
    {"queued": "QUEUED", "sent": "SENT", "delivered": "DELIVERED", "failed": "FAILED"},
    """f'{{"id": "1", "status": "{WORD}"}}'""",
    """b'{"to":"12125554567","text":"Your table is ready"}'""",
)
FRESH["src/polycast_fresh/request.py"] += [
    ("to=message.address", 'to=message.address.removeprefix("+")')
]
HARROW = known(
    "harrow",
    {"ACCEPTED": "QUEUED", "SENT": "SENT", "ARRIVED": "DELIVERED", "LOST": "FAILED"},
    """f'<sms id="1"><status>{WORD}</status></sms>', media_type="text/xml\"""",
    'b\'<?xml version="1.0" encoding="UTF-8"?>\\n<order><phone>+12125554567</phone>'
    "<message>Your table is ready</message></order>'",
)
HARROW["src/polycast_harrow/request.py"] += [("flash=...", "flash=UNSET")]


def _uncommented(source: str) -> str:
    """Return source without what says that something is missing, and with what was in comments."""
    source = re.sub(r"(?s)    raise NotImplementedError\(.*?\n(?=    #)", "", source)
    # What an answer holds, and what is still to be done, is told in comments that stay.
    source = re.sub(r"(?m)^    # (?!answer\.|Until)", "    ", source)
    return re.sub(r"(?s)= Unfilled\(\n.*?\n    \)\n", "= None\n", source)


def _fill_in(written: Written, known: Known) -> int:
    """Fill a package in as its comments say, and return how many lines were written by hand."""
    by_hand = 0
    for name, gaps in known.items():
        path = written.folder / name
        before = path.read_text()
        source = _uncommented(before)
        for gap, knowledge in gaps:
            assert gap in source, (name, gap)
            source = source.replace(gap, knowledge)
        path.write_text(source)
        lines = set(before.splitlines())
        by_hand += sum(bool(line.strip()) and line not in lines for line in source.splitlines())
    return by_hand


@pytest.mark.parametrize(("name", "known"), [("fresh", FRESH), ("harrow", HARROW)])
def test_what_is_left_in_comments_passes_the_contract(
    tmp_path: Path, cache: Path, name: str, known: Known
) -> None:
    """Uncommented, with the words, numbers and sentences of the documents, everything passes."""
    written = write(name, SOURCES[name], tmp_path, cache)
    assert _fill_in(written, known) < 100
    outcome = written.test(passes=True)

    assert {said for said in outcome.values() if said != "skipped"} == {""}
    assert outcome["test_a_message_is_followed_to_its_end"] == ""
    assert outcome["test_documented_words_mean_what_the_documents_say"] == ""


#: One id, or a list of them where there are several recipients, as Telstra answers; or none.
MIDGE = {
    "openapi": "3.1.0",
    "info": {"title": "Midge", "version": "1"},
    "servers": [{"url": "https://midge.example"}],
    "paths": {
        "/sms": {
            "post": {
                "operationId": "send_sms",
                "responses": {
                    "200": {
                        "description": "Taken.",
                        "content": {
                            "application/json": {"schema": {"$ref": "#/components/schemas/Sent"}}
                        },
                    }
                },
            }
        }
    },
    "components": {
        "schemas": {
            "Sent": {
                "type": "object",
                "properties": {
                    "messageId": {
                        "oneOf": [
                            {"type": "array", "items": {"type": "string"}},
                            {"type": "string"},
                        ]
                    }
                },
            }
        }
    },
}


def test_an_answer_without_one_id_is_doubt(
    scaffold: Callable[[str, str], Written], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The receipt in comments is made of an id; without one, or with a list, the send is doubt."""
    written = scaffold("midge", json.dumps(MIDGE))
    path = written.source / "response.py"
    source = _uncommented(path.read_text())
    path.write_text(source.replace("import Message,", "import Message, OutcomeUnknown,"))
    monkeypatch.syspath_prepend(written.folder / "src")
    response: Any = importlib.import_module("polycast_midge.response")
    models: Any = importlib.import_module("polycast_midge._client.models")
    message = Message("+12125554567", text="Your table is ready")

    assert response.to_receipt(models.Sent(message_id="7"), message).id == "7"
    for answer in (models.Sent(), models.Sent(message_id=["7", "8"])):
        with pytest.raises(OutcomeUnknown):
            response.to_receipt(answer, message)
