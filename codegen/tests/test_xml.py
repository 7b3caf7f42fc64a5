"""XML: every way in which a property can stand in an element, read and written."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polycast.wire import UNSET, DecodeError, EncodeError, Undecodable, strict_xml

STRING = {"type": "string"}
INTEGER = {"type": "integer"}
ITEM = {"type": "object", "required": ["id"], "properties": {"id": INTEGER, "text": STRING}}


@pytest.fixture
def element(spec: Callable[..., dict[str, Any]], build: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function that generates a client which sends and is answered one element."""

    def element_(root: str | None = None, required: tuple[str, ...] = (), **properties: Any) -> Any:
        schema: dict[str, Any] = {"type": "object", "required": list(required)}
        schema |= {"properties": properties, "xml": {"name": "reply"}}
        content: dict[str, Any] = {"schema": {"$ref": "#/components/schemas/Reply"}}
        answer = {**content, "x-root": root} if root else content
        post = {
            "operationId": "post",
            "requestBody": {"required": True, "content": {"application/xml": content}},
            "responses": {
                "200": {
                    "description": "",
                    "content": {"application/xml": answer},
                }
            },
        }
        return build(spec({"Reply": schema}, {"/x": {"post": post}}))

    return element_


def read(built: Any, content: str) -> Any:
    """Read a document."""
    return built.read("Reply", strict_xml.parse(content.encode()), "xml")


def write(built: Any, **fields: object) -> str:
    """Write a document, without its declaration."""
    content = strict_xml.write(built.write(built.models.Reply(**fields), "xml")).decode()
    return content.removeprefix('<?xml version="1.0" encoding="UTF-8"?>\n')


SCALARS: dict[str, tuple[dict[str, Any], dict[str, Any], list[str]]] = {
    "string": (
        STRING,
        {"x": "x", "": "", " x\n": " x\n", "&lt;&amp;": "<&", "<![CDATA[ <a> ]]>": " <a> "},
        ["<b/>"],
    ),
    "integer": (
        INTEGER,
        {"1": 1, " -2\n": -2, "+3": 3, "007": 7},
        ["x", "1.5", "1_0", "\u0661", "<b/>", "1 2", "9" * 5000],
    ),
    "number": (
        {"type": "number"},
        {"1": 1.0, " -2.5 ": -2.5, "1e3": 1000.0},
        ["x", "NaN", "Infinity", "1,5", "1e999"],
    ),
    "boolean": (
        {"type": "boolean"},
        {"true": True, " false ": False, "1": True, "0": False},
        ["yes", "TRUE"],
    ),
    "enum": ({"enum": ["a", "b"]}, {"a": "a", " b ": "b"}, ["c", "A"]),
    "numbers": ({"enum": [1, 2]}, {" 1 ": 1}, ["3", "x"]),
    "moment": (
        {"type": "string", "format": "date-time"},
        {" 2013-03-02T17:28:12Z\n": dt.datetime(2013, 3, 2, 17, 28, 12, tzinfo=dt.UTC)},
        ["2013-03-02T17:28:12", "soon"],
    ),
    "date": ({"type": "string", "format": "date"}, {" 2013-03-02 ": dt.date(2013, 3, 2)}, ["2013"]),
    "pattern": (
        {"type": "string", "format": "x-strptime:%d-%m-%Y %H:%M"},
        {"02-03-2013 17:28": dt.datetime(2013, 3, 2, 17, 28)},  # noqa: DTZ001
        ["2013-03-02"],
    ),
    "epoch": (
        {"type": "integer", "format": "x-epoch-seconds"},
        {" 60 ": dt.datetime(1970, 1, 1, 0, 1, tzinfo=dt.UTC)},
        ["x", "1.5"],
    ),
}


