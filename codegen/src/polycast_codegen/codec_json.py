"""The straight-line functions that read and write JSON."""

from itertools import takewhile

from polycast_codegen import ir
from polycast_codegen.alternatives import choices
from polycast_codegen.errors import SpecError
from polycast_codegen.module import Module
from polycast_codegen.naming import snake
from polycast_codegen.pytypes import (
    a,
    annotation,
    field_path,
    has_file,
    literal,
    phrase,
    split_null,
)

__all__ = ["JsonCodec"]

_INDENT = "    "


class JsonCodec:
    """Writes functions into a module.

    Args:
        module: where they go.
    """

    def __init__(self, module: Module) -> None:
        self._module = module

    # Decoding

    def decode_record(self, record: ir.Record) -> None:
        """Write the function that reads a class."""
        _check(record)
        names = self._module.locals_of(record)
        instance = names[""]
        lines = [
            "if type(data) is not dict:",
            "    data = read_object(data)",
            f"{instance} = {record.name}.__new__({record.name})",
            f"{instance}.unread = ALL_READ",
        ]
        for field in record.fields:
            lines += self._decode_field(record, field, names[field.name], instance)
        if record.additional is not None:
            declared = literal(tuple(field.wire_name for field in record.fields))
            decoder = self.decoder(record.additional, f"{snake(record.name)}_additional_value")
            read = f"read_additional({instance}, data, {declared}, {decoder})"
            lines.append(f"{instance}.additional_properties = {read}")
        lines.append(f"return {instance}")
        self._define(
            f"{self._module.function_of(record.name, 'json', 'decode')}(data: object)",
            record.name,
            f"Read {a(record.name)} from JSON.",
            lines,
        )

    def _decode_field(
        self, record: ir.Record, field: ir.Field, local: str, instance: str
    ) -> list[str]:
        at = field_path(field.wire_name)
        base, nullable = split_null(field.type)
        source = f"data.get({literal(field.wire_name)}, UNSET)"
        target = f"{instance}.{field.name}"
        lines = [f"{local} = {source}"]
        guards = [f"{local} is not None"] if nullable else []
        guards += [] if field.required else [f"{local} is not UNSET"]
        if isinstance(base, ir.Anything):
            missing = f"raise expected({phrase(field.type)!r}, {local}, {at})"
            check = [f"if {local} is UNSET:", f"    {missing}"] if field.required else []
            return [*lines, *check, f"{target} = {local}"]
        if _is_flat(base):
            checks = [*_is_not(base, local), *guards]
            return [
                *lines,
                f"if {' and '.join(checks)}:",
                f"    {local} = {_loosely(field, local, instance)}",
                f"{target} = {local}",
            ]
        hint = f"{snake(record.name)}_{field.name}"
        if not guards:
            return [f"{target} = {self._read(base, source, at, hint)}"]
        read = self._read(base, local, at, hint)
        if isinstance(base, ir.Choice):
            # In one expression, so that the closed list's own type reaches the target.
            absent = " or ".join(guard.replace(" is not ", " is ") for guard in guards)
            reading = [f"{target} = {local} if {absent} else {read}"]
            lost = target
        else:
            reading = [f"{local} = {read}"]
            lost = local
        if not field.required:
            name = literal(field.wire_name)
            reading = [
                "try:",
                *(_INDENT + line for line in reading),
                "except DecodeError as error:",
                f"    {lost} = give_up({instance}, data, {name}, error)",
            ]
        if isinstance(base, ir.Choice):
            return [*lines, *reading]
        return [
            *lines,
            f"if {' and '.join(guards)}:",
            *(_INDENT + line for line in reading),
            f"{target} = {local}",
        ]

    def _read(self, type_: ir.Type, source: str, at: str, hint: str) -> str:
        """Return the expression that reads a value found in `source`."""
        tail = f", {at}" if at else ""
        match type_:
            case ir.List(item=ir.Scalar("str" | "int" | "bool" as kind) as item, tolerant=False):
                return f"read_scalars({source}, {kind}, {phrase(item)!r}{tail})"
            case ir.Dict(value=ir.Scalar("str" | "int" | "bool" as kind) as value):
                return f"read_scalar_dict({source}, {kind}, {phrase(value)!r}{tail})"
            case ir.List(item=item, tolerant=tolerant):
                name = "read_tolerant_list" if tolerant else "read_list"
                return f"{name}({source}, {self.decoder(item, f'{hint}_item')}{tail})"
            case ir.Dict(value=value):
                return f"read_dict({source}, {self.decoder(value, f'{hint}_value')}{tail})"
            case ir.Moment(format="date-time"):
                return f"read_datetime({source}{tail})"
            case ir.Moment(format="date"):
                return f"read_date({source}{tail})"
            case ir.Choice(values=values):
                return f"read_choice({source}, {literal(values)}{tail})"
        decoder = self.decoder(type_, hint)
        return f"read({source}, {decoder}{tail})" if at else f"{decoder}({source})"

    def decoder(self, type_: ir.Type, hint: str) -> str:
        """Return the name of a function that reads a value of this type, written if need be."""
        match type_:
            case ir.Object(name=name):
                return self._module.function_of(name, "json", "decode")
            case ir.Moment(format="date-time"):
                return "read_datetime"
            case ir.Moment(format="date"):
                return "read_date"
            case ir.Moment():
                return f"{self._module.format_of(type_)}.decode"
        name = self._module.new_function(f"_decode_{hint}")
        lines = self._decode_value(type_, hint)
        self._define(f"{name}(value: object)", annotation(type_), "", lines)
        return name

    def _decode_value(self, type_: ir.Type, hint: str) -> list[str]:
        base, nullable = split_null(type_)
        if isinstance(base, ir.Anything):
            return ["return value"]
        if _is_flat(base):
            checks = _is_not(base, "value")
            checks += ["value is not None"] if nullable else []
            return [
                f"if {' and '.join(checks)}:",
                f'    found: {annotation(type_)} = read_scalar(value, "", {_kinds(type_)})',
                "    return found",
                "return value",
            ]
        lines = ["if value is None:", "    return None"] if nullable else []
        if not isinstance(base, ir.Union):
            return [*lines, f"return {self._read(base, 'value', '', hint)}"]
        free = [member for member in base.members if isinstance(member, ir.Dict)]
        objects = [member.name for member in base.members if isinstance(member, ir.Object)]
        for member in base.members:
            if isinstance(member, ir.Object | ir.Dict) and objects:
                continue
            read = "value"
            if not isinstance(member, ir.Scalar):
                read = self._read(member, "value", "", hint)
            lines += [f"if {_is(member)}:", f"    return {read}"]
        if objects:
            lines.append("if type(value) is dict:")
            conditions = [("", objects[0])]
            if len(objects) > 1 or free:
                conditions = choices(self._module.records, objects, base.tags)
            for condition, name in conditions:
                read = f"return {self._module.function_of(name, 'json', 'decode')}(value)"
                if condition or free:
                    lines += [f"    if {condition or 'value'}:", f"        {read}"]
                else:
                    lines.append(f"    {read}")
            lines += [f"    return {self._read(one, 'value', '', hint)}" for one in free]
        return [*lines, f"raise expected({phrase(type_)!r}, value)"]

    # Encoding

    def encode_record(self, record: ir.Record) -> None:
        """Write the function that writes a class."""
        _check(record)
        names = self._module.locals_of(record)
        lines = [
            f"if not isinstance(value, {record.name}):",
            f'    raise refused("a {record.name}", value)',
        ]
        # As many as can stand in one dictionary display: measured, a tenth faster per field.
        first = [*takewhile(lambda field: field.required, record.fields)]
        items = []
        for field in first:
            local = names[field.name]
            checks, written = self._encode_field(record, field, local)
            lines += checks
            items.append(f"{literal(field.wire_name)}: {written}")
        lines.append(f"data: dict[str, object] = {{{', '.join(items)}}}")
        for field in record.fields[len(first) :]:
            local = names[field.name]
            checks, written = self._encode_field(record, field, local)
            assign = [*checks, f"data[{literal(field.wire_name)}] = {written}"]
            if not field.required:
                assign = [
                    f"{local} = value.{field.name}",
                    f"if {local} is not UNSET:",
                    *(_INDENT + line for line in assign),
                ]
            lines += assign
        if record.additional is not None:
            declared = literal(tuple(field.wire_name for field in record.fields))
            lines.append(self._write_additional(record, record.additional, declared))
        lines.append("return data")
        self._define(
            f"{self._module.function_of(record.name, 'json', 'encode')}(value: {record.name})",
            "dict[str, object]",
            f"Write {a(record.name)} as JSON.",
            lines,
        )

    def _encode_field(
        self, record: ir.Record, field: ir.Field, local: str
    ) -> tuple[list[str], str]:
        """Return the statements before a field is written, and the expression that writes it."""
        at = field_path(field.wire_name)
        base, nullable = split_null(field.type)
        take = [f"{local} = value.{field.name}"] if field.required else []
        if _is_flat(base):
            checks = [*([f"{local} is not None"] if nullable else []), _does_not_fit(base, local)]
            problem = f"    raise refused({phrase(field.type)!r}, {local}, {at})"
            return [*take, f"if {' and '.join(checks)}:", problem], local
        hint = f"{snake(record.name)}_{field.name}"
        if field.required and not nullable:
            return [], self._write(base, f"value.{field.name}", at, hint)
        written = self._write(base, local, at, hint)
        return take, f"None if {local} is None else {written}" if nullable else written

    def _write_additional(self, record: ir.Record, type_: ir.Type, declared: str) -> str:
        source = "value.additional_properties"
        match type_:
            case ir.Scalar("str" | "int" | "bool" as kind):
                arguments = f"{kind}, {phrase(type_)!r}, {declared}"
                return f"write_additional_scalars(data, {source}, {arguments})"
        written = self._write(ir.Dict(type_), source, "", f"{snake(record.name)}_additional")
        return f"write_additional(data, {written}, {declared})"

    def _write(self, type_: ir.Type, source: str, at: str, hint: str) -> str:
        """Return the expression that writes the value that `source` is."""
        tail = f", {at}" if at else ""
        match type_:
            case ir.Anything():
                return source
            case ir.List(item=ir.Scalar("str" | "int" | "bool" as kind) as item, tolerant=False):
                return f"write_scalars({source}, {kind}, {phrase(item)!r}{tail})"
            case ir.Dict(value=ir.Scalar("str" | "int" | "bool" as kind) as value):
                return f"write_scalar_dict({source}, {kind}, {phrase(value)!r}{tail})"
            case ir.List(item=item, tolerant=tolerant):
                name = "write_tolerant_list" if tolerant else "write_list"
                return f"{name}({source}, {self.encoder(item, f'{hint}_item')}{tail})"
            case ir.Dict(value=value):
                return f"write_dict({source}, {self.encoder(value, f'{hint}_value')}{tail})"
            case ir.Choice(values=values):
                return f"write_choice({source}, {literal(values)}{tail})"
            case ir.Moment(format="date-time"):
                return f"write_datetime({source}{tail})"
        encoder = self.encoder(type_, hint)
        return f"write({source}, {encoder}{tail})" if at else f"{encoder}({source})"

    def encoder(self, type_: ir.Type, hint: str) -> str:
        """Return the name of a function that writes a value of this type, written if need be."""
        match type_:
            case ir.Object(name=name):
                return self._module.function_of(name, "json", "encode")
            case ir.Moment(format="date-time"):
                return "write_datetime"
            case ir.Moment():
                return f"{self._module.format_of(type_)}.encode"
        name = self._module.new_function(f"_encode_{hint}")
        lines = self._encode_value(type_, hint)
        self._define(f"{name}(value: {annotation(type_)})", "object", "", lines)
        return name

    def encode_body(self, type_: ir.Type, operation: str) -> str:
        """Return the name of a public function that writes a body which has no class."""
        name = self._module.new_function(f"encode_{operation}_body")
        self._define(
            f"{name}(value: {annotation(type_)})",
            "object",
            f"Write the body of `{operation}` as JSON.",
            self._encode_value(type_, f"{operation}_body"),
        )
        return name

    def _encode_value(self, type_: ir.Type, hint: str) -> list[str]:
        base, nullable = split_null(type_)
        if isinstance(base, ir.Anything):
            return ["return value"]
        if _is_flat(base):
            checks = [*(["value is not None"] if nullable else []), _does_not_fit(base, "value")]
            return [
                f"if {' and '.join(checks)}:",
                f"    raise refused({phrase(type_)!r}, value)",
                "return value",
            ]
        lines = ["if value is None:", "    return None"] if nullable else []
        if not isinstance(base, ir.Union):
            return [*lines, f"return {self._write(base, 'value', '', hint)}"]
        for member in base.members:
            written = "value"
            if not isinstance(member, ir.Scalar):
                written = self._write(member, "value", "", hint)
            lines += [f"if {_is_instance(member)}:", f"    return {written}"]
        return [*lines, f"raise refused({phrase(type_)!r}, value)"]

    def _define(self, signature: str, returns: str, words: str, lines: list[str]) -> None:
        docstring = [f'"""{words}"""'] if words else []
        body = "\n".join(_INDENT + line for line in [*docstring, *lines])
        self._module.functions.append(f"def {signature} -> {returns}:\n{body}\n")


