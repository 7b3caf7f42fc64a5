"""Which class is read or written in which payload format: only that is generated."""

from typing import Final

import attrs

from polycast_codegen import ir
from polycast_codegen.errors import SpecError
from polycast_codegen.pytypes import objects_in

__all__ = ["Usage", "usage_of"]


_FORMATS: Final[tuple[ir.Format, ...]] = ("json", "form", "multipart", "xml")
_DIRECTIONS: Final[tuple[ir.Direction, ...]] = ("decode", "encode")


@attrs.frozen
class Usage:
    """What a service needs.

    Attributes:
        codecs: class name, format and direction of every function needed, in the classes' order.
        documents: the same for classes that are the root of an XML document; the value tells
            whether the root may have any name.
        answers: types without a class that an answer in JSON has as a whole.
        values: whether a body in JSON may be one of these, too.
    """

    codecs: tuple[tuple[str, ir.Format, ir.Direction], ...]
    documents: dict[tuple[str, ir.Direction], bool]
    answers: tuple[ir.Type, ...]
    values: bool

    @property
    def formats(self) -> tuple[ir.Format, ...]:
        """The formats in use, in a fixed order."""
        used = {format_ for _, format_, _ in self.codecs} | {"json" for _ in self.answers}
        used |= {"json"} if self.values else set()
        return tuple(format_ for format_ in _FORMATS if format_ in used)


def usage_of(service: ir.Service) -> Usage:
    """Follow every body and answer to the classes in it.

    JSON is generated both ways, so that an answer can be written down again; the other formats
    in the direction in which they travel.

    Raises:
        SpecError: an XML document is asked for with a root of any name and of one name.
    """
    found: set[tuple[str, ir.Format, ir.Direction]] = set()
    documents: dict[tuple[str, ir.Direction], bool] = {}
    answers: list[ir.Type] = []

    def follow(type_: ir.Type, format_: ir.Format, direction: ir.Direction) -> None:
        directions = _DIRECTIONS if format_ == "json" else (direction,)
        for name in objects_in([type_]):
            if all((name, format_, one) in found for one in directions):
                continue
            found.update((name, format_, one) for one in directions)
            record = service.records[name]
            for field in record.fields:
                # What a field of a form cannot say as text is JSON in it.
                inner = "json" if format_ in ("form", "multipart") else format_
                follow(field.type, inner, direction)
            if record.additional is not None:
                follow(record.additional, format_, direction)

    def document(type_: ir.Type, direction: ir.Direction, any_root: bool, place: str) -> None:
        assert isinstance(type_, ir.Object)
        if documents.setdefault((type_.name, direction), any_root) != any_root:
            raise SpecError(place, "elsewhere the root of this document is named otherwise")

    for operation in service.operations:
        body = operation.body
        if body is not None and body.format != "text" and body.format != "bytes":
            follow(body.type, body.format, "encode")
            if body.format == "xml":
                document(body.type, "encode", False, body.place)
        for outcome in operation.outcomes:
            if outcome.type is None or outcome.format not in ("json", "xml"):
                continue
            follow(outcome.type, outcome.format, "decode")
            if outcome.format == "xml":
                document(outcome.type, "decode", outcome.any_root, outcome.place)
            elif not isinstance(outcome.type, ir.Object) and outcome.type not in answers:
                answers.append(outcome.type)
    for name, format_ in service.payloads.items():
        for direction in _DIRECTIONS:
            follow(ir.Object(name), format_, direction)
            if format_ == "form":  # it is read as the object that it is in JSON
                follow(ir.Object(name), "json", direction)
            if format_ == "xml":
                document(ir.Object(name), direction, False, service.records[name].place)
    codecs = tuple(
        (name, format_, direction)
        for name in service.records
        for format_ in _FORMATS
        for direction in _DIRECTIONS
        if (name, format_, direction) in found
    )
    values = any(each.body and each.body.format == "json" for each in service.operations)
    return Usage(codecs, documents, tuple(answers), values)
