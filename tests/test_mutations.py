"""The contract notices what is broken in a provider: each mutation fails the promise it breaks."""

import pytest
from polycast.sandbox import installed
from polycast.testing import ProviderContract

from tests.mutations import MUTATIONS, Mutation
from tests.workspace import PLUGINS

pytest_plugins = "pytester"

# What an inner run imports first is forgotten after it, so all of it is imported here.
installed()

#: Where each provider fills the contract in.
CONTRACTS = {
    plugin.name.removeprefix("polycast-"): plugin.folder / "tests" / "test_contract.py"
    for plugin in PLUGINS
}


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> "Run":
    """Run some promises of a provider's contract."""
    # The contract asks for no other plugins, and importing them takes longer than a promise.
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    return Run(pytester)


class Run:
    """Promises of a provider's contract, and how they end."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self._pytester = pytester

    def __call__(self, provider: str, *promises: str) -> dict[str, dict[str, str]]:
        """Return what was said of each promise, by its name, by how it ended."""
        self._pytester.makepyfile(test_contract=CONTRACTS[provider].read_text(encoding="utf-8"))
        names = [f"test_contract.py::TestContract::{promise}" for promise in promises]
        result = self._pytester.inline_run("-p", "no:cacheprovider", *names)
        passed, skipped, failed = result.listoutcomes()
        return {
            how: {
                report.nodeid.rpartition("::")[2]: _said(report)
                for report in reports
                if report.when == "call" or report.skipped
            }
            for how, reports in (("passed", passed), ("skipped", skipped), ("failed", failed))
        }


def _said(report: object) -> str:
    crash = getattr(getattr(report, "longrepr", None), "reprcrash", None)
    return str(getattr(crash, "message", ""))


@pytest.mark.parametrize(
    "mutation", MUTATIONS, ids=[f"{each.provider}: {each.words}" for each in MUTATIONS]
)
def test_a_mutation_fails_the_promise_it_breaks(
    mutation: Mutation, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A provider that is broken fails by the name of what it no longer does, and in a sentence."""
    with monkeypatch.context() as patch:
        mutation.breaks(patch)
        ended = run(mutation.provider, mutation.promise)
    assert mutation.promise in ended["failed"], (
        f"{mutation.words}, and {mutation.promise} does not notice: {ended}"
    )
    said = ended["failed"][mutation.promise]
    assert said.startswith(("AssertionError: ", "Failed: ")), said


@pytest.mark.parametrize("provider", CONTRACTS)
def test_the_same_promises_are_kept_where_nothing_is_broken(provider: str, run: Run) -> None:
    """What fails a broken provider passes on the provider as it is."""
    promises = {each.promise for each in MUTATIONS if each.provider == provider}
    ended = run(provider, *sorted(promises))
    assert ended["failed"] == {}
    # What a mutation claims is skipped where it is not claimed.
    assert {*ended["passed"], *ended["skipped"]} == promises


def test_every_promise_can_be_broken() -> None:
    """No promise of the contract is one that nothing would break."""
    promises = {name for name in dir(ProviderContract) if name.startswith("test_")}
    broken = {each.promise.partition("[")[0] for each in MUTATIONS}
    assert promises - broken == set()


def test_there_are_mutations_of_every_provider() -> None:
    """Each of the five is broken in several ways, each in words of its own."""
    for provider in CONTRACTS:
        assert sum(each.provider == provider for each in MUTATIONS) >= 5, provider
    told = [(each.provider, each.words) for each in MUTATIONS]
    assert len(set(told)) == len(told)
