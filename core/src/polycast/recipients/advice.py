"""How a sentence about a list names the option that helps, where the person who reads it is."""

from typing import Protocol

__all__ = ["Advise", "either", "in_python", "nowhere"]


class Advise(Protocol):
    """Writes an option of reading a list as its reader gives it."""

    def __call__(self, option: str, value: str, ours: str | None = None) -> str | None:
        """Return the option with a value; None where there is no such option.

        Args:
            option: as `read_recipients` names it.
            value: for example.
            ours: our name, where the option is `columns` and `value` is the column's.
        """


def in_python(option: str, value: str, ours: str | None = None) -> str | None:
    """Write an argument of `read_recipients`."""
    return f"{option}={value!r}" if ours is None else f"{option}={{{ours!r}: {value!r}}}"


def nowhere(option: str, value: str, ours: str | None = None) -> str | None:
    """Name nothing: a suppression list is read without options."""
    return None


def either(first: str, option: str | None) -> str:
    """Return what helps: something that can be done to the list, or an option."""
    return first if option is None else f"{first}, or give {option}"
