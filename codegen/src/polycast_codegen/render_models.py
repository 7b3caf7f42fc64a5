"""models.py from a service."""

from collections.abc import Iterator, Mapping

import attrs

from polycast_codegen import ir
from polycast_codegen.codec_form import FormCodec
from polycast_codegen.codec_json import JsonCodec
from polycast_codegen.codec_xml import XmlCodec
from polycast_codegen.docstrings import docstring
from polycast_codegen.module import Module
from polycast_codegen.pytypes import annotation, objects_in, optional
from polycast_codegen.usage import Usage, usage_of

__all__ = ["ModelsPage", "render_models"]


@attrs.frozen
class _FieldLine:
    name: str
    annotation: str
    default: str


@attrs.frozen
class _ClassBlock:
    name: str
    docstring: str
    fields: tuple[_FieldLine, ...]


@attrs.frozen
class ModelsPage:
    """What the template of models.py is filled with.

    Attributes:
        encoders: the function that writes an operation's body, for bodies without a class.
    """

    records: tuple[_ClassBlock, ...]
    constants: tuple[str, ...]
    functions: tuple[str, ...]
    converters: tuple[tuple[str, list[tuple[str, str]], list[tuple[str, str]]], ...]
    encoders: Mapping[str, str]


def render_models(service: ir.Service) -> ModelsPage:
    """Write the classes, their functions and the table of converters.

    Raises:
        SpecError: a type is used in a payload format that cannot hold it.
    """
    usage = usage_of(service)
    module = Module(service.records)
    json_codec = JsonCodec(module)
    _write_codecs(service, usage, module, json_codec)
    answers = [
        (annotation(type_), json_codec.decoder(type_, f"answer_{number}"))
        for number, type_ in enumerate(usage.answers, start=1)
    ]
    encoders = {
        operation.name: json_codec.encode_body(operation.body.type, operation.name)
        for operation in service.operations
        if operation.body is not None
        and operation.body.format == "json"
        and not isinstance(operation.body.type, ir.Object)
    }
    return ModelsPage(
        records=tuple(_class_blocks(service.records)),
        constants=tuple(module.format_constants()),
        functions=tuple(module.functions),
        converters=tuple(_converters(usage, module, answers)),
        encoders=encoders,
    )


def _write_codecs(service: ir.Service, usage: Usage, module: Module, json_codec: JsonCodec) -> None:
    codecs: dict[ir.Format, JsonCodec | XmlCodec | FormCodec] = {
        "json": json_codec,
        "xml": XmlCodec(module),
        "form": FormCodec(module, json_codec, multipart=False),
        "multipart": FormCodec(module, json_codec, multipart=True),
    }
    for name, format_, direction in usage.codecs:
        record = service.records[name]
        codec = codecs[format_]
        if direction == "encode":
            codec.encode_record(record)
        else:
            codec.decode_record(record)
        if isinstance(codec, XmlCodec) and (name, direction) in usage.documents:
            if direction == "encode":
                codec.encode_document(record)
            else:
                codec.decode_document(record, usage.documents[name, direction])


def _converters(
    usage: Usage, module: Module, answers: list[tuple[str, str]]
) -> Iterator[tuple[str, list[tuple[str, str]], list[tuple[str, str]]]]:
    for format_ in usage.formats:
        tables: dict[str, list[tuple[str, str]]] = {"decode": [], "encode": []}
        for name, used, direction in usage.codecs:
            if used != format_:
                continue
            if format_ == "xml":
                if (name, direction) in usage.documents:
                    function = module.function_of(name, "document", direction)
                    tables[direction].append((name, function))
            else:
                tables[direction].append((name, module.function_of(name, format_, direction)))
        if format_ == "json":
            tables["decode"] += answers
        yield format_, tables["decode"], tables["encode"]


def _class_blocks(records: Mapping[str, ir.Record]) -> Iterator[_ClassBlock]:
    done: set[str] = set()
    for name in _in_order(records):
        record = records[name]
        fields = [_field_line(field, done) for field in record.fields]
        if record.additional is not None:
            source = _quoted_if_later(ir.Dict(record.additional), done, required=True)
            fields.append(_FieldLine("additional_properties", source, "Factory(dict)"))
        described = [(field.name, field.description) for field in record.fields]
        done.add(name)
        yield _ClassBlock(
            name=name,
            docstring=docstring(
                record.description or f"`{name}`, as the provider has it.",
                [("Attributes", [entry for entry in described if entry[1]])],
                indent=4,
            ),
            fields=tuple(fields),
        )


def _field_line(field: ir.Field, done: set[str]) -> _FieldLine:
    source = _quoted_if_later(field.type, done, required=field.required)
    return _FieldLine(field.name, source, "" if field.required else "UNSET")


def _quoted_if_later(type_: ir.Type, done: set[str], *, required: bool) -> str:
    source = annotation(type_)
    source = source if required else optional(source)
    # Only a class that contains itself refers to one that is not there yet.
    return source if all(name in done for name in objects_in([type_])) else f'"{source}"'


def _in_order(records: Mapping[str, ir.Record]) -> list[str]:
    """Return the classes so that each comes after those it mentions, as far as that goes."""
    order: list[str] = []
    entered: set[str] = set()

    def visit(name: str) -> None:
        if name in entered:
            return
        entered.add(name)
        record = records[name]
        additional = () if record.additional is None else (record.additional,)
        for inner in objects_in([*(field.type for field in record.fields), *additional]):
            visit(inner)
        order.append(name)

    for name in records:
        visit(name)
    return order
