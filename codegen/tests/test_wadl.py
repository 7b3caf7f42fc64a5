"""WADL with inline XSD becomes the same client as OpenAPI would, or is refused by line."""

from collections.abc import Callable
from typing import Any

import pytest
from polycast.wire import UNSET, DecodeError, File, Undecodable, strict_xml
from polycast_codegen.check import files_of
from polycast_codegen.document import SpecFile
from polycast_codegen.errors import SpecError

ITEM = '<xs:element name="a" type="xs:string"/>'
RESPONSE = (
    '<w:response status="200"><w:representation mediaType="text/xml" element="reply"/></w:response>'
)
METHOD = f'<w:method name="GET" id="get_it">{RESPONSE}</w:method>'


def wadl(
    content: str = f"<xs:sequence>{ITEM}</xs:sequence>",
    method: str = METHOD,
    *,
    path: str = "x",
    params: str = "",
    top: str = "",
    more: str = "",
) -> str:
    """Return a document whose root element has this content."""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<w:application xmlns:w="http://wadl.dev.java.net/2009/02" xmlns:pc="urn:polycast:spec"
               xmlns:xs="http://www.w3.org/2001/XMLSchema">
<w:doc title="Acme">Sends things.</w:doc>{top}
<w:grammars><xs:schema>
<xs:element name="reply" type="Reply"/>
<xs:complexType name="Reply">{content}</xs:complexType>{more}
</xs:schema></w:grammars>
<w:resources base="https://acme.example/api">
<w:resource path="{path}">{params}{method}</w:resource>
</w:resources>
</w:application>"""


def _one(attributes: str) -> str:
    """Return a root's content of one element with these attributes."""
    return f'<xs:sequence><xs:element name="a" {attributes}/></xs:sequence>'


