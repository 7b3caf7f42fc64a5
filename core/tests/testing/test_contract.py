"""The contract itself: what is not filled in says so, and what a provider lacks is left out."""

import ast
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import polycast.testing
import polycast.testing.contract
import pytest
import requests  # noqa: F401 - it does not bear to be imported a second time, by an inner run
from polycast.sandbox import Received
from polycast.testing.contract.wire_diff import carries, changed, fields

pytest_plugins = "pytester"

STUBS = Path(__file__).parents[1] / "stubs"
CONTRACT = Path(polycast.testing.__file__).parent / "contract"

FILLED = """
from polycast import Message, Rejected
from polycast.testing import ProviderContract, Refusal, Unfilled
from polycast_plain import PlainSandbox

class TestContract(ProviderContract):
    provider = "plain"
    sandbox = PlainSandbox
    address = "+380961234567"
    refusals = [
        Refusal(
            Rejected,
            lambda client: client.send(Message("+380961230000", text="Hello")),
            detail="no such number",
        )
    ]
"""

UNFILLED = """
from polycast.testing import ProviderContract

class TestContract(ProviderContract):
    '''Nothing is known of it yet.'''
"""


@pytest.fixture
def plain(
    install_distribution: Callable[[str, Mapping[str, Mapping[str, str]], str], Path],
) -> None:
    """Install a provider that can only send."""
    install_distribution(
        "polycast-plain",
        {"polycast.providers": {"plain": "polycast_plain:Plain"}},
        (STUBS / "polycast_plain.py").read_text(),
    )


class RecipientResults:
    """What became of the tests of a file."""

    def __init__(self, pytester: pytest.Pytester, source: str) -> None:
        pytester.makepyfile(test_contract=source)
        result = pytester.inline_run("-p", "no:cacheprovider", "-rs")
        passed, skipped, failed = result.listoutcomes()
        self.passed = {report.nodeid.rpartition("::")[2] for report in passed}
        self.skipped = {
            report.nodeid.rpartition("::")[2]: str(getattr(report, "longrepr", "")[2])
            for report in skipped
        }
        self.failed = {
            report.nodeid.rpartition("::")[2]: str(getattr(report, "longrepr", ""))
            for report in failed
        }
        #: Whether all of them failed in the test itself, and none around it.
        self.in_the_test = all(report.when == "call" for report in failed)


@pytest.mark.usefixtures("plain")
def test_a_provider_that_can_only_send_keeps_the_contract(pytester: pytest.Pytester) -> None:
    """Without a generated client, and skipping only what it says it lacks."""
    ended = RecipientResults(pytester, FILLED)
    assert ended.failed == {}
    assert len(ended.passed) >= 40
    told = (
        "Features of plain does not claim",
        "Features of plain states",
        "plain does not offer",
        "plain takes one kind of address",
        # A single module holds no files.
        "plain has no exchanges",
    )
    unexplained = {name: said for name, said in ended.skipped.items() if not any(
        each in said for each in told
    )}  # fmt: skip
    assert unexplained == {}


@pytest.mark.usefixtures("plain")
def test_what_is_not_filled_in_fails_the_promises_that_need_it(pytester: pytest.Pytester) -> None:
    """They fail in a sentence that says what is missing; the others are kept."""
    source = FILLED.replace('"no such number"', 'Unfilled("copy the words of page 7.")')
    ended = RecipientResults(pytester, source)
    assert set(ended.failed) == {
        "test_documented_refusals_become_their_errors",
        "test_a_refusal_says_whether_anything_was_carried_out",
        "test_a_condition_of_the_account_rejects_nobody",
        "test_words_undo_no_failure_of_the_provider",
    }
    assert "copy the words of page 7." in str(ended.failed.values())


