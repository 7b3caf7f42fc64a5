"""A page of a provider's answers, from bytes to typed objects."""

import json
from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import Any, get_type_hints

import polycast
from polycast import wire
from temba_client.v2 import types as temba

from benchmarks.pages import broadcast_page, message_page
from benchmarks.rounds import Comparison, compare
from benchmarks.stock import stock_clients

__all__ = ["run"]


def run(*, rounds: int) -> list[Comparison]:
    """Measure, and return one comparison per page."""
    with stock_clients("textit"):
        stock = import_module("stock_textit.models")
        return [
            _compare(title, kind, content, stock, rounds)
            for title, kind, content in (
                ("A page of 250 broadcasts", "broadcast", broadcast_page(250)),
                ("A page of 250 messages", "message", message_page(250)),
                ("A page of 10,000 broadcasts", "broadcast", broadcast_page(10_000)),
            )
        ]


def _compare(title: str, kind: str, content: bytes, stock: ModuleType, rounds: int) -> Comparison:
    api = type(polycast.connect("textit", token="unused").api)
    converter = api.CONVERTERS["json"]
    our_page = get_type_hints(getattr(api, f"list_{kind}s"))["return"]
    stock_page = getattr(stock, f"{kind.capitalize()}Page")
    their_item = getattr(temba, kind.capitalize())
    contenders: dict[str, Callable[[], Any]] = {
        "stock openapi-python-client": lambda: stock_page.from_dict(json.loads(content)).results,
        "polycast": lambda: converter.structure(wire.strict_json.parse(content), our_page).results,
        "rapidpro-python": lambda: their_item.deserialize_list(json.loads(content)["results"]),
        "json.loads alone": lambda: json.loads(content)["results"],
    }
    size = len(json.loads(content)["results"])
    for name, decode in contenders.items():
        assert len(decode()) == size, f"{name} lost results"
    seconds = compare(contenders, calls=max(1, 2_500 // size), rounds=rounds)
    title = f"{title}, {len(content) / 1e6:.1f} MB"
    return Comparison(title, "stock openapi-python-client", "polycast", 1.0, seconds)
