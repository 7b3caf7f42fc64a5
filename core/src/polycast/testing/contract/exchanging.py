"""The promise about facts: plugin and sandbox both do what the provider's exchanges show.

PYTEST_DONT_REWRITE: each assertion is a sentence of its own.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from polycast.connecting import connect
from polycast.errors import PolycastError
from polycast.sandbox import ManualClock, host
from polycast.testing.contract.base import Contract
from polycast.testing.exchanges.comparing import Bound
from polycast.testing.exchanges.playing import play_to_plugin, play_to_sandbox
from polycast.testing.exchanges.reading import read_exchanges
from polycast.testing.exchanges.vectors import Exchange, Request

__all__ = ["ExchangingContract"]

#: Where the plugin believes the provider to be; nothing is sent there.
_NOWHERE = "http://provider.invalid"


class ExchangingContract(Contract):
    """The exchanges in the provider's package."""

    def credentials(self, request: Request, settings: Mapping[str, Any]) -> Mapping[str, str]:
        """Return what stands for `${names}` in a request that are no settings, e.g. a signature.

        Make it from the provider's pages, never by the plugin's own code.

        Args:
            request: of an exchange, with this run's ids in it; its `${names}` are not filled in.
            settings: the account's.
        """
        return {}

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Hold plugin and sandbox to each exchange by a test of its own."""
        if "exchange" not in metafunc.fixturenames:
            return
        try:
            name = _named(type(self))
            found: Sequence[object] = (read_exchanges(name) if name else ()) or (None,)
        except PolycastError as error:
            found = (error,)
        names = [getattr(each, "name", "none") for each in found]
        metafunc.parametrize("exchange", found, ids=names)

    def _fact(self, exchange: object) -> Exchange:
        provider = self.provider
        if exchange is None:
            pytest.skip(
                f"{provider} has no exchanges: write what its pages and servers show into "
                "exchanges/*.yaml of its package."
            )
        if isinstance(exchange, Exchange):
            return exchange
        pytest.fail(f"The exchanges of {provider} cannot be read: {exchange}")

    def test_the_plugin_says_and_reads_what_an_exchange_shows(
        self, exchange: object, tmp_path: Path
    ) -> None:
        """Our call makes exactly the request that is known, and reads its answer as it is meant."""
        fact = self._fact(exchange)
        settings = {**self.settings, **fact.settings}
        base_url = self.sandbox.base_url(_NOWHERE)
        account: dict[str, Any] = {**settings, "base_url": base_url}
        with connect(self.provider, config=None, **account) as client:
            problems = play_to_plugin(fact, client, base_url, settings, self.credentials, tmp_path)
        assert not problems, _told(fact, "The plugin", problems)

    def test_the_sandbox_answers_what_an_exchange_shows(self, exchange: object) -> None:
        """The known request, sent by a client that is not ours, gets the known answer."""
        fact = self._fact(exchange)
        if fact.sandbox is not None:
            pytest.skip(f"The sandbox is not held to this exchange: {fact.sandbox}")
        settings = {**self.settings, **fact.settings}
        named = {each.name: each for each in read_exchanges(self.provider)}
        clock = ManualClock(fact.now)
        bound: Bound = {}
        with host([self.sandbox(clock, **fact.server)]) as hosted:
            for each in (*(named[name] for name in fact.given), fact):
                clock.advance(each.after)
                problems = play_to_sandbox(each, hosted, settings, self.credentials, bound)
                assert not problems, _told(each, "The sandbox", problems)

    def test_an_exchange_shows_each_claim(self) -> None:
        """Every hook, action and field that is claimed has an exchange with its call in it.

        A time to live in minutes, or the wrong word for an action, shows in nothing else: a
        sandbox by the same author may share the error.
        """
        found = read_exchanges(self.provider)
        self._fact(found[0] if found else None)
        features = self.features
        claims = (
            ("sender", features.sender),
            ("ttl", features.ttl),
            ("send_at", features.scheduling),
            ("media", features.media),
            ("callback_url", features.callbacks),
            ("template", features.templates),
            ("options", features.options is not None),
            ("channels", len(features.channels) > 1),
        )
        calls = [each for each in found if any(step.request for step in each.steps)]
        shown = {each.hook for each in found}
        shown |= {f"action {each.arguments.get('action')}" for each in calls}
        shown |= {name for each in calls if each.hook in self.ways for name in each.arguments}
        wanted = [
            *sorted(hook for hook in self.hooks - {"prepare"} if hasattr(self.plugin, hook)),
            *(f"action {each}" for each in sorted(features.actions)),
            *(name for name, claimed in claims if claimed),
        ]
        missing = [each for each in wanted if each not in shown]
        assert not missing, (
            f"No exchange has a call with {', '.join(missing)}, and the request that it makes: "
            "add one from the provider's pages to exchanges/*.yaml."
        )


def _named(contract: type[Contract]) -> str:
    """Return the provider's name, or "" where the author has not filled it in yet."""
    name: object = contract.provider
    return name if isinstance(name, str) else ""


def _told(fact: Exchange, who: str, problems: Sequence[str]) -> str:
    return f"{who} differs from {fact.name!r} ({fact.known}, {fact.source}): {'; '.join(problems)}."
