"""How many SMS a text takes, as the vendor counts them."""

from bisect import bisect_left

__all__ = ["parts_of"]

#: The longest text of one part, of two, ... of ten (sms.by page, section 4). The middle of both
#: rows breaks the rule of 153 and 67 characters a part; the server's word is what is paid.
_LATIN = (160, 306, 459, 628, 785, 942, 1071, 1224, 1377, 1530)
_CYRILLIC = (70, 134, 201, 252, 315, 378, 469, 536, 603, 670)
#: Characters that count twice among Latin ones; `~` is not one of them.
_DOUBLE = frozenset("\n[]\\^{}|€")


def parts_of(text: str) -> int | None:
    """Return how many SMS a text takes; None when it is too long for ten.

    Example:
        >>> parts_of("a" * 161), parts_of("я" * 71), parts_of("a" * 1531)
        (2, 2, None)
    """
    if all(character.isascii() or character in _DOUBLE for character in text):
        limits, size = _LATIN, sum(1 + (character in _DOUBLE) for character in text)
    else:
        limits, size = _CYRILLIC, len(text)
    part = bisect_left(limits, size)
    return part + 1 if part < len(limits) else None