@pytest.fixture
def acme(build: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function that generates a client from such a document."""
    return lambda *args, **kwargs: build(wadl(*args, **kwargs), "acme.wadl")


def read(built: Any, content: str) -> Any:
    """Read a document."""
    return built.read("Reply", strict_xml.parse(content.encode()), "xml")


def test_elements_attributes_and_lists(acme: Callable[..., Any]) -> None:
    """XSD's elements, attributes, occurrences and wrappers are what they say."""
    built = acme(
        """<xs:annotation><xs:documentation>What comes back.</xs:documentation></xs:annotation>
        <xs:sequence>
          <xs:element name="status" type="xs:token"/>
          <xs:element name="size" type="xs:int" minOccurs="0"/>
          <xs:element name="when" type="xs:dateTime" minOccurs="0"/>
          <xs:element name="local" type="xs:string" pc:format="x-strptime:%d.%m.%Y" minOccurs="0"/>
          <xs:element name="row" type="Row" minOccurs="0" maxOccurs="unbounded"
                      pc:tolerate-invalid="true"/>
          <xs:element name="items" minOccurs="0"><xs:complexType><xs:sequence>
            <xs:element name="item" type="Row" maxOccurs="9"/>
          </xs:sequence></xs:complexType></xs:element>
          <xs:element name="words" type="Words"/>
          <xs:element ref="note" minOccurs="0"/>
          <xs:any minOccurs="0" maxOccurs="unbounded"/>
        </xs:sequence>
        <xs:attribute name="version" type="xs:decimal" use="required"/>
        <xs:attribute name="lang" type="xs:string"/>""",
        more="""<xs:complexType name="Row"><xs:all>
            <xs:element name="id" type="xs:long"/></xs:all></xs:complexType>
          <xs:complexType name="Words"><xs:sequence>
            <xs:element name="word" type="xs:string" maxOccurs="unbounded"/>
          </xs:sequence></xs:complexType>
          <xs:element name="note" type="xs:string">
            <xs:annotation><xs:documentation>A note.</xs:documentation></xs:annotation>
          </xs:element>""",
    )
    reply = read(
        built,
        '<reply version="1.5"><status>OK</status><size> 3 </size><when>2020-01-02T00:00:00Z</when>'
        "<local>02.01.2020</local><row><id>1</id></row><row><id>x</id></row>"
        "<items><item><id>2</id></item></items><words><word> a </word></words><note/>"
        "<new/></reply>",
    )
    assert (reply.status, reply.size, reply.version, reply.lang) == ("OK", 3, 1.5, UNSET)
    assert (reply.when.year, reply.local.year, reply.note) == (2020, 2020, "")
    assert [type(row) is Undecodable for row in reply.row] == [False, True]
    assert reply.items[0].id == 2
    assert reply.words == [" a "]
    assert not hasattr(built.models, "Words")
    assert built.models.Reply.__doc__.startswith("What comes back.")
    assert "note: A note." in built.models.Reply.__doc__
    for missing in ("<reply/>", '<reply version="1"><status/></reply>'):
        with pytest.raises(DecodeError, match="missing"):
            read(built, missing)


def test_closed_and_open_vocabularies(acme: Callable[..., Any]) -> None:
    """An enumeration is a closed list; united with xs:string it is open, and stays text."""
    values = '<xs:enumeration value="A"/><xs:enumeration value="B C"/>'
    kind = f'<xs:restriction base="xs:string">{values}</xs:restriction>'
    built = acme(
        '<xs:all><xs:element name="closed" type="Closed"/><xs:element name="open" type="Open"/>'
        '<xs:element name="inline"><xs:simpleType><xs:restriction base="xs:int">'
        '<xs:enumeration value="1"/></xs:restriction></xs:simpleType></xs:element>'
        '<xs:element name="short" type="Short"/></xs:all>',
        more=f'<xs:simpleType name="Closed">{kind}</xs:simpleType><xs:simpleType name="Open">'
        f'<xs:union memberTypes="Closed xs:string"/></xs:simpleType><xs:simpleType name="Short">'
        '<xs:restriction base="xs:string"><xs:maxLength value="3"/></xs:restriction>'
        "</xs:simpleType>",
    )
    content = (
        "<reply><closed>{}</closed><open>new</open><inline>1</inline><short>long</short></reply>"
    )
    reply = read(built, content.format("B C"))
    assert (reply.closed, reply.open_, reply.inline, reply.short) == ("B C", "new", 1, "long")
    assert "Known values: `A`, `B C`." in built.models.Reply.__doc__
    assert "At most 3 characters." in built.models.Reply.__doc__
    assert read(built, content.format("D")).closed == "D"


def test_any_root(acme: Callable[..., Any]) -> None:
    """With `pc:root="any"` an answer may lack its root."""
    built = acme(method=METHOD.replace('element="reply"', 'element="reply" pc:root="any"'))
    assert read(built, "<a>x</a><b>y</b>").a == "x"
    assert read(built, "<other><a>x</a></other>").a == "x"


def test_methods_and_parameters(acme: Callable[..., Any]) -> None:
    """Nested resources join their paths; parameters, bodies and our own words are understood."""
    built = acme(
        method=f"""<w:resource path="{{id}}/{{date}}/{{key}}">
          <w:param name="id" style="template" type="xs:long"><w:doc>Which one.</w:doc></w:param>
          <w:param name="date" style="template" type="xs:string" pc:null="null"
                   pc:format="x-strptime:%d-%m-%Y"/>
          <w:param name="key" style="template" type="xs:string" pc:supplied="true"/>
          <w:method name="GET" id="stopIt" pc:safe="false"><w:doc>Stop it.</w:doc>
            <w:request><w:param name="how" style="query" type="xs:string">
              <w:option value="soon"/><w:option value="now"/></w:param>
              <w:param name="X-Trace" style="header" type="xs:string" required="true"/></w:request>
            {RESPONSE}</w:method>
          <w:method name="POST" id="sendFile"><w:request>
            <w:representation mediaType="multipart/form-data">
              <w:param name="file" style="query" type="xs:string" required="true"
                       pc:format="binary"/>
              <w:param name="note" style="query" type="xs:string"/>
            </w:representation></w:request><w:response status="200 201"/></w:method>
          <w:method name="PUT" id="putIt"><w:request>
            <w:representation mediaType="application/xml" element="reply"/></w:request>
            <w:response status="200"><w:representation mediaType="text/plain"/></w:response>
          </w:method>
        </w:resource>"""
    )
    args, kwargs = built.calls("stop_it", 7, None, x_trace="t", how="now")
    assert args[:3] == ("stop_it", "GET", "/x/{id}/{date}/{key}")
    assert args[3] == {"200": ("xml", built.models.Reply)}
    assert kwargs == {
        "path_values": {"id": 7, "date": "null"},
        "query": {"how": "now"},
        "headers": {"X-Trace": "t"},
        "supplied": ("key",),
        "safe": False,
    }
    body = built.models.SendFileBody(file=File("a.txt", b"a"))
    args, kwargs = built.calls("send_file", 7, None, body)
    assert args[3] == {"200": ("empty", type(None)), "201": ("empty", type(None))}
    assert built.write(kwargs["body"][1], kwargs["body"][0]) == {"file": body.file}
    args, kwargs = built.calls("put_it", 7, None, built.models.Reply(a="<"))
    assert args[3] == {"200": ("text", str)}
    assert strict_xml.write(built.write(kwargs["body"][1], "xml")).endswith(
        b"<reply><a>&lt;</a></reply>"
    )
    assert "Which one." in built.client.Client.stop_it.__doc__


def test_security(acme: Callable[..., Any]) -> None:
    """Security schemes are our own elements, as WADL has none."""
    built = acme(
        top='<pc:security name="signed" kind="custom"/><pc:security name="user" kind="basic"/>'
        '<pc:security name="token" kind="header" key="X-Token" prefix="Token "/>'
        '<pc:security name="key" kind="query" key="k"/>'
    )
    found = {name: repr(scheme) for name, scheme in built.client.Client.SECURITY.items()}
    assert list(found) == ["signed", "user", "token", "key"]
    assert "X-Token" in found["token"]


REFUSALS = {
    "not XML": ("<w:application", "line 1", "not XML"),
    "a document type": (f"<!DOCTYPE w>{wadl()[38:]}", "line 1", "document type"),
    "another element": ("<html/>", "line 1, <html>", "application"),
    "no resources": (wadl().replace("w:resources", "w:grammars"), "", ""),
    "an unknown element": (wadl(top="<w:links/>"), "<links>", "not understood"),
    "an unknown attribute": (wadl(METHOD and ITEM), "", "not understood"),
    "a choice": (wadl("<xs:choice/>"), "<choice>", "not understood"),
    "an extension": (wadl("<xs:complexContent/>"), "<complexContent>", "not understood"),
    "simple content": (wadl("<xs:simpleContent/>"), "<simpleContent>", "not understood"),
    "nothing": (wadl(""), "<complexType name='Reply'>", "neither"),
    "an unknown type": (wadl(_one('type="xs:duration"')), "name='a'", "xs:duration"),
    "an undeclared type": (wadl(_one('type="Other"')), "name='a'", "Other"),
    "a prefix": (wadl(_one('type="zz:string"')), "name='a'", "zz"),
    "no type": (wadl(_one("")), "name='a'", "type"),
    "nillable": (wadl(_one('type="xs:string" nillable="true"')), "name='a'", "nillable"),
    "default": (wadl(_one('type="xs:string" default="x"')), "name='a'", "default"),
    "occurring never": (wadl(_one('type="xs:string" maxOccurs="0"')), "name='a'", "often"),
    "occurring some": (wadl(_one('type="xs:string" maxOccurs="some"')), "name='a'", "some"),
    "tolerating one": (
        wadl(_one('type="xs:string" pc:tolerate-invalid="true"')),
        "name='a'",
        "repeated",
    ),
    "a typo of ours": (wadl(_one('type="xs:string" pc:fromat="x"')), "name='a'", "fromat"),
    "a name twice": (wadl(f"<xs:all>{ITEM}{ITEM}</xs:all>"), "name='a'", "another"),
    "an unknown root": (wadl(method=METHOD.replace('"reply"', '"other"')), "", "other"),
    "an unknown media type": (
        wadl(method=METHOD.replace("text/xml", "image/png")),
        "",
        "image/png",
    ),
    "another root word": (
        wadl(method=METHOD.replace('"reply"', '"reply" pc:root="some"')),
        "",
        "any",
    ),
    "no status": (wadl(method=METHOD.replace(' status="200"', "")), "<response>", "status"),
    "no id": (wadl(method=METHOD.replace(' id="get_it"', "")), "<method name='GET'>", "id"),
    "an HTTP method": (wadl(method=METHOD.replace("GET", "TRACE")), "<method", "HTTP method"),
    "a matrix parameter": (
        wadl(params='<w:param name="p" style="matrix" type="xs:string"/>'),
        "<param name='p'>",
        "matrix",
    ),
    "a supplied maybe": (
        wadl(
            path="{p}",
            params='<w:param name="p" style="template" type="xs:string" pc:supplied="maybe"/>',
        ),
        "name='p'",
        "true or false",
    ),
    "an unknown security": (
        wadl(top='<pc:security name="x" kind="oauth"/>'),
        "<security name='x'>",
        "oauth",
    ),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_what_is_outside_the_subset_is_refused_by_line(name: str) -> None:
    """Each is refused with a readable sentence, naming the line and element where there is one."""
    content, place, problem = REFUSALS[name]
    with pytest.raises(SpecError) as caught:
        files_of(SpecFile("acme.wadl", content.encode()))
    assert place in caught.value.place
    assert problem in caught.value.problem
    assert "\n" not in str(caught.value)