def _check(record: ir.Record) -> None:
    for field in record.fields:
        if has_file(field.type):
            raise SpecError(field.place, "a file is not supported in json")
    if record.additional is not None and has_file(record.additional):
        raise SpecError(record.place, "a file is not supported in json")


def _is_flat(type_: ir.Type) -> bool:
    """Return whether a value of this type is checked where it stands, and travels as it is."""
    if isinstance(type_, ir.Union):
        return all(isinstance(member, ir.Scalar) for member in type_.members)
    return isinstance(type_, ir.Scalar | ir.Null)


def _is_not(type_: ir.Type, local: str) -> list[str]:
    match type_:
        case ir.Union(members=members):
            checks = [check for member in members for check in _is_not(member, local)]
            return [*dict.fromkeys(checks)]
        case ir.Null():
            return [f"{local} is not None"]
        case ir.Scalar("float"):
            return [f"type({local}) is not float", f"type({local}) is not int"]
        case ir.Scalar(kind=kind):
            return [f"type({local}) is not {kind}"]
    raise AssertionError(type_)


def _loosely(field: ir.Field, local: str, instance: str) -> str:
    """Return the expression that reads a scalar which is not as written."""
    if field.required:
        return f"read_scalar({local}, {field_path(field.wire_name)}, {_kinds(field.type)})"
    return (
        f"read_optional_scalar({instance}, data, {literal(field.wire_name)}, {_names(field.type)})"
    )


