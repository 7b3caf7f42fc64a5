"""How many parts an SMS takes (Hyber page, "Channel options", SMS segments)."""

from math import ceil

__all__ = ["is_plain", "segments"]

_GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
#: Characters of the GSM alphabet that take the room of two.
_DOUBLE = frozenset("^{}\\[~]|€\f")


def is_plain(text: str) -> bool:
    """Whether a text is written in the GSM 7-bit default alphabet, without its extension."""
    return _GSM.issuperset(text)


def segments(text: str) -> int:
    """Return the number of parts in which a text travels."""
    if (_GSM | _DOUBLE).issuperset(text):
        length, alone, joined = len(text) + sum(c in _DOUBLE for c in text), 160, 153
    else:
        length, alone, joined = len(text.encode("utf-16-be")) // 2, 70, 67
    return 1 if length <= alone else ceil(length / joined)
