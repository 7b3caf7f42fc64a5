"""The straight-line functions that read and write XML, on the tree that xmltodict makes."""

from polycast_codegen import ir
from polycast_codegen.errors import SpecError
from polycast_codegen.module import Module
from polycast_codegen.pytypes import a, field_path, literal, phrase

__all__ = ["XmlCodec"]

_INDENT = "    "
_READERS = {
    "str": "strict_xml.text",
    "int": "strict_xml.integer",
    "float": "strict_xml.number",
    "bool": "strict_xml.boolean",
}


class XmlCodec:
    """Writes functions into a module.

    Args:
        module: where they go.
    """

    def __init__(self, module: Module) -> None:
        self._module = module

    # Decoding

    def decode_record(self, record: ir.Record) -> None:
        """Write the function that reads an element."""
        _check(record)
        names = self._module.locals_of(record)
        instance = names[""]
        lines = [
            "element = strict_xml.element(node)",
            f"{instance} = {record.name}.__new__({record.name})",
            f"{instance}.unread = ALL_READ",
        ]
        for field in record.fields:
            lines += self._decode_field(field, names[field.name], instance)
        lines.append(f"return {instance}")
        self._define(
            f"{self._module.function_of(record.name, 'xml', 'decode')}(node: object)",
            record.name,
            f"Read {a(record.name)} from an XML element.",
            lines,
        )

    def _decode_field(self, field: ir.Field, local: str, instance: str) -> list[str]:
        tag = f"@{field.xml.tag}" if field.xml.attribute else _tag(field)
        source = f"element.get({literal(tag)}, UNSET)"
        target = f"{instance}.{field.name}"
        read = self._read(field, local, field_path(tag))
        if field.required:
            return [f"{target} = {self._read(field, source, field_path(tag))}"]
        if not _may_be_blank(field.type):
            source = f"strict_xml.filled({source})"
        return [
            f"{local} = {source}",
            "try:",
            f"    {target} = {local} if {local} is UNSET else {read}",
            "except DecodeError as error:",
            f"    {target} = give_up({instance}, element, {literal(tag)}, error)",
        ]

    def _read(self, field: ir.Field, source: str, at: str) -> str:
        if not isinstance(field.type, ir.List):
            return self._read_value(field.type, source, at)
        item = field.type.item
        name = "items" if field.xml.wrapped else "children"
        name = f"tolerant_{name}" if field.type.tolerant else name
        inner = f", {literal(_item_tag(field))}" if field.xml.wrapped else ""
        return f"strict_xml.{name}({source}{inner}, {self._decoder(item)}, {at})"

    def _read_value(self, type_: ir.Type, source: str, at: str) -> str:
        match type_:
            case ir.Scalar(kind=kind):
                return f"{_READERS[kind]}({source}, {at})"
            case ir.Choice(values=values):
                reader = "strict_xml.word" if isinstance(values[0], str) else "strict_xml.integer"
                return f"read_choice({reader}({source}, {at}), {literal(values)}, {at})"
            case ir.Moment(format="date-time"):
                return f"read_datetime(strict_xml.word({source}, {at}), {at})"
            case ir.Moment(format="date"):
                return f"read_date(strict_xml.word({source}, {at}), {at})"
            case ir.Moment(format=name):
                reader = "strict_xml.integer" if name.startswith("x-epoch") else "strict_xml.word"
                return f"read({reader}({source}, {at}), {self._format(type_)}.decode, {at})"
            case ir.Object(name=name):
                decode = self._module.function_of(name, "xml", "decode")
                return f"read({source}, {decode}, {at})"
        raise AssertionError(type_)

    def _decoder(self, type_: ir.Type) -> str:
        match type_:
            case ir.Scalar(kind=kind):
                return _READERS[kind]
            case ir.Object(name=name):
                return self._module.function_of(name, "xml", "decode")
        return f"lambda node: {self._read_value(type_, 'node', literal(''))}"

    def _format(self, type_: ir.Moment) -> str:
        return self._module.format_of(type_)

    def decode_document(self, record: ir.Record, any_root: bool) -> None:
        """Write the function that reads a whole document."""
        decode = self._module.function_of(record.name, "xml", "decode")
        call = f"strict_xml.root(tree, {literal(record.root)}, {decode})"
        if any_root:
            tags = [field for field in record.fields if not field.xml.attribute]
            names = literal(tuple(_tag(field) for field in tags))
            required = literal(tuple(_tag(field) for field in tags if _must_be_there(field)))
            call = f"strict_xml.rootless(tree, {decode}, {names}, {required})"
        self._define(
            f"{self._module.function_of(record.name, 'document', 'decode')}(tree: object)",
            record.name,
            f"Read {a(record.name)} from an XML document.",
            [f"return {call}"],
        )

    # Encoding

    def encode_record(self, record: ir.Record) -> None:
        """Write the function that writes an element."""
        _check(record)
        names = self._module.locals_of(record)
        lines = [
            f"if not isinstance(value, {record.name}):",
            f'    raise refused("a {record.name}", value)',
            "element: dict[str, object] = {}",
        ]
        for field in record.fields:
            lines += self._encode_field(field, names[field.name])
        lines.append("return element")
        self._define(
            f"{self._module.function_of(record.name, 'xml', 'encode')}(value: {record.name})",
            "dict[str, object]",
            f"Write {a(record.name)} as an XML element.",
            lines,
        )

    def _encode_field(self, field: ir.Field, local: str) -> list[str]:
        tag = f"@{field.xml.tag}" if field.xml.attribute else _tag(field)
        source = f"value.{field.name}" if field.required else local
        written = self._write(field, source, field_path(tag))
        assign = f"element[{literal(tag)}] = {written}"
        if field.required:
            return [assign]
        return [f"{local} = value.{field.name}", f"if {local} is not UNSET:", _INDENT + assign]

    def _write(self, field: ir.Field, source: str, at: str) -> str:
        if not isinstance(field.type, ir.List):
            return self._write_value(field.type, source, at)
        name = "write_tolerant_list" if field.type.tolerant else "write_list"
        item = self._write_value(field.type.item, "item", literal(""))
        match field.type.item:
            case ir.Object(name=class_name):
                encode = self._module.function_of(class_name, "xml", "encode")
            case _:
                encode = f"lambda item: {item}"
        written = f"{name}({source}, {encode}, {at})"
        return f"{{{literal(_item_tag(field))}: {written}}}" if field.xml.wrapped else written

    def _write_value(self, type_: ir.Type, source: str, at: str) -> str:
        match type_:
            case ir.Scalar(kind=kind):
                return f"scalar_text({source}, {kind}, {phrase(type_)!r}, {at})"
            case ir.Choice(values=values):
                return f"str(write_choice({source}, {literal(values)}, {at}))"
            case ir.Moment(format="date-time"):
                return f"write_datetime({source}, {at})"
            case ir.Moment():
                return f"str(write({source}, {self._format(type_)}.encode, {at}))"
            case ir.Object(name=name):
                encode = self._module.function_of(name, "xml", "encode")
                return f"write({source}, {encode}, {at})"
        raise AssertionError(type_)

    def encode_document(self, record: ir.Record) -> None:
        """Write the function that writes a whole document."""
        encode = self._module.function_of(record.name, "xml", "encode")
        tree = f"{{{literal(record.root)}: {encode}(value)}}"
        if record.namespace:
            root = f"{record.prefix}:{record.root}" if record.prefix else record.root
            word = f"@xmlns:{record.prefix}" if record.prefix else "@xmlns"
            inner = f"{{{literal(word)}: {literal(record.namespace)}, **{encode}(value)}}"
            tree = f"{{{literal(root)}: {inner}}}"
        self._define(
            f"{self._module.function_of(record.name, 'document', 'encode')}(value: {record.name})",
            "dict[str, object]",
            f"Write {a(record.name)} as an XML document.",
            [f"return {tree}"],
        )

    def _define(self, signature: str, returns: str, words: str, lines: list[str]) -> None:
        body = "\n".join(_INDENT + line for line in [f'"""{words}"""', *lines])
        self._module.functions.append(f"def {signature} -> {returns}:\n{body}\n")


