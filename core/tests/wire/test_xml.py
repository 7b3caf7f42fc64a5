"""XML as bytes: honest about encodings, deaf to document types, gentle with text."""

from typing import Any

import pytest
from polycast.wire import UNSET, DecodeError, EncodeError, strict_xml

DECLARATION = '<?xml version="1.0" encoding="{}"?>'


@pytest.mark.parametrize(
    ("content", "tree"),
    [
        ("<a/>", {"a": None}),
        ("<a> x </a>", {"a": " x "}),
        ("<a>\n</a>", {"a": "\n"}),
        ("<a><![CDATA[ <b> ]]></a>", {"a": " <b> "}),
        ("<a>x<!-- no -->y</a>", {"a": "xy"}),
        ("<a>&lt;&amp;&#65;</a>", {"a": "<&A"}),
        ('<a b="1">x</a>', {"a": {"@b": "1", "#text": "x"}}),
        ("<a><b>1</b><b>2</b><c/></a>", {"a": {"b": ["1", "2"], "c": None}}),
        ("\ufeff<a/>", {"a": None}),
        ("<?php nothing?><a/>", {"a": None}),
    ],
)
def test_the_tree(content: str, tree: dict[str, Any]) -> None:
    """Text is kept to the last blank; comments and instructions are not there."""
    assert strict_xml.parse(content.encode()) == tree


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-5", "windows-1251"])
@pytest.mark.parametrize("rootless", [False, True])
def test_declared_encodings(encoding: str, rootless: bool) -> None:
    """The encoding that a document declares is the one it is read in."""
    body = "<a>Київ</a><b/>" if rootless else "<r><a>Київ</a><b/></r>"
    if encoding == "iso-8859-5":
        body = body.replace("Київ", "Киев")
    content = (DECLARATION.format(encoding) + body).encode(encoding)
    (tree,) = strict_xml.parse(content).values()
    assert tree["a"] in ("Київ", "Киев")


@pytest.mark.parametrize("rootless", [False, True])
def test_the_transports_encoding_wins(rootless: bool) -> None:
    """What HTTP says about the encoding counts more than the document's own claim."""
    body = "<a>Київ</a><b/>" if rootless else "<r><a>Київ</a><b/></r>"
    content = (DECLARATION.format("utf-8") + body).encode("windows-1251")
    (tree,) = strict_xml.parse(content, "windows-1251").values()
    assert tree["a"] == "Київ"


@pytest.mark.parametrize(
    "content",
    [
        "<a>1</a><b>2</b>",
        "<a>1</a>\n<b>2</b>\n",
        "\n<a>1</a> <b>2</b>",
        '<?xml version="1.0"?><a>1</a><b>2</b>',
        "\ufeff" + '<?xml version="1.0" encoding="UTF-8"?>\n<a>1</a><b>2</b>',
    ],
)
def test_a_missing_root(content: str) -> None:
    """A sequence of elements is read as if something stood around it, under the empty name."""
    ((name, tree),) = strict_xml.parse(content.encode()).items()
    assert name == ""
    assert (tree["a"], tree["b"]) == ("1", "2")


BOMB = '<!DOCTYPE a [<!ENTITY x "ha"><!ENTITY y "&x;&x;">]><a>&y;</a>'


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "no element found"),
        (b"   ", "no element found"),
        (b"text", "not XML"),
        (b"{}", "not XML"),
        (b"<a>", "no element found"),
        (b"<a></b>", "mismatched tag"),
        (b"<html><br></html>", "mismatched tag"),
        (b"<a/><b>", "not XML"),
        (b"<a/>text", "not XML"),
        (b"<a/></rootless><rootless>", "not XML"),
        (b"<a>&nbsp;</a>", "undefined entity"),
        (b"<a>\x00</a>", "not XML"),
        (b"<a>\xff</a>", "not XML"),
        (BOMB.encode(), "document type"),
        (BOMB.encode("utf-16"), "document type"),
        (b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', "document type"),
        (b"<a/><!DOCTYPE b><b/>", "not XML"),
        (b'<?xml version="1.0" encoding="no-such"?><a/>', "encoding"),
        (b'<?xml version="1.0" encoding="utf-7"?><a/><b/>', "encoding"),
        ("<a/><b/>".encode("utf-16") + b"x", ""),
    ],
)
def test_what_is_not_read(content: bytes, words: str) -> None:
    """Each failure is a DecodeError with one readable sentence; document types always are one."""
    with pytest.raises(DecodeError) as caught:
        strict_xml.parse(content)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_unknown_transport_encoding() -> None:
    """A charset that nobody knows is an ordinary error."""
    for content in (b"<a/>", b"<a/><b/>"):
        with pytest.raises(DecodeError):
            strict_xml.parse(content, "no-such-charset")