@pytest.mark.parametrize("name", SCALARS)
@pytest.mark.parametrize("required", [True, False])
def test_plain_values(name: str, required: bool, element: Callable[..., Any]) -> None:
    """Text is never stripped; blanks around numbers, truths and dates are passed over."""
    schema, good, bad = SCALARS[name]
    built = element(required=("a",) if required else (), a=schema)
    for content, value in good.items():
        found = read(built, f"<reply><a>{content}</a></reply>").a
        assert found == value
        assert type(found) is type(value)
        assert read(built, write(built, a=value)).a == value
    if not required:
        for content in (*bad, "1</a><a>2"):
            reply = read(built, f"<reply><a>{content}</a></reply>")
            assert reply.a is UNSET
            assert list(reply.unread) == ["a"]
        return
    for content in bad:
        with pytest.raises(DecodeError, match=r"^\$\.a: "):
            read(built, f"<reply><a>{content}</a></reply>")
    with pytest.raises(DecodeError, match=r"^\$\.a: expected .* once, found it 2 times"):
        read(built, "<reply><a>1</a><a>2</a></reply>")


@pytest.mark.parametrize("name", SCALARS)
@pytest.mark.parametrize("empty", ["<a/>", "<a></a>", "<a> \n</a>", '<a unknown="x"/>'])
def test_an_empty_element(name: str, empty: str, element: Callable[..., Any]) -> None:
    """It is the empty text for a string; for another value it is absent, which may be an error."""
    schema = SCALARS[name][0]
    optional = element(a=schema)
    if name == "string":
        assert read(optional, f"<reply>{empty}</reply>").a.strip() == ""
        return
    assert read(optional, f"<reply>{empty}</reply>").a is UNSET
    with pytest.raises(DecodeError, match=r"^\$\.a: "):
        read(element(required=("a",), a=schema), f"<reply>{empty}</reply>")


@pytest.mark.parametrize("content", ["<reply/>", "<reply>\n</reply>", "<reply><b/></reply>"])
def test_an_absent_element(content: str, element: Callable[..., Any]) -> None:
    """What is optional is unset, what is required is an error, unknown elements are ignored."""
    assert read(element(a=STRING), content).a is UNSET
    with pytest.raises(DecodeError, match=r"^\$\.a: missing, expected text"):
        read(element(required=("a",), a=STRING), content)


def test_attributes(element: Callable[..., Any]) -> None:
    """Attributes stand beside elements, and may have the same name as one."""
    built = element(
        id={"type": "integer", "xml": {"attribute": True}},
        name={"type": "string", "xml": {"attribute": True, "name": "label"}},
        child={"type": "string", "xml": {"name": "label"}},
    )
    reply = read(built, '<reply id=" 7 " label=" x "><label>y</label></reply>')
    assert (reply.id, reply.name, reply.child) == (7, " x ", "y")
    assert write(built, id=7, name='"<\n', child="y") == (
        '<reply id="7" label=\'"&lt;&#10;\'><label>y</label></reply>'
    )
    assert read(built, "<reply/>").id is UNSET
    assert read(built, '<reply id="x"/>').unread == {"@id": "x"}


LISTS: dict[str, tuple[dict[str, Any], str]] = {
    "plain": ({"type": "array", "items": STRING}, "{items:a}"),
    "named items": ({"type": "array", "items": {**STRING, "xml": {"name": "b"}}}, "{items:b}"),
    "wrapped": (
        {"type": "array", "items": {**STRING, "xml": {"name": "b"}}, "xml": {"wrapped": True}},
        "<a>{items:b}</a>",
    ),
    "wrapper named": (
        {
            "type": "array",
            "items": {**STRING, "xml": {"name": "b"}},
            "xml": {"wrapped": True, "name": "c"},
        },
        "<c>{items:b}</c>",
    ),
    "wrapper and items of one name": (
        {"type": "array", "items": STRING, "xml": {"wrapped": True}},
        "<a>{items:a}</a>",
    ),
}


