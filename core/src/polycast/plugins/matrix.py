"""What each provider can do, side by side: printed from `Features`, never written by hand."""

from collections.abc import Callable, Mapping
from typing import Any

import attrs

from polycast.model.features import Features

__all__ = ["FACTS", "facts", "knowledge", "markdown", "plain"]


def _takes(features: Features) -> str:
    offered = {
        "moment": features.scheduling,
        "lifetime": features.ttl,
        "sender": features.sender,
        "media": features.media,
        "callback": features.callbacks,
        "template": features.templates,
        "options": features.options is not None,
    }
    return ", ".join(["text", *(name for name, given in offered.items() if given)])


def _lost_replies(features: Features) -> str:
    return "can be looked up" if features.lookup else "stay in doubt"


def _reports(features: Features) -> str:
    details = {
        "error codes": features.codes, "segments": features.segments, "prices": features.prices
    }  # fmt: skip
    told = [name for name, given in details.items() if given]
    return ", ".join(["per recipient" if features.reports else "in all", *told])


def _pushes(features: Features) -> str:
    if not features.receives:
        return "nothing"
    kinds = "reports and replies" if features.replies else "reports"
    return f"{kinds}, verified" if features.verifies else kinds


#: The hooks that an exchange can show.
HOOKS = (
    "send",
    "send_bulk",
    "status",
    "statuses",
    "control",
    "balance",
    "verify",
    "receive",
    "lookup",
)
#: Features that are shown by a hook, or by leaving a text out.
_SHOWN_OTHERWISE = ("lookup", "receives", "verifies", "actions", "text_required")
#: What there is to say of a provider, in the order it is said.
FACTS: Mapping[str, Callable[[Features], str]] = {
    "sends by": lambda features: ", ".join(features.channels) or "its choice",
    "takes addresses": lambda features: (
        "any" if "*" in features.schemes else ", ".join(features.schemes)
    ),
    "takes": _takes,
    "personal texts": lambda features: features.personalisation.value,
    "per call": lambda features: f"{features.bulk_limit:,}" if features.bulk_limit else "no limit",
    "actions": lambda features: ", ".join(sorted(features.actions)) or "none",
    "reports": _reports,
    "pushes": _pushes,
    "lost replies": _lost_replies,
}


def facts(features: Features) -> dict[str, str]:
    """Return all there is to say of a provider, by the heading it is said under."""
    return {fact: tell(features) for fact, tell in FACTS.items()}


def plain(features: Features) -> dict[str, Any]:
    """Return features as `json.dumps` takes them; classes and functions become their names."""
    facts: dict[str, Any] = {}
    for field in attrs.fields(Features):
        value = getattr(features, field.name)
        if callable(value):
            value = f"{value.__module__}.{value.__qualname__}"
        facts[field.name] = sorted(value) if isinstance(value, frozenset) else value
    return facts


def knowledge(provider: type, known: Mapping[str, str]) -> dict[str, str]:
    """Return how each hook and feature is known, by its name; empty where it is not claimed.

    Args:
        provider: the provider's class.
        known: how the provider's exchanges show each, as
            `polycast.testing.exchanges.evidence` returns it.
    """
    features: Features = provider.features  # type: ignore[attr-defined]  # every provider has them
    claimed = {
        **{name: hasattr(getattr(provider, name, None), "polycast_impl") for name in HOOKS},
        **{
            field.name: getattr(features, field.name) not in (field.default, ())
            for field in attrs.fields(Features)
            if field.name not in _SHOWN_OTHERWISE
        },
    }
    return {name: known.get(name, "no exchange") if has else "" for name, has in claimed.items()}


def markdown(providers: Mapping[str, Mapping[str, str]]) -> str:
    """Return a Markdown table: a column per provider, a row per fact.

    Args:
        providers: what there is to say of each, by its name.
    """
    names = list(dict.fromkeys(fact for each in providers.values() for fact in each))
    rows = [
        ["", *providers],
        ["---"] * (len(providers) + 1),
        *([fact, *(each.get(fact, "") for each in providers.values())] for fact in names),
    ]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows) + "\n"
