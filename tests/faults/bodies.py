"""Answers with HTTP status 200 whose body is not as it should be, and what comes before them."""

import json
import re
import zlib
from collections.abc import Callable
from functools import cache
from typing import Any

from tests.faults.kinds import Fault, Scene, answers
from tests.faults.rules import Means
from tests.faults.server import Peer

__all__ = ["AS_IT_SHOULD_BE", "CAP", "FAULTS"]

#: Bytes of the largest answer that the clients of the matrix take.
CAP = 1 << 20
_JSON = ("json",)
_XML = ("xml",)
_DEEP = 200_000
_HUGE = b"9" * 5000


def _says(body: bytes, kind: str) -> Callable[[Peer, Scene], object]:
    """Carry the request out, and answer with this body all the same."""

    def plays(peer: Peer, scene: Scene) -> None:
        scene.good()
        told = body.replace(b"ELSEWHERE", scene.elsewhere.encode())
        head = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(told)}\r\n\r\n"
        peer.send(head.encode() + told)

    return plays


def _changed(
    change: Callable[[bytes, Scene], bytes], **headers: str
) -> Callable[[Peer, Scene], object]:
    """Answer well, but for what `change` does to the body, and for these headers."""

    def plays(peer: Peer, scene: Scene) -> None:
        good = scene.good()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        peer.send(good.bytes(change(good.body, scene), **named))

    return plays


def _replaced(pattern: bytes, by: bytes) -> Callable[[Peer, Scene], object]:
    return _changed(lambda body, scene: re.sub(pattern, by, body))


def _interim(*lines: bytes) -> Callable[[Peer, Scene], object]:
    told = b"".join(b"HTTP/1.1 " + line + b"\r\n\r\n" for line in lines)
    return lambda peer, scene: peer.send(told, scene.good().bytes())


def _no_content(peer: Peer, scene: Scene) -> None:
    scene.good()
    peer.send(b"HTTP/1.1 204 No Content\r\n\r\n")


def _endless_chunks(peer: Peer, scene: Scene) -> None:
    good = scene.good()
    peer.send(good.bytes(b"", **{"Transfer-Encoding": "chunked"}))
    chunk = b"10000\r\n" + b" " * (1 << 16) + b"\r\n"
    while True:
        peer.send(chunk)


@cache
def _bomb(start: bytes) -> bytes:
    packer = zlib.compressobj(9, wbits=31)
    packed = packer.compress(start)
    for _ in range(64):
        packed += packer.compress(b" " * CAP)
    return packed + packer.flush()


def _bombed(body: bytes, scene: Scene) -> bytes:
    return _bomb(body[:1])


def _echoed(body: bytes, scene: Scene) -> bytes:
    """Tell the credentials in a field that nobody asked for."""
    told = json.loads(body)
    whole = told[0] if isinstance(told, list) else told
    whole["echo"] = " and ".join(scene.secrets)
    return json.dumps(told).encode()


def _echoed_in_texts(body: bytes, scene: Scene) -> bytes:
    echo = json.dumps(" " + " ".join(scene.secrets))[1:-1].encode()
    return re.sub(rb'(: *"[^"\\]*)"', lambda found: found[1] + echo + b'"', body)


def _echoed_in_elements(body: bytes, scene: Scene) -> bytes:
    echo = " ".join(scene.secrets).replace("&", "&amp;").replace("<", "&lt;").encode()
    return re.sub(rb"</(description|name|text)>", lambda f: b" " + echo + f[0], body)


def _stale(peer: Peer, scene: Scene) -> None:
    peer.send(scene.good().bytes())
    if scene.request.number == 1:
        peer.close()


def _stale_at_once(peer: Peer, scene: Scene) -> None:
    peer.send(scene.good().bytes())
    if scene.request.number == 1:
        peer.receive()
        peer.reset()


_NUMBERS = rb"(?<=[:\[, ])-?\d+(?=[,}\] ])"
_CELLS = rb"(?<=>)\d+(?=<)"
_ENTITIES = b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY a 'ha'>" + b"".join(
    b"<!ENTITY a%d '%s'>" % (n, b"&a%s;" % (str(n - 1).encode() if n else b"") * 10)
    for n in range(12)
)
_EXTERNAL = (
    b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY a SYSTEM '%s'>"
    b"<!ENTITY % b SYSTEM 'ELSEWHERE'> %%b;]><a>&a;</a>"
).replace(b"%%", b"%")


def _body(name: str, means: Means, plays: Callable[[Peer, Scene], object], **more: Any) -> Fault:
    return Fault(name=name, group="answers", means=means, plays=plays, **more)


AS_IT_SHOULD_BE = _body(
    "as it should be", Means.WORKS, lambda peer, scene: peer.send(scene.good().bytes())
)