def filled(form: str, texts: list[str]) -> str:
    """Return the form with an element for each text."""
    for tag in "abc":
        form = form.replace(f"{{items:{tag}}}", "".join(f"<{tag}>{text}</{tag}>" for text in texts))
    return f"<reply>{form}</reply>"


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("texts", [["x"], ["x", "y"], ["", " "], [f"{n}" for n in range(9)]])
def test_lists(name: str, texts: list[str], element: Callable[..., Any]) -> None:
    """One element and several are both a list, with a wrapper and without."""
    schema, form = LISTS[name]
    built = element(a=schema)
    assert read(built, filled(form, texts)).a == texts
    assert write(built, a=texts) == filled(form, texts)


@pytest.mark.parametrize("name", LISTS)
def test_empty_lists(name: str, element: Callable[..., Any]) -> None:
    """An empty wrapper is an empty list, an absent one is unset; a required list is never unset."""
    schema, form = LISTS[name]
    wrapped = "wrapped" in str(schema)
    optional, required = element(a=schema), element(required=("a",), a=schema)
    for empty in (filled(form, []), filled(form.replace("{", " {"), [])) if wrapped else ():
        assert read(optional, empty).a == []
        assert read(required, empty).a == []
    assert read(optional, "<reply/>").a is UNSET
    if wrapped:
        with pytest.raises(DecodeError, match=r"missing"):
            read(required, "<reply/>")
    else:
        assert read(required, "<reply/>").a == []


def test_lists_of_objects_and_their_errors(element: Callable[..., Any]) -> None:
    """Errors name the element and its index, through wrappers too."""
    built = element(
        required=("messages", "numbers", "inner"),
        messages={
            "type": "array",
            "items": {**ITEM, "xml": {"name": "message"}},
            "xml": {"wrapped": True},
        },
        numbers={"type": "array", "items": {**INTEGER, "xml": {"name": "n"}}},
        inner={"type": "object", "required": ["id"], "properties": {"id": INTEGER}},
    )
    content = "<reply><messages><message><id>1</id><text> a </text></message>{}</messages></reply>"
    content = content.replace("</reply>", "<inner><id>1</id></inner></reply>")
    reply = read(built, content.format(""))
    assert [(message.id, message.text) for message in reply.messages] == [(1, " a ")]
    with pytest.raises(DecodeError, match=r"^\$\.messages\.message\[1\]\.id: missing"):
        read(built, content.format("<message/>"))
    with pytest.raises(DecodeError, match=r"^\$\.n\[2\]: expected a whole number, found 'x'"):
        read(built, "<reply><messages/><n>1</n><n>2</n><n>x</n></reply>")
    with pytest.raises(DecodeError, match=r"^\$\.inner\.id: "):
        read(built, "<reply><messages/><inner><id>x</id></inner></reply>")
    for content in ("<inner>text</inner>", "<inner/><inner/>"):
        with pytest.raises(DecodeError, match=r"^\$\.inner: "):
            read(built, f"<reply><messages/>{content}</reply>")
    with pytest.raises(EncodeError, match=r"^\$\.messages\[0\]\.id: "):
        write(built, messages=[built.models.ReplyMessagesItem(id="1")], numbers=[], inner=None)


@pytest.mark.parametrize("wrapped", [True, False])
def test_one_bad_element_costs_that_element(wrapped: bool, element: Callable[..., Any]) -> None:
    """In a tolerant list an invalid element is kept raw with its error."""
    rows = {"type": "array", "items": ITEM, "x-tolerate-invalid": True}
    built = element(rows={**rows, "xml": {"wrapped": True}} if wrapped else rows)
    inner = "<rows><id>1</id></rows><rows><id>x</id></rows><rows>?</rows>"
    found = read(built, f"<reply>{f'<rows>{inner}</rows>' if wrapped else inner}</reply>").rows
    assert [type(row) is Undecodable for row in found] == [False, True, True]
    assert str(found[1].error) == "$.id: expected a whole number, found 'x'"
    assert found[1].raw == {"id": "x"}


