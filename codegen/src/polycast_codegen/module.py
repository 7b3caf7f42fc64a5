"""models.py while it is being written: its functions, constants and imports."""

from collections.abc import Iterator, Mapping
from keyword import iskeyword

from polycast_codegen import ir
from polycast_codegen.naming import RESERVED_CLASSES, snake
from polycast_codegen.pytypes import literal

__all__ = ["Module"]

#: Names that functions of models.py use, so that no local variable may hide them.
_USED_IN_FUNCTIONS = frozenset(
    (
        *("data", "element", "error", "give_up", "item", "key", "node", "tree", "value"),
        *("type", "isinstance", "str", "int", "float", "bool", "list", "dict", "tuple"),
        *("dt", "strict_xml", "expected", "refused"),
    )
)
_HELPERS = ("decode_", "encode_", "read", "write", "scalar_", "file_", "make_")


class Module:
    """Names and functions of one models.py.

    Args:
        records: every class in it.
    """

    def __init__(self, records: Mapping[str, ir.Record]) -> None:
        self.records = records
        self._reserved = frozenset((*_USED_IN_FUNCTIONS, *RESERVED_CLASSES, *records))
        self.functions: list[str] = []
        self.formats: dict[str, str] = {}
        self._names: set[str] = set()
        self._record_functions: dict[tuple[str, str, str], str] = {}
        for name in records:
            for format_ in ("json", "xml", "form", "multipart", "document"):
                suffix = "" if format_ == "json" else f"_{format_}"
                for direction in ("decode", "encode"):
                    wanted = f"{direction}_{snake(name)}{suffix}"
                    self._record_functions[name, format_, direction] = self.new_function(wanted)

    def new_function(self, wanted: str) -> str:
        """Take a name for a function."""
        name = wanted
        while name in self._names or iskeyword(name):
            name += "_"
        self._names.add(name)
        return name

    def function_of(self, record: str, format_: str, direction: str) -> str:
        """Return the name of the function that decodes or encodes a class."""
        return self._record_functions[record, format_, direction]

    def format_of(self, moment: ir.Moment) -> str:
        """Return the name of the object that reads and writes a date and time."""
        match moment.format:
            case "date":
                return "DATE"
            case "x-epoch-seconds":
                return "EPOCH_SECONDS"
            case "x-epoch-milliseconds":
                return "EPOCH_MILLISECONDS"
            case "x-rfc2822":
                return "RFC2822"
        pattern = moment.format.partition(":")[2]
        return self.formats.setdefault(pattern, f"_FORMAT_{len(self.formats) + 1}")

    def format_constants(self) -> Iterator[str]:
        """Yield the assignments of the patterns in use."""
        for pattern, name in self.formats.items():
            yield f"{name} = Strptime({literal(pattern)})"

    def locals_of(self, record: ir.Record) -> dict[str, str]:
        """Return the local variable of each field, and under `""` that of the whole object."""
        names: dict[str, str] = {}
        used: set[str] = set()
        for field in (*record.fields, None):
            wanted = snake(record.name) if field is None else field.name
            if field is not None and wanted.startswith(_HELPERS):
                wanted += "_"
            while wanted in self._reserved or wanted in used or iskeyword(wanted):
                wanted += "_"
            used.add(wanted)
            names["" if field is None else field.name] = wanted
        return names
