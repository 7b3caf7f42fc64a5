"""A page of a provider's answers, from bytes to typed objects."""

import json
from collections.abc import Callable
from types import ModuleType
from typing import Any

from polycast import wire
from polycast_textit import _client as ours
from temba_client.v2 import types as temba

from benchmarks.pages import broadcast_page, message_page
from benchmarks.rounds import Comparison, compare
from benchmarks.stock import stock_models

__all__ = ["run"]


def run(*, rounds: int) -> list[Comparison]:
    """Measure, and return one comparison per page."""
    with stock_models() as stock:
        return [
            _compare(title, kind, content, stock, rounds)
            for title, kind, content in (
                ("A page of 250 broadcasts", "Broadcast", broadcast_page(250)),
                ("A page of 250 messages", "Message", message_page(250)),
                ("A page of 10,000 broadcasts", "Broadcast", broadcast_page(10_000)),
            )
        ]


def _compare(title: str, kind: str, content: bytes, stock: ModuleType, rounds: int) -> Comparison:
    contenders: dict[str, Callable[[], Any]] = {
        "stock openapi-python-client": lambda: (
            getattr(stock, f"{kind}Page").from_dict(json.loads(content)).results
        ),
        "polycast": lambda: (
            _CONVERTER.structure(
                wire.json.parse(content), getattr(ours.models, f"{kind}Page")
            ).results
        ),
        "rapidpro-python": lambda: getattr(temba, kind).deserialize_list(
            json.loads(content)["results"]
        ),
        "json.loads alone": lambda: json.loads(content)["results"],
    }
    size = len(json.loads(content)["results"])
    for name, decode in contenders.items():
        assert len(decode()) == size, f"{name} lost results"
    seconds = compare(contenders, calls=max(1, 2_500 // size), rounds=rounds)
    title = f"{title}, {len(content) / 1e6:.1f} MB"
    return Comparison(title, "stock openapi-python-client", "polycast", 1.0, seconds)


_CONVERTER = ours.TextItClient.CONVERTERS["json"]
