"""Places in an answer, as errors and the log write them: `$.results[1].text['eng']`."""

import re

__all__ = ["key_place", "name_place"]

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)


def key_place(key: object) -> str:
    """Return the place of a key in an object, `['eng']`, an overlong key cut short."""
    text = repr(key)
    return f"[{text}]" if len(text) <= 60 else f"[{text[:57]}...]"


def name_place(name: object) -> str:
    """Return the place of a property, `.name`; that of a key where it is no plain name."""
    plain = isinstance(name, str) and len(name) <= 60 and _PLAIN.fullmatch(name)
    return f".{name}" if plain else key_place(name)