def _kinds(type_: ir.Type) -> str:
    """Return the arguments that say which scalars fit: in words, and as Python's types."""
    return f"{phrase(type_)!r}, {_names(type_)}"


def _names(type_: ir.Type) -> str:
    members = type_.members if isinstance(type_, ir.Union) else (type_,)
    return ", ".join(member.kind for member in members if isinstance(member, ir.Scalar))


def _is(type_: ir.Type) -> str:
    match type_:
        case ir.Scalar("float"):
            return "type(value) is float or type(value) is int"
        case ir.Scalar(kind=kind):
            return f"type(value) is {kind}"
        case ir.List():
            return "type(value) is list"
        case ir.Dict() | ir.Object():
            return "type(value) is dict"
        case ir.Moment(format=name):
            return f"type(value) is {'int' if name.startswith('x-epoch') else 'str'}"
        case ir.Choice(values=values):
            return f"type(value) is {type(values[0]).__name__}"
    raise AssertionError(type_)


def _does_not_fit(type_: ir.Type, local: str) -> str:
    match type_:
        case ir.Union(members=members):
            return " and ".join(dict.fromkeys(_does_not_fit(member, local) for member in members))
        case ir.Scalar("str"):
            return f"not isinstance({local}, str)"
        case ir.Scalar("float"):
            return f"type({local}) is not float and type({local}) is not int"
        case ir.Scalar(kind=kind):
            return f"type({local}) is not {kind}"
    return f"{local} is not None"


def _is_instance(type_: ir.Type) -> str:
    match type_:
        case ir.Scalar("str"):
            return "isinstance(value, str)"
        case ir.List():
            return "isinstance(value, list)"
        case ir.Dict():
            return "isinstance(value, dict)"
        case ir.Object(name=name):
            return f"isinstance(value, {name})"
        case ir.Moment(format="date"):
            return "isinstance(value, dt.date)"
        case ir.Moment():
            return "isinstance(value, dt.datetime)"
        case ir.Choice(values=values):
            return f"isinstance(value, {type(values[0]).__name__})"
        case _:
            return _is(type_)
