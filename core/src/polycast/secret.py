"""A string that does not print."""

from typing import NoReturn, final

__all__ = ["Secret", "redact_url"]

MASK = "***"


@final
class Secret:
    """A credential: compares by value, and shows itself only when asked to by `reveal()`.

    Its `repr`, `str` and formatted forms are `***`; it refuses to be pickled, so that
    it cannot travel into a queue, a cache or a recorded sample unnoticed.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        if not isinstance(value, str):
            raise TypeError(f"A secret is a string, not {type(value).__name__}.")
        self._value = value

    def reveal(self) -> str:
        """Return the credential itself."""
        return self._value

    def __repr__(self) -> str:
        return f"Secret({MASK!r})"

    def __str__(self) -> str:
        return MASK

    def __format__(self, specification: str) -> str:
        return format(MASK, specification)

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return self._value == other._value

    def __hash__(self) -> int:
        return hash((Secret, self._value))

    def __reduce__(self) -> NoReturn:
        raise TypeError("A secret is not pickled: pass a profile's name and connect again.")


def redact_url(url: str | None) -> str:
    """Return `url` as it may be shown: user name and password masked, query values too."""
    if url is None:
        return repr(None)
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(url)
    except ValueError:
        return repr(MASK)
    host = parts.netloc.rpartition("@")
    shown = f"{MASK}@{host[2]}" if host[1] else parts.netloc
    query = "&".join(f"{pair.partition('=')[0]}={MASK}" for pair in parts.query.split("&") if pair)
    return repr(parts._replace(netloc=shown, query=query).geturl())
