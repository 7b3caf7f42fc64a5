"""Exchanges as facts: what a provider's documents and servers show, as files of its package.

A provider's package holds them in `exchanges/*.yaml`. The contract holds the plugin and the
sandbox to each of them, and the provider matrix shows how each feature is known.
`docs/writing-a-provider.md` describes the format.

This package needs the extra `polycast[testing]`.
"""

from polycast.testing.exchanges.reading import evidence, read_exchanges
from polycast.testing.exchanges.vectors import KNOWN, Exchange, Request

__all__ = ["KNOWN", "Exchange", "Request", "evidence", "read_exchanges"]
