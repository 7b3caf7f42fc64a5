"""A string that does not print."""

import functools
from collections.abc import Callable
from typing import NoReturn, ParamSpec, TypeVar, final

__all__ = ["Secret", "SecretUrl", "hiding_locals"]

P = ParamSpec("P")
R = TypeVar("R")

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


@final
class SecretUrl:
    """An address that may hold a user name and a password: it is shown without them."""

    __slots__ = ("_url",)

    def __init__(self, url: "str | SecretUrl") -> None:
        if isinstance(url, SecretUrl):
            url = url.reveal()
        if not isinstance(url, str):
            raise TypeError("a string in quotes is needed")
        self._url = url

    def reveal(self) -> str:
        """Return the whole address."""
        return self._url

    def passwords(self) -> list[str]:
        """Return its password, escaped and unescaped, and the pair of user name and password."""
        from urllib.parse import unquote

        pair = self._url.rpartition("@")[0].rpartition("://")[2]
        password = pair.partition(":")[2]
        return [pair, password, unquote(password)] if password else []

    def __repr__(self) -> str:
        return repr(str(self))

    def __str__(self) -> str:
        return _without_secrets(self._url)

    def __bool__(self) -> bool:
        return bool(self._url)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SecretUrl):
            return NotImplemented
        return self._url == other._url

    def __hash__(self) -> int:
        return hash((SecretUrl, self._url))

    def __reduce__(self) -> NoReturn:
        raise TypeError("An address with its password is not pickled: connect again.")


def hiding_locals(function: Callable[P, R]) -> Callable[P, R]:
    """Remove the inner frames from the traceback of an error that leaves a function.

    Debuggers and error trackers show the local variables of frames, which are secrets here.
    """

    @functools.wraps(function)
    def run(*args: P.args, **named: P.kwargs) -> R:
        try:
            return function(*args, **named)
        except BaseException as error:  # noqa: BLE001 - it goes on
            left = error.with_traceback(None)
        del args, named
        left.__context__ = left.__cause__
        raise left

    return run


def _without_secrets(url: str) -> str:
    """Return `url` with user name, password and query values masked."""
    from urllib.parse import urlsplit

    # A password that is not escaped may hold a slash: all before the last @ is masked.
    start, colon, rest = url.partition("://")
    _, at, host = (rest if colon else url).rpartition("@")
    try:
        parts = urlsplit(f"{start}://{host}" if colon else f"//{host}")
    except ValueError:
        return MASK
    query = "&".join(f"{pair.partition('=')[0]}={MASK}" for pair in parts.query.split("&") if pair)
    shown = parts._replace(query=query, netloc=f"{MASK}@{parts.netloc}" if at else parts.netloc)
    return shown.geturl() if colon else shown.geturl().removeprefix("//")
