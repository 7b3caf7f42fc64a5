"""Bodies and answers in normal form: of several media types the one that can be said best."""

from collections.abc import Mapping
from typing import Any, Final

import attrs

from polycast_codegen.dialect import KINDS, about_word, place_of
from polycast_codegen.normal.schemas import Schemas, Use
from polycast_codegen.normal.unions import Schema, without_null
from polycast_codegen.report import Report

__all__ = ["Contents"]

_FORM: Final = "application/x-www-form-urlencoded"
_MULTIPART: Final = "multipart/form-data"
_JSON: Final = "application/json"


@attrs.frozen
class _Offer:
    """One media type of a body or an answer, and the payload format it is.

    Attributes:
        media_type: without parameters.
        sent: the same with them, as `Content-Type` has to tell it.
        is_plain: whether it was called `application/json`.
    """

    media_type: str
    sent: str
    format: str
    words: Mapping[str, Any]
    place: str
    is_plain: bool


@attrs.frozen
class Contents:
    """Brings bodies and answers into normal form.

    Args:
        schemas: brings their schemas into it.
        report: where media types that are left out are told.
    """

    schemas: Schemas
    report: Report

    def body(self, body: Mapping[str, Any], place: str, operation: str) -> Schema | None:
        """Return what a request carries; None where it carries nothing."""
        offers = self._offers(body, place)
        if not offers:
            return None
        required = body.get("required", False) is True
        order = ("json", "form", "multipart", "xml", "text", "bytes")
        offer = self._best(offers, order)
        if offer.format == "bytes" and offer.media_type.startswith("multipart/"):
            self._cannot(offer, required=required)
            return None
        schema = self._sent(offer, Use(operation, "body"))
        if schema is None:
            self._cannot(offer, required=required)
            return None
        media = {"schema": schema, "x-place": offer.place, "x-format": offer.format}
        return {"required": required, "content": {offer.sent: media}}

    def _cannot(self, offer: _Offer, *, required: bool) -> None:
        words = f"a body in {offer.media_type} of this shape cannot be written"
        if required:
            way = "describe another media type in an overlay, or leave the operation out (--only)"
            self.report.refuse(offer.place, f"{words}: {way}")
        else:
            self.report.pass_over(f"{words}; it may be left out", offer.place)

    def _sent(self, offer: _Offer, use: Use) -> Schema | None:
        words = offer.words.get("schema", {})
        place = place_of(offer.place, "schema")
        if offer.words.get("encoding"):
            self.report.pass_over("`encoding` of the fields of a form", offer.place)
        match offer.format:
            case "form" | "multipart":
                use = attrs.evolve(use, form=True, files=offer.format == "multipart")
                schema = without_null(self.schemas.whole(words, place, use))
                return schema if "$ref" in schema else None
            case "xml":
                schema = without_null(self.schemas.read(words, place, use))
                return schema if "$ref" in schema else None
            case "text":
                return {"type": "string"}
            case "bytes":
                return {"type": "string", "format": "binary"}
        return without_null(self.schemas.read(words, place, use))

    def answer(
        self, answer: Mapping[str, Any], place: str, use: Use, *, successful: bool
    ) -> Schema:
        """Return an answer; one without content has no body."""
        offers = self._offers(answer, place)
        if not offers:
            return {}
        offer = self._best(offers, ("json", "xml", "text", "bytes", "form", "multipart"))
        words = offer.words.get("schema", {})
        inner = place_of(offer.place, "schema")
        media: Schema = {"x-place": offer.place, "x-format": offer.format}
        match offer.format:
            case "text":
                media["schema"] = {"type": "string"}
            case "json":
                media["schema"] = self.schemas.read(words, inner, use)
            case "xml":
                schema = without_null(self.schemas.read(words, inner, use))
                if "$ref" not in schema:
                    media |= {"schema": {"type": "string"}, "x-format": "text"}
                    self.report.pass_over("XML that is no object, read as text", offer.place)
                else:
                    media["schema"] = schema
                    if "x-root" in offer.words:
                        media["x-root"] = offer.words["x-root"]
            case _:
                media |= {"schema": {"type": "string", "format": "binary"}, "x-format": "bytes"}
        if not successful and media["x-format"] in ("text", "bytes"):
            return {}
        return {"content": {offer.media_type: media}}

    def _best(self, offers: list[_Offer], order: tuple[str, ...]) -> _Offer:
        # Of several names of JSON, its own.
        best = min(offers, key=lambda one: (order.index(one.format), not one.is_plain))
        for offer in offers:
            if offer is not best:
                self.report.pass_over(f"another media type, {offer.media_type}", offer.place)
        return best

    def _offers(self, node: Mapping[str, Any], place: str) -> list[_Offer]:
        content = node.get("content")
        inner = place_of(place, "content")
        found = []
        for media_type, words in content.items() if isinstance(content, dict) else ():
            at = place_of(inner, media_type)
            words = words if isinstance(words, dict) else {}
            for word in words:
                if word not in KINDS["media type"]:
                    self.report.pass_over(about_word(word), at)
            found.append(_offer(media_type, words, at))
            root = words.get("x-root", "any")
            if root != "any" or ("x-root" in words and found[-1].format != "xml"):
                self.report.refuse(place_of(at, "x-root"), "expected `any`, for an answer in XML")
        return found


def _offer(media_type: str, words: Mapping[str, Any], place: str) -> _Offer:
    base, *more = (one.strip() for one in media_type.split(";"))
    base = base.lower()
    is_plain = base == _JSON
    format_ = _FORMATS.get(base)
    if format_ is None:
        kind, _, subtype = base.partition("/")
        if subtype == "json" or subtype.endswith("+json"):
            format_, base = "json", _JSON if "*" in base else base
        elif subtype.endswith("+xml"):
            format_ = "xml"
        elif base in ("*/*", "application/*", "*", ""):
            format_ = "bytes" if _is_binary(words.get("schema")) else "json"
            base = _JSON if format_ == "json" else "application/octet-stream"
        else:
            format_ = "text" if kind == "text" else "bytes"
    # The others are written in UTF-8, and in parts with a boundary of their own.
    kept = [one for one in more if one and not one.lower().startswith("charset=")]
    sent = "; ".join([base, *kept]) if format_ in ("json", "bytes") else base
    return _Offer(base, sent, format_, words, place, is_plain)


_FORMATS: Final[Mapping[str, str]] = {
    _JSON: "json",
    "text/json": "json",
    _FORM: "form",
    _MULTIPART: "multipart",
    "application/xml": "xml",
    "text/xml": "xml",
    "text/plain": "text",
    "application/octet-stream": "bytes",
}


def _is_binary(schema: object) -> bool:
    return isinstance(schema, dict) and schema.get("format") == "binary"
