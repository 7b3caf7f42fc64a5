"""Values that the author of a provider has to fill in."""

from typing import Any, NoReturn, TypeVar

import attrs
import pytest

__all__ = ["Unfilled", "filled"]

T = TypeVar("T")


class _Unfilled:
    """Fails the test that asks for it, with the sentence that says what to fill in."""

    def __init__(self, sentence: str) -> None:
        self.sentence = sentence
        self.name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, instance: object, owner: type | None = None) -> object:
        if instance is not None:
            self.fail()
        return self

    def __repr__(self) -> str:
        return f"Unfilled({self.sentence!r})"

    def fail(self) -> NoReturn:
        """Fail the running test."""
        place = f"{self.name}: " if self.name else ""
        pytest.fail(f"Not filled in yet: {place}{self.sentence}", pytrace=False)


def Unfilled(sentence: str) -> Any:  # noqa: N802 - it reads as the value it stands for
    """Return a placeholder for a value that is still to be filled in.

    It may be an attribute of a contract, or stand anywhere inside of one. Each test that needs
    the value fails with the sentence.

    Args:
        sentence: which tells the author what to fill in, and where that is to be found.
    """
    return _Unfilled(sentence)


def filled(value: T) -> T:
    """Return a value, after failing the running test if it, or part of it, is not filled in."""
    parts: list[Any] = [value]
    while parts:
        part = parts.pop()
        if isinstance(part, _Unfilled):
            part.fail()
        elif isinstance(part, dict):
            parts += [*part.keys(), *part.values()]
        elif isinstance(part, list | tuple | set | frozenset):
            parts += part
        elif attrs.has(type(part)):
            parts += [getattr(part, field.name) for field in attrs.fields(type(part))]
    return value
