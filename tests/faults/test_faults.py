"""A fixed part of the fault matrix, and that the matrix finds what it is there to find."""

from collections.abc import Iterator
from contextlib import suppress

import pytest
from polycast import OutcomeUnknown
from polycast.wire import Redactor

from tests.faults.cells import Matrix
from tests.faults.matrix import FAULTS, wanted
from tests.faults.providers import PROVIDERS, Provider

#: Of the providers of the workspace; `nox -s faults` has the others, and the rest of the hooks.
_OURS = [each for each in PROVIDERS if each.name != "wrenpost"]


@pytest.fixture(scope="module")
def matrix() -> Iterator[Matrix]:
    with Matrix() as made:
        yield made


@pytest.mark.parametrize("provider", _OURS, ids=lambda provider: provider.name)
def test_every_fault_ends_as_promised(matrix: Matrix, provider: Provider) -> None:
    """No fault makes a send leave twice, an error of another kind, a hang, or a leak."""
    cells = [
        each for each in wanted([provider], FAULTS) if each[1] == "send" or each[0].name == "textit"
    ]
    red = [found for found in matrix.run(cells) if found.problems]
    assert not red, "\n".join(
        f"{found.hook}, {found.fault.name}: {'; '.join(found.problems)}" for found in red
    )


def test_a_send_that_leaves_twice_is_red(matrix: Matrix, monkeypatch: pytest.MonkeyPatch) -> None:
    """The matrix counts what the server read, whatever the client says of it."""
    [lost] = [each for each in FAULTS if each.name == "closed after it was read"]
    [textit] = [each for each in PROVIDERS if each.name == "textit"]
    client = type(textit.client().api)
    own = client.create_broadcast

    def twice(self: object, body: object) -> object:
        with suppress(OutcomeUnknown):
            own(self, body)
        return own(self, body)

    monkeypatch.setattr(client, "create_broadcast", twice)
    [found] = matrix.run([(textit, "send", lost)])
    assert (found.outcome, found.requests) == ("OutcomeUnknown", 2)
    assert found.problems == ("the server read 2 requests where it is 1",)


def test_a_secret_that_shows_is_red(matrix: Matrix, monkeypatch: pytest.MonkeyPatch) -> None:
    """The matrix finds credentials that an error repeats, in the error and in all it holds."""
    [failed] = [each for each in FAULTS if each.name == "500 with HTML"]
    [textit] = [each for each in PROVIDERS if each.name == "textit"]
    monkeypatch.setattr(Redactor, "text", lambda self, text: text)
    monkeypatch.setattr(Redactor, "value", lambda self, value: value)
    [found] = matrix.run([(textit, "send", failed)])
    [problem] = found.problems
    assert problem.startswith("a secret shows in ")
    assert "the facts" in problem
    assert "the pickle" in problem
