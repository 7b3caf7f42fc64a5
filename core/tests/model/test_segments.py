"""How many parts a text travels in, against two ways of counting that are not ours."""

import warnings
from functools import cache
from itertools import product

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from polycast.model.segments import Encoding, Segments, count_segments

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import smsutil

#: The default alphabet in the order of 3GPP TS 23.038, from 0x00 to 0x7F; 0x1B is the escape.
BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ"
    " !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = {
    0x0A: "\f", 0x14: "^", 0x28: "{", 0x29: "}", 0x2F: "\\", 0x3C: "[", 0x3D: "~", 0x3E: "]",
    0x40: "|", 0x65: "€",
}  # fmt: skip
WRITTEN = {character: (code,) for code, character in enumerate(BASIC) if character != "\x1b"} | {
    character: (0x1B, code) for code, character in EXTENSION.items()
}


def fewest(sizes: tuple[int, ...], alone: int, joined: int) -> int:
    """Try every way of dividing characters of these sizes, and return the fewest parts."""
    if sum(sizes) <= alone:
        return min(len(sizes), 1)

    @cache
    def best(start: int) -> int:
        if start == len(sizes):
            return 0
        found, room, end = len(sizes), joined, start
        while end < len(sizes) and sizes[end] <= room:
            room -= sizes[end]
            end += 1
            found = min(found, 1 + best(end))
        return found

    return best(0)


def divided(text: str) -> tuple[str, int, int]:
    """Write the text as a phone would, and divide it in every way."""
    if all(character in WRITTEN for character in text):
        sizes = tuple(len(WRITTEN[character]) for character in text)
        return "GSM-7", sum(sizes), fewest(sizes, 160, 153)
    sizes = tuple(len(character.encode("utf-16-be")) // 2 for character in text)
    return "UCS-2", sum(sizes), fewest(sizes, 70, 67)


GSM_TEXT = st.text(st.sampled_from("abc @\n€[]{}\\^~|\f"), max_size=340)
WIDE_TEXT = st.text(st.sampled_from("abяї€😀𝒳é"), max_size=150)
NEAR_AN_EDGE = st.tuples(
    st.sampled_from([("a", "€"), ("я", "😀")]),
    st.sampled_from([66, 67, 69, 70, 133, 134, 152, 153, 159, 160, 305, 306]),
    st.integers(0, 3),
).map(lambda drawn: drawn[0][0] * (drawn[1] - 1) + drawn[0][1] * drawn[2] + drawn[0][0])


@given(st.one_of(GSM_TEXT, WIDE_TEXT, NEAR_AN_EDGE))
@example("a" * 152 + "€" + "a" * 10)
@example("я" * 66 + "😀" + "я" * 10)
def test_no_division_takes_fewer_parts(text: str) -> None:
    """No way of dividing a text that keeps its characters whole takes fewer parts."""
    told = count_segments(text)

    assert (told.encoding, told.units, told.parts) == divided(text)


@given(st.one_of(GSM_TEXT, WIDE_TEXT, NEAR_AN_EDGE, st.text(max_size=200)))
def test_another_library_agrees(text: str) -> None:
    """smsutil, which writes every part out in bytes, needs as many parts in the same encoding."""
    if not text or "\x1b" in text:  # it counts a part for nothing, and knows the bare escape
        return
    parts = smsutil.split(text)

    assert count_segments(text).parts == len(parts.parts)
    assert count_segments(text).encoding == ("GSM-7" if parts.encoding == "gsm0338" else "UCS-2")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Segments(Encoding.GSM_7, 0, 0)),
        ("a" * 160, Segments(Encoding.GSM_7, 160, 1)),
        ("a" * 161, Segments(Encoding.GSM_7, 161, 2)),
        ("a" * 306, Segments(Encoding.GSM_7, 306, 2)),
        ("a" * 307, Segments(Encoding.GSM_7, 307, 3)),
        ("€" * 80, Segments(Encoding.GSM_7, 160, 1)),
        # 76 pairs go into 153: the last septet of each part stays empty.
        ("€" * 153, Segments(Encoding.GSM_7, 306, 3)),
        ("я" * 70, Segments(Encoding.UCS_2, 70, 1)),
        ("я" * 71, Segments(Encoding.UCS_2, 71, 2)),
        ("я" * 134, Segments(Encoding.UCS_2, 134, 2)),
        ("😀" * 35, Segments(Encoding.UCS_2, 70, 1)),
        ("😀" * 67, Segments(Encoding.UCS_2, 134, 3)),
        ("€" + "я" * 69, Segments(Encoding.UCS_2, 70, 1)),
        # Of the letter c with a cedilla, the alphabet has only the capital.
        ("ç", Segments(Encoding.UCS_2, 1, 1)),
        ("Ç", Segments(Encoding.GSM_7, 1, 1)),
        ("`", Segments(Encoding.UCS_2, 1, 1)),
        ("\r\n", Segments(Encoding.GSM_7, 2, 1)),
        ("👨‍👩‍👧‍👦", Segments(Encoding.UCS_2, 11, 1)),
    ],
)
def test_known_texts(text: str, expected: Segments) -> None:
    """The edges that calculators are known to get wrong."""
    assert count_segments(text) == expected


def test_the_alphabet_is_complete() -> None:
    """Exactly the characters of the tables are GSM-7, each taking what the tables say."""
    for code in (*range(0xD800), *range(0xE000, 0x10000)):
        told = count_segments(chr(code))
        sizes = WRITTEN.get(chr(code))
        expected = ("UCS-2", 1) if sizes is None else ("GSM-7", len(sizes))
        assert (told.encoding, told.units) == expected


def test_every_small_mixture_at_an_edge() -> None:
    """At the end of a part, every order of simple and double characters is counted right."""
    for end in product("a€", repeat=5):
        text = "a" * 150 + "".join(end) + "a" * 160
        assert count_segments(text).parts == divided(text)[2]
