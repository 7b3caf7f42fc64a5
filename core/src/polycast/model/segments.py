"""How many parts an SMS travels in: GSM 7-bit and UCS-2, as 3GPP TS 23.038 and 23.040 have it."""

from enum import StrEnum
from math import ceil

import attrs

from polycast.model.validators import check_type

__all__ = ["Encoding", "Segments", "count_segments"]

#: 3GPP TS 23.038, 6.2.1: the default alphabet, without the escape to the table below.
_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
#: 3GPP TS 23.038, 6.2.1.1: the extension table, each an escape and a character.
_EXTENSION = frozenset("\f^{}\\[~]|€")
_GSM = _BASIC | _EXTENSION


class Encoding(StrEnum):
    """How the characters of an SMS are written."""

    GSM_7 = "GSM-7"
    UCS_2 = "UCS-2"


#: Units that fit into an SMS that stands alone, and into each of several: a part of several
#: gives six bytes to the header that says which part it is.
_ROOM = {Encoding.GSM_7: (160, 153), Encoding.UCS_2: (70, 67)}


@attrs.frozen
class Segments:
    """What a text takes as an SMS.

    Args:
        encoding: GSM-7 when every character is in its alphabet, else UCS-2 for all of them.
        units: septets of GSM-7, where a character of the extension table takes two; or 16-bit
            units of UCS-2, where a character beyond the first 65,536 (an emoji) takes two.
        parts: how many SMS it travels in, which is what most providers charge for; 0 for
            an empty text.
    """

    encoding: Encoding
    units: int
    parts: int


def count_segments(text: str) -> Segments:
    """Count the parts in which a text travels as an SMS.

    A character that takes two units is never divided between two parts, so a text may need a
    part more than its units alone would say. The text is counted as it stands: a provider that
    replaces characters, or uses a national shift table, may arrive at less.

    Args:
        text: what is said, with its variables filled in.

    Raises:
        UsageError: it is no string.
    """
    check_type("text", text, str, "a string")
    if _GSM.issuperset(text):
        encoding = Encoding.GSM_7
        doubles = sum(map(text.count, _EXTENSION))
    else:
        encoding = Encoding.UCS_2
        doubles = 0 if max(text) <= "\uffff" else sum(map("\uffff".__lt__, text))
    units = len(text) + doubles
    alone, joined = _ROOM[encoding]
    if units <= alone:
        return Segments(encoding, units, min(units, 1))
    if not doubles:
        return Segments(encoding, units, ceil(units / joined))
    return Segments(encoding, units, _filled(text, encoding, joined))


def _filled(text: str, encoding: Encoding, room: int) -> int:
    """Fill part after part, moving a character that does not fit whole to the next."""
    parts, used = 1, 0
    for character in text:
        two = character in _EXTENSION if encoding is Encoding.GSM_7 else character > "\uffff"
        size = 2 if two else 1
        if used + size > room:
            parts, used = parts + 1, 0
        used += size
    return parts