@pytest.mark.usefixtures("plain")
def test_what_nobody_mentioned_is_asked_for(pytester: pytest.Pytester) -> None:
    """An attribute that was left out says which one it is, and what belongs there."""
    ended = RecipientResults(pytester, FILLED.partition("    refusals")[0])
    assert ended.failed
    for said in ended.failed.values():
        assert "Not filled in yet: refusals: the refusals that the provider documents" in said


def test_nothing_filled_in_never_fails_by_accident(pytester: pytest.Pytester) -> None:
    """Every promise fails in a sentence, in the test itself; none is skipped or kept."""
    ended = RecipientResults(pytester, UNFILLED)
    assert ended.passed == set()
    assert ended.skipped == {}
    assert ended.in_the_test
    accidents = {n: said for n, said in ended.failed.items() if "Not filled in yet: " not in said}
    assert accidents == {}


@pytest.mark.parametrize("path", sorted(CONTRACT.glob("*.py")), ids=lambda path: path.name)
def test_each_assertion_says_what_to_look_at(path: Path) -> None:
    """No assertion of the contract leaves the author with values alone."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    silent = [
        node.lineno for node in ast.walk(tree) if isinstance(node, ast.Assert) and node.msg is None
    ]
    assert silent == []


def test_pytest_loads_nothing_that_its_users_do_not_need() -> None:
    """The plugin brings no network and no sandbox into tests that have nothing to do with it."""
    told = subprocess.run(
        [sys.executable, "-c", "import polycast.testing.fixtures, sys; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = set(told.stdout.split())
    assert "polycast.testing.fixtures" in loaded
    assert not loaded & {"requests", "urllib3", "werkzeug", "openapi_core", "polycast.sandbox"}


def test_what_is_not_installed_is_named_with_its_extra() -> None:
    """Without the extra, the error says which one it is."""
    code = (
        "import sys; sys.modules['werkzeug'] = None; import polycast.testing; "
        "polycast.testing.ProviderContract"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert told.returncode == 1
    assert "needs werkzeug" in told.stderr
    assert "install polycast[testing]" in told.stderr


# What left, field by field.


def _received(body: bytes, kind: str = "application/json", query: str = "") -> Received:
    return Received(
        operation="send",
        method="POST",
        path="/a%2Fb/send",
        query=query,
        headers={"Content-Type": kind},
        body=body,
        at=None,  # type: ignore[arg-type]  # nobody asks
        problems=(),
        status=200,
    )


def test_fields_are_told_by_where_they_stand() -> None:
    """Paths, queries, JSON, forms and files are taken apart, and no longer escaped."""
    found = fields(
        [
            _received('{"to": ["1", "2"], "text": "Привіт", "n": 7}'.encode(), query="q=a%26b"),
            _received(
                b"text=a%26b&json=%7B%22c%22%3A+true%7D", "application/x-www-form-urlencoded"
            ),
            _received(
                b'--x\r\nContent-Disposition: form-data; name="file"; filename="f.csv"\r\n\r\n'
                b"1,2\r\n--x--\r\n",
                "multipart/form-data; boundary=x",
            ),
        ]
    )
    assert found["0 send path 1"] == "a/b"
    assert found["0 send query 0 q"] == "a&b"
    assert found["0 send body .to[1]"] == "2"
    assert found["0 send body .text"] == "Привіт"
    assert found["0 send body .n"] == "7"
    assert found["1 send body 0 text"] == "a&b"
    assert found["1 send body 1 json.c"] == "true"
    assert found["2 send body file file"] == "1,2"
    assert carries(found, "Прив")
    assert not carries(found, "nobody")


def test_noise_is_no_difference() -> None:
    """What differs between two requests that say the same is left out of account."""
    plain = [fields([_received(b'{"id": "%d", "text": "Hi"}' % number)]) for number in (1, 2)]
    same = fields([_received(b'{"id": "3", "text": "Hi"}')])
    other = fields([_received(b'{"id": "3", "text": "Hi", "ttl": 60}')])
    assert changed(plain, same) == []
    assert changed(plain, other) == ["0 send body .ttl"]
