"""`{name}` templates, and those that a provider keeps.

Ours are parsed, filled in, and translated to a provider's own notation.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Any, Self

import attrs

from polycast.errors import UsageError
from polycast.model.serialization import Serializable
from polycast.model.validators import check_optional, check_text, to_variables

__all__ = ["MessageTemplate", "Template", "literal"]

_TOKEN = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|\{|\}")
_NAME = re.compile(r"[^\W\d]\w*\Z")


@attrs.frozen
class Template:
    """A text with placeholders: `parts` alternates literal text and variable names.

    `"Dear {name}!"` is `("Dear ", "name", "!")`: even places hold text, odd places names.

    Args:
        parts: the text and the names.
        escape: how `render` writes a value (`Features.escape`); as it stands when None.
    """

    parts: tuple[str, ...]
    escape: Callable[[str, str], str] | None = attrs.field(default=None, repr=False)

    @classmethod
    def parse(cls, text: str, escape: Callable[[str, str], str] | None = None) -> Self:
        """Read a text with `{name}` placeholders; `{{` and `}}` are literal braces.

        Args:
            text: the text.
            escape: as the template has it.

        Raises:
            UsageError: a brace stands alone, or a placeholder is not a name.
        """
        parts: list[str] = []
        literal = ""
        end = 0
        for token in _TOKEN.finditer(text):
            literal += text[end : token.start()]
            end = token.end()
            if token[0] in ("{{", "}}"):
                literal += token[0][0]
            elif token[1] is None:
                raise UsageError(
                    f"The text has a single {token[0]!r} at character {token.start() + 1}: "
                    f"write {token[0] * 2!r} for a literal brace."
                )
            elif not _NAME.match(token[1]):
                raise UsageError(
                    f"The text has the placeholder {token[0]!r} at character {token.start() + 1}: "
                    "a placeholder is a name such as {name}; literal braces are '{{' and '}}'."
                )
            else:
                parts += [literal, token[1]]
                literal = ""
        return cls((*parts, literal + text[end:]), escape)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The variables the text needs, each once, in the order they appear."""
        return tuple(dict.fromkeys(self.parts[1::2]))

    def missing(self, variables: Mapping[str, str]) -> tuple[str, ...]:
        """Return the names that `variables` does not hold."""
        return tuple(name for name in self.names if name not in variables)

    def render(self, variables: Mapping[str, str]) -> str:
        """Fill the placeholders in.

        Raises:
            UsageError: a variable is missing, or its value cannot stand there.
        """
        missing = self.missing(variables)
        if missing:
            raise UsageError(f"The text needs {_listed(missing)}, which the recipient lacks.")
        if self.escape is None:
            return self.translate(variables.__getitem__)
        text = ""
        for index, part in enumerate(self.parts):
            text += self.escape(variables[part], text) if index % 2 else part
        return text

    def translate(
        self,
        placeholder: Callable[[str], str],
        literal: Callable[[str], str] = str,
    ) -> str:
        """Write the text in another notation.

        Args:
            placeholder: writes a variable's name in the other notation, e.g. `%name%`.
            literal: escapes the text between placeholders, where the notation needs it.
        """
        return "".join(
            placeholder(part) if index % 2 else literal(part)
            for index, part in enumerate(self.parts)
        )


def _to_values(given: object) -> Mapping[str, str]:
    """Return values by their names; those of a list are named "1", "2" and so on."""
    if isinstance(given, Mapping):
        return dict(to_variables(given))
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise UsageError(
            f"values is a mapping or a list of texts, not {type(given).__name__}: e.g. "
            '{"1": "Ann"}, or ["Ann"].'
        )
    return dict(to_variables({str(place): value for place, value in enumerate(given, start=1)}))


def _check_id(template: object, attribute: "attrs.Attribute[Any]", value: object) -> None:
    if value is None:
        raise UsageError("A template has an id.")
    check_text(template, attribute, value)


@attrs.frozen
class MessageTemplate(Serializable):
    """A text that the provider keeps, such as an approved template of WhatsApp, with its values.

    Args:
        id: the provider's id or name of it, e.g. `"HX0123..."` or `"table_is_ready"`.
        language: e.g. `"en_GB"`, where the provider keeps it in several.
        values: what fills it in, by the names of its places. A list stands for those that are
            numbered: `["Ann", "7 pm"]` is `{"1": "Ann", "2": "7 pm"}`. In a `Broadcast`, a value
            may hold `{name}` placeholders, filled from each recipient's `variables`; `{{` and `}}`
            are literal braces.

    Raises:
        UsageError: the id is empty, or a value is not text.
    """

    id: str = attrs.field(validator=_check_id)
    language: str | None = attrs.field(default=None, validator=check_optional)
    values: Mapping[str, str] = attrs.field(factory=dict, converter=_to_values, hash=False)

    def with_values(self, change: Callable[[str], str]) -> Self:
        """Return it with each value changed."""
        values = {name: change(value) for name, value in self.values.items()}
        return attrs.evolve(self, values=values)


def literal(text: str) -> str:
    """Return the template that says what a text says: its braces are braces."""
    return text.replace("{", "{{").replace("}", "}}")


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join("{" + name + "}" for name in names)
