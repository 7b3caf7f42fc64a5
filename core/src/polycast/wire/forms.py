"""What generated models call to read a form."""

from collections.abc import Collection, Mapping

from polycast.wire import strict_json
from polycast.wire.structure import DecodeError, expected

__all__ = ["read_form"]


def read_form(
    values: object, *, parsed: Collection[str], lists: Collection[str]
) -> dict[str, object]:
    """Return a form as the object that JSON would have in its place.

    Args:
        values: a text or a list of texts for each name, as `polycast.providers.form_fields`
            returns them.
        parsed: the names of values that are no strings: numbers, booleans, and what is JSON in a
            form. A text that is no JSON stays a text, for the reader to refuse.
        lists: the names of lists; of any other name the last value counts.

    Raises:
        DecodeError: they are no texts by their names.
    """
    if not isinstance(values, Mapping):
        raise expected("a form", values)
    found: dict[str, object] = {}
    for name, given in values.items():
        texts = [given] if isinstance(given, str) else given
        items = [_parsed(text) for text in texts] if name in parsed else [*texts]
        if items:
            found[name] = items if name in lists else items[-1]
    return found


def _parsed(text: str) -> object:
    try:
        return strict_json.parse(text.encode("utf-8", "surrogatepass"))
    except DecodeError:
        return text
