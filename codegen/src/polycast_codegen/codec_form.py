"""The functions that write forms and multipart bodies, and those that read pushed forms."""

from polycast_codegen import ir
from polycast_codegen.codec_json import JsonCodec
from polycast_codegen.errors import SpecError
from polycast_codegen.module import Module
from polycast_codegen.pytypes import a, field_path, literal, phrase, split_null

__all__ = ["FormCodec"]

_INDENT = "    "


class FormCodec:
    """Writes functions into a module.

    Args:
        module: where they go.
        json_codec: writes what a field cannot say as text: objects, as JSON.
        multipart: write multipart bodies, which may hold files.
    """

    def __init__(self, module: Module, json_codec: JsonCodec, *, multipart: bool) -> None:
        self._module = module
        self._json = json_codec
        self._multipart = multipart
        self._format = "multipart" if multipart else "form"

    def encode_record(self, record: ir.Record) -> None:
        """Write the function that writes a class as texts, files and lists of them, by name."""
        names = self._module.locals_of(record)
        lines = [
            f"if not isinstance(value, {record.name}):",
            f'    raise refused("a {record.name}", value)',
            "data: dict[str, object] = {}",
        ]
        for field in record.fields:
            lines += self._encode_field(field, names[field.name])
        lines.append("return data")
        function = self._module.function_of(record.name, self._format, "encode")
        words = "as a multipart body" if self._multipart else "as a form"
        lines.insert(0, f'"""Write {a(record.name)} {words}."""')
        body = "\n".join(_INDENT + line for line in lines)
        self._module.functions.append(
            f"def {function}(value: {record.name}) -> dict[str, object]:\n{body}\n"
        )

    def decode_record(self, record: ir.Record) -> None:
        """Write the function that reads a class from a form: as JSON would have it."""
        types = {field.wire_name: split_null(field.type)[0] for field in record.fields}
        lists = tuple(name for name, type_ in types.items() if isinstance(type_, ir.List))
        parsed = tuple(name for name, type_ in types.items() if not _is_text(type_))
        function = self._module.function_of(record.name, self._format, "decode")
        decoder = self._module.function_of(record.name, "json", "decode")
        self._module.functions.append(
            f"def {function}(data: object) -> {record.name}:\n"
            f'{_INDENT}"""Read {a(record.name)} from a form."""\n'
            f"{_INDENT}return {decoder}("
            f"read_form(data, parsed={literal(parsed)}, lists={literal(lists)}))\n"
        )

    def _encode_field(self, field: ir.Field, local: str) -> list[str]:
        source = f"value.{field.name}" if field.required else local
        at = field_path(field.wire_name)
        if isinstance(field.type, ir.List) and not field.type.tolerant:
            item = self._write(field.type.item, "item", literal(""), field.place)
            written = f"write_list({source}, lambda item: {item}, {at})"
        else:
            written = self._write(field.type, source, at, field.place)
        assign = f"data[{literal(field.wire_name)}] = {written}"
        if field.required:
            return [assign]
        return [f"{local} = value.{field.name}", f"if {local} is not UNSET:", _INDENT + assign]

    def _write(self, type_: ir.Type, source: str, at: str, place: str) -> str:
        match type_:
            case ir.Scalar(kind=kind):
                return f"scalar_text({source}, {kind}, {phrase(type_)!r}, {at})"
            case ir.Choice(values=values):
                return f"str(write_choice({source}, {literal(values)}, {at}))"
            case ir.Moment(format="date-time"):
                return f"write_datetime({source}, {at})"
            case ir.Moment():
                return f"str(write({source}, {self._module.format_of(type_)}.encode, {at}))"
            case ir.File() if self._multipart:
                return f"file_part({source}, {at})"
            case ir.Object() | ir.Dict() | ir.List() | ir.Union() | ir.Anything():
                encoder = self._json.encoder(type_, f"{self._format}_field")
                return f"write({source}, lambda part: json_text({encoder}(part)), {at})"
        raise SpecError(place, f"{phrase(type_)} is not supported in {self._format}")


def _is_text(type_: ir.Type) -> bool:
    """Return whether a value in a form is the string that JSON would have."""
    match type_:
        case ir.Scalar(kind=kind):
            return kind == "str"
        case ir.Choice(values=values):
            return isinstance(values[0], str)
        case ir.Moment(format=format_):
            return not format_.startswith("x-epoch")
        case ir.List(item=item):
            return _is_text(split_null(item)[0])
        case ir.Union(members=members):
            return all(_is_text(one) for one in members)
    return False
