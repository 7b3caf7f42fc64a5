"""What is left in comments is what belongs there: with it filled in, the contract passes."""

import re
from pathlib import Path

import pytest

from .conftest import SOURCES, Written, write

#: What an author knows of the starter's provider, by the file that it belongs into.
KNOWN = {
    "src/polycast_fresh/mapping.py": [
        ('"queued": State.UNKNOWN', '"queued": State.QUEUED'),
        ('"sent": State.UNKNOWN', '"sent": State.SENT'),
        ('"delivered": State.UNKNOWN', '"delivered": State.DELIVERED'),
        ('"failed": State.UNKNOWN', '"failed": State.FAILED'),
        ("to=message.address", 'to=message.address.removeprefix("+")'),
        ("from polycast_fresh", "from polycast.wire import UNSET\n\nfrom polycast_fresh"),
    ],
    "src/polycast_fresh/sandbox.py": [
        (
            "from polycast.sandbox.examples",
            "from polycast import State\n"
            "from polycast.sandbox import Call\n"
            "from werkzeug.wrappers import Response\n"
            "from polycast.sandbox.examples",
        ),
        (
            "\n\nclass FreshSandbox",
            '\n\nWORDS = {State.QUEUED: "queued", State.SENT: "sent", State.DELIVERED: "delivered",'
            ' State.FAILED: "failed", State.EXPIRED: "failed"}\n\n\nclass FreshSandbox',
        ),
    ],
    "tests/test_contract.py": [
        ('"queued": State....', '"queued": State.QUEUED'),
        ('"sent": State....', '"sent": State.SENT'),
        ('"delivered": State....', '"delivered": State.DELIVERED'),
        ('"failed": State....', '"failed": State.FAILED'),
        ('id="..."', 'id="1"'),
        ('f"...{WORD}..."', """f'{{"id": "1", "status": "{WORD}"}}'"""),
        (
            "from polycast.testing import",
            "from polycast import AuthenticationFailed, Message, Rejected, State\n"
            "from polycast.testing import Refusal, Vocabulary, WORD,",
        ),
    ],
    "tests/test_mapping.py": [
        ('not_filled_in("what leaves', """assert sent.json["to"] == "12125554567"  # ("""),
        ('not_filled_in("what the answer above means: assert (', "assert receipt.id  # ("),
        ('not_filled_in("what the answer above means: assert status', "assert status.id  # ("),
    ],
}


def _uncommented(source: str) -> str:
    """Return source without what says that something is missing, and with what was in comments."""
    source = re.sub(r"(?s)    raise NotImplementedError\(.*?\n(?=    #)", "", source)
    # What an answer holds, and what is still to be done, is told in comments that stay.
    source = re.sub(r"(?m)^    # (?!answer\.|Until)", "    ", source)
    return re.sub(r"(?s)= Unfilled\(\n.*?\n    \)\n", "= None\n", source)


def _fill_in(written: Written) -> int:
    """Fill a package in as its comments say, and return how many lines were written by hand."""
    by_hand = 0
    for name, known in KNOWN.items():
        path = written.folder / name
        before = path.read_text()
        source = _uncommented(before)
        for gap, knowledge in known:
            assert gap in source, (name, gap)
            source = source.replace(gap, knowledge)
        path.write_text(source)
        lines = set(before.splitlines())
        by_hand += sum(bool(line.strip()) and line not in lines for line in source.splitlines())
    return by_hand


@pytest.fixture
def filled(tmp_path: Path, cache: Path) -> Written:
    """A package of the starter's, filled in as its comments say."""
    written = write("fresh", SOURCES["fresh"], tmp_path, cache)
    assert _fill_in(written) < 100
    return written


def test_what_is_left_in_comments_passes_the_contract(filled: Written) -> None:
    """Uncommented, with the words, numbers and sentences of the documents, everything passes."""
    outcome = filled.test(passes=True)

    assert {said for said in outcome.values() if said != "skipped"} == {""}
    assert outcome["test_a_message_is_followed_to_its_end"] == ""
    assert outcome["test_documented_words_mean_what_the_documents_say"] == ""