def _tag(field: ir.Field) -> str:
    if isinstance(field.type, ir.List) and not field.xml.wrapped:
        return field.type.item_tag or field.xml.tag
    return field.xml.tag


def _item_tag(field: ir.Field) -> str:
    assert isinstance(field.type, ir.List)
    return field.type.item_tag or field.xml.tag


def _may_be_blank(type_: ir.Type) -> bool:
    return isinstance(type_, ir.Scalar | ir.Object | ir.List) and type_ not in (
        ir.Scalar("int"),
        ir.Scalar("float"),
        ir.Scalar("bool"),
    )


def _must_be_there(field: ir.Field) -> bool:
    repeated = isinstance(field.type, ir.List) and not field.xml.wrapped
    return field.required and not repeated


_VALUES = ir.Scalar | ir.Choice | ir.Moment


def _check(record: ir.Record) -> None:
    if record.additional is not None:
        raise SpecError(record.place, "`additionalProperties` are not supported in xml")
    tags = [(field.xml.attribute, _tag(field)) for field in record.fields]
    for field in record.fields:
        tag = (field.xml.attribute, _tag(field))
        if tags.count(tag) > 1:
            raise SpecError(field.place, f"the name {tag[1]!r} stands twice in one element")
        inner = field.type.item if isinstance(field.type, ir.List) else field.type
        fits = isinstance(inner, _VALUES if field.xml.attribute else _VALUES | ir.Object)
        if not fits or (field.xml.attribute and inner is not field.type):
            where = "an xml attribute" if field.xml.attribute else "xml"
            raise SpecError(field.place, f"{phrase(inner)} is not supported in {where}")
        if field.xml.wrapped and not isinstance(field.type, ir.List):
            raise SpecError(field.place, "`wrapped` is for arrays")