@pytest.mark.parametrize("start", [b"", b"<status>OK</status>"])
def test_deep_documents_are_refused_at_once(start: bytes) -> None:
    """No answer is nested so deeply, and nobody may have our time and memory by it."""
    assert "a" in strict_xml.parse(b"<a>" * 200 + b"</a>" * 200)
    for end in (b"", b"</a>" * 200_000):
        with pytest.raises(DecodeError, match="nested too deeply"):
            strict_xml.parse(start + b"<a>" * 200_000 + end)


@pytest.mark.parametrize(
    ("node", "text"),
    [("x", "x"), (" ", " "), (None, ""), ({"@a": "1"}, ""), ({"@a": "1", "#text": " x"}, " x")],
)
def test_text(node: object, text: str) -> None:
    """An element's text, with or without attributes, empty or not."""
    assert strict_xml.text(node, ".a") == text


@pytest.mark.parametrize(
    ("node", "found"),
    [
        (UNSET, "missing"),
        (["x", "y"], "once, found it 2 times"),
        ({"b": "x"}, "found elements"),
        ({"b": None, "#text": "x"}, "found elements"),
    ],
)
def test_what_is_no_text(node: object, found: str) -> None:
    """Elements are not text, two elements are not one, and nothing is nothing."""
    with pytest.raises(DecodeError, match=rf"^\$\.a: .*{found}"):
        strict_xml.text(node, ".a")


@pytest.mark.parametrize(
    ("node", "empty"),
    [
        *(
            (node, True)
            for node in (UNSET, None, "", " \n", {"@a": "1"}, {"@a": "1", "#text": " "})
        ),
        *((node, False) for node in ("0", {"b": None}, ["", ""], {"#text": "x"})),
    ],
)
def test_an_element_left_blank(node: object, empty: bool) -> None:
    """A number left blank is absent; anything else stays what it is."""
    assert (strict_xml.filled(node) is UNSET) is empty
    assert empty or strict_xml.filled(node) is node


def test_a_wrapper_and_its_items() -> None:
    """One item, several and none are a list; a wrapper of text is an error."""
    for node, found in (
        (None, []),
        ("\n", []),
        ({"b": "1"}, ["1"]),
        ({"b": ["1", "2"]}, ["1", "2"]),
    ):
        assert strict_xml.items(node, "b", strict_xml.text, ".a") == found
    for bad in (UNSET, "text", [{"b": "1"}, {"b": "2"}]):
        with pytest.raises(DecodeError, match=r"^\$\.a: "):
            strict_xml.items(bad, "b", strict_xml.text, ".a")
    with pytest.raises(DecodeError, match=r"^\$\.a\.b\[1\]: "):
        strict_xml.items({"b": ["1", "x"]}, "b", strict_xml.integer, ".a")


@pytest.mark.parametrize(
    ("tree", "content"),
    [
        ({"a": ""}, "<a></a>"),
        ({"a": {}}, "<a></a>"),
        ({"a": {"b": "<&>", "c": {"@d": "\"'<", "#text": "x\r"}}}, None),
        ({"a": {"b": ["1", "2"], "c": []}}, "<a><b>1</b><b>2</b></a>"),
    ],
)
def test_writing(tree: dict[str, Any], content: str | None) -> None:
    """What is written is read back as the same text, quotes and carriage returns included."""
    written = strict_xml.write(tree).decode()
    if content is None:
        assert strict_xml.parse(written.encode()) == tree
    else:
        assert written == f"{DECLARATION.format('UTF-8')}\n{content}"


@pytest.mark.parametrize("value", ["\x00", "\x1f", "\ud800", "\ufffe", 5, True])
def test_what_xml_cannot_say(value: object) -> None:
    """Characters outside XML, and what is no text, are refused before anything is sent."""
    with pytest.raises(EncodeError):
        strict_xml.write({"a": {"b": value}})
    with pytest.raises(EncodeError):
        strict_xml.write({"a": {"@b": value}})