def test_the_root_has_its_name(element: Callable[..., Any]) -> None:
    """A document with another root, or without one, is refused where the spec names the root."""
    built = element(a=STRING)
    for content, found in (("<other><a/></other>", "<other>"), ("<a/><b/>", "several elements")):
        with pytest.raises(DecodeError, match=rf"^\$: expected the root .*<reply>, found {found}"):
            read(built, content)


@pytest.mark.parametrize(
    "form",
    [
        "{}",
        "\ufeff{}",
        '<?xml version="1.0" encoding="UTF-8"?>\n{}',
        "<root>{}</root>",
        "<root><wrapper>{}</wrapper></root>",
        '<?xml version="1.0"?><root version="1">\n<wrapper>\n{}\n</wrapper>\n</root>',
        "<!-- a comment -->{}",
        "<result>{}</result>",
    ],
)
def test_any_root(form: str, element: Callable[..., Any]) -> None:
    """With `x-root: any` the elements are found without a root, in any root, in one wrapper."""
    inner = {"type": "object", "properties": {"status": STRING}}
    built = element("any", ("status",), input=STRING, status=STRING, result=inner)
    reply = read(
        built,
        form.format("<input>x</input> <status>OK</status><result><status>2</status></result>"),
    )
    assert (reply.input_, reply.status, reply.result.status) == ("x", "OK", "2")
    assert read(built, form.format("<status>OK</status>")).status == "OK"


@pytest.mark.parametrize(
    "content",
    [
        "<result><broadcast><status>2</status></broadcast></result>",
        "<root><a><b><status>2</status></b></a></root>",
        "<root><a/><b><status>2</status></b></root>",
        "<html><body>no</body></html>",
        "<root/>",
        "<input>x</input><result><status>2</status></result>",
    ],
)
def test_any_root_is_not_any_place(content: str, element: Callable[..., Any]) -> None:
    """An element of the same name farther in is never taken for the one that is asked for."""
    broadcast = {"type": "object", "properties": {"status": STRING}}
    inner = {"type": "object", "properties": {"status": STRING, "broadcast": broadcast}}
    built = element("any", ("status",), input=STRING, status=STRING, result=inner)
    with pytest.raises(DecodeError, match="<status>"):
        read(built, content)


def test_round_trips(element: Callable[..., Any]) -> None:
    """Whatever can be written as XML is read back the same."""
    built = element(
        required=("text",),
        text=STRING,
        attribute={**STRING, "xml": {"attribute": True}},
        size=INTEGER,
        flag={"type": "boolean"},
        day={"type": "string", "format": "date"},
        words={"type": "array", "items": STRING, "xml": {"wrapped": True}},
        rows={"type": "array", "items": ITEM},
    )
    models = built.models
    texts = st.text(st.characters(blacklist_categories=["Cs", "Cc"]) | st.sampled_from("\t\n\r"))
    texts = texts.filter(lambda text: not set(text) & {"\ufffe", "\uffff"})
    unset = st.just(UNSET)
    replies = st.builds(
        models.Reply,
        text=texts,
        attribute=unset | texts,
        size=unset | st.integers(),
        flag=unset | st.booleans(),
        day=unset | st.dates(),
        words=unset | st.lists(texts),
        rows=st.lists(st.builds(models.ReplyRowsItem, id=st.integers(), text=texts), min_size=1),
    )

    @settings(max_examples=150, deadline=None)
    @given(replies)
    def round_trip(reply: Any) -> None:
        content = strict_xml.write(built.write(reply, "xml"))
        assert built.read("Reply", strict_xml.parse(content), "xml") == reply

    round_trip()


@pytest.mark.parametrize("text", ["\x00", "\x0b", "\ufffe", "\ud800"])
def test_characters_xml_cannot_write(text: str, element: Callable[..., Any]) -> None:
    """A character that XML has no way to write is refused before anything is sent."""
    built = element(a=STRING)
    with pytest.raises(EncodeError, match="cannot be written in XML"):
        write(built, a=text)