FAULTS = (
    AS_IT_SHOULD_BE,
    _body("kept connection, closed since", Means.WORKS, _stale, primed=True),
    _body("kept connection, closed as it is used", Means.MAY_BE_LOST, _stale_at_once, primed=True),
    _body("100 before it", Means.WORKS, _interim(b"100 Continue"), followed=True),
    _body("102 before it", Means.WORKS, _interim(b"102 Processing"), followed=True),
    _body(
        "103 before it",
        Means.WORKS,
        _interim(b"103 Early Hints\r\nLink: </style.css>; rel=preload"),
        followed=True,
    ),
    _body(
        "100, 103 and 102 before it",
        Means.WORKS,
        _interim(b"100 Continue", b"103 Early Hints", b"102 Processing"),
        followed=True,
    ),
    _body("200 with HTML", Means.UNREADABLE, answers("200 OK")),
    _body("200, empty", Means.UNREADABLE, _says(b"", "application/json")),
    _body(
        "204",
        Means.UNREADABLE,
        _no_content,
    ),
    _body(
        "truncated",
        Means.UNREADABLE,
        _changed(lambda body, scene: body[: len(body) // 2]),
        formats=("json", "xml"),
    ),
    _body(
        "an unknown charset is named",
        Means.READ_ON,
        _changed(lambda body, scene: body, Content_Type="text/plain; charset=x-nothing"),
    ),
    _body(
        "another charset than is named",
        Means.READ_ON,
        _changed(
            lambda body, scene: body.decode().encode("utf-16"),
            Content_Type="application/json; charset=utf-8",
        ),
    ),
    _body(
        "bytes that are no UTF-8",
        Means.READ_ON,
        _changed(lambda body, scene: body[:-4] + b"\xff\xfe" + body[-4:]),
    ),
    _body(
        "larger than the cap",
        Means.UNREADABLE,
        _changed(lambda body, scene: body + b" " * (CAP + 1)),
    ),
    _body("without an end", Means.UNREADABLE, _endless_chunks),
    _body("gzip bomb", Means.UNREADABLE, _changed(_bombed, Content_Encoding="gzip")),
    _body(
        "gzip that is none",
        Means.LOST,
        _changed(lambda body, scene: body, Content_Encoding="gzip"),
    ),
    _body("deep JSON", Means.UNREADABLE, _says(b"[" * _DEEP + b"]" * _DEEP, "application/json")),
    _body(
        "deep JSON in a field",
        Means.READ_ON,
        _changed(
            lambda body, scene: body.replace(
                b"{", b'{"deep":' + b"[" * _DEEP + b"]" * _DEEP + b",", 1
            )
        ),
        formats=_JSON,
    ),
    _body("huge integers", Means.READ_ON, _replaced(_NUMBERS, _HUGE), formats=_JSON),
    _body("huge integers ", Means.READ_ON, _replaced(_CELLS, _HUGE), formats=_XML),
    _body("NaN", Means.READ_ON, _replaced(_NUMBERS, b"NaN"), formats=_JSON),
    _body("1e999", Means.READ_ON, _replaced(_NUMBERS, b"1e999"), formats=_JSON),
    _body("null for every number", Means.READ_ON, _replaced(_NUMBERS, b"null"), formats=_JSON),
    _body("duplicate keys", Means.READ_ON, _replaced(rb'("\w+"):', rb"\1: 0, \1:"), formats=_JSON),
    _body(
        "lone surrogates",
        Means.READ_ON,
        _replaced(rb'(: *"[^"\\]*)"', rb'\1\\ud800"'),
        formats=_JSON,
        other_texts=True,
    ),
    _body(
        "NUL in texts",
        Means.READ_ON,
        _replaced(rb'(: *"[^"\\]*)"', rb'\1\\u0000"'),
        formats=_JSON,
        other_texts=True,
    ),
    _body("credentials in a new field", Means.WORKS, _changed(_echoed), formats=_JSON),
    _body(
        "credentials in texts",
        Means.READ_ON,
        _changed(_echoed_in_texts),
        formats=_JSON,
        other_texts=True,
    ),
    _body(
        "credentials in texts ",
        Means.READ_ON,
        _changed(_echoed_in_elements),
        formats=_XML,
        other_texts=True,
    ),
    _body("XML entity bomb", Means.UNREADABLE, _says(_ENTITIES + b"]><a>&a11;</a>", "text/xml")),
    _body(
        "XML external entity",
        Means.UNREADABLE,
        _says(_EXTERNAL.replace(b"'%s'", b"'file:///etc/passwd'"), "text/xml"),
    ),
    _body(
        "XML with a DTD",
        Means.READ_ON,
        _changed(
            lambda body, scene: re.sub(
                rb"(<\?xml.*?\?>)?", rb"\1<!DOCTYPE a SYSTEM 'ELSEWHERE'>", body, count=1
            ).replace(b"ELSEWHERE", scene.elsewhere.encode())
        ),
        formats=_XML,
    ),
    _body("deep XML", Means.UNREADABLE, _says(b"<a>" * _DEEP + b"</a>" * _DEEP, "text/xml")),
)
