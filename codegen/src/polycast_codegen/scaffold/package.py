"""The files of a new provider's package: from a spec to text, and onto the disk."""

import os
import shlex
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Final

import attrs
from jinja2 import Environment, PackageLoader, StrictUndefined

from polycast_codegen import ir
from polycast_codegen.check import files_of_reading
from polycast_codegen.docstrings import docstring
from polycast_codegen.document import SpecFile, absolute
from polycast_codegen.formatting import formatted, tidied
from polycast_codegen.pytypes import annotation, literal
from polycast_codegen.reading import Reading, read
from polycast_codegen.scaffold.accounts import Account, account_of
from polycast_codegen.scaffold.calls import Call, call_of
from polycast_codegen.scaffold.errors import ScaffoldError
from polycast_codegen.scaffold.guesses import able_to_send, field_like, sending, states_of, telling
from polycast_codegen.scaffold.names import Names, names_of, snake_name
from polycast_codegen.scaffold.prose import comment, cut, plain, strings
from polycast_codegen.scaffold.samples import sample_call, tellable

__all__ = ["files_of_package", "write_package"]

_FILES: Final = (
    *(".gitignore", "CHANGELOG.md", "README.md", "pyproject.toml"),
    *("src/{package}/__init__.py", "src/{package}/options.py", "src/{package}/provider.py"),
    *("src/{package}/request.py", "src/{package}/response.py", "src/{package}/sandbox.py"),
    "src/{package}/exchanges/messages.yaml",
    *("tests/conftest.py", "tests/test_contract.py", "tests/test_mapping.py"),
    "tests/test_sandbox.py",
)
#: Only where the spec leaves a scheme to an auth object of the plugin's own.
_AUTH: Final = "src/{package}/auth.py"


def files_of_package(name: str, spec: SpecFile | None) -> tuple[dict[str, bytes], tuple[str, ...]]:
    """Return the files of a package, by path, and what of the spec was passed over.

    Args:
        name: the provider's name.
        spec: its spec; a small one to begin with when not given.

    Raises:
        ScaffoldError: the name cannot be a provider's, or two files have one path.
        SpecError: the spec is not understood.
    """
    names = names_of(name)
    environment = Environment(
        loader=PackageLoader("polycast_codegen.scaffold"),
        undefined=StrictUndefined,
        autoescape=False,  # Python, not HTML; what comes from a spec is made inert before
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"comment": comment, "cut": cut, "literal": literal, "strings": strings}
    if spec is None:
        starter = environment.from_string(_starter()).render(attrs.asdict(names))
        spec = SpecFile(f"{name}.yaml", starter.encode())
    else:
        given, spec = spec, attrs.evolve(spec, name=name + _suffix(spec))
    reading = read(spec)
    if reading.beside:  # they may refer back to the spec, by the name that it has
        spec, reading = given, read(given)
    service = reading.service
    names = names_of(name, service.title)
    account = account_of(service, reading.document)
    context = attrs.asdict(names) | _context(names, service, account)
    root, place = _places(spec, reading)
    context |= {"copy": reading.copy[0], "flags": _flags(spec, place)}
    context["spec"] = plain(shlex.quote(place + spec.name))
    files = {
        path.format(package=names.package): _written(
            environment, path.rpartition("/")[2], context, names
        )
        for path in (*_FILES, *[_AUTH] * (account.custom is not None))
    }
    sources = [(place + one.name, one.content) for one in (spec, spec.overlay) if one is not None]
    sources += [(path.relative_to(root).as_posix(), one) for path, one in reading.beside.items()]
    for path, content in sources:
        if path in files:
            raise ScaffoldError(f"Two files of the package would be {path}: rename the given one.")
        files[path] = content
    files[f"src/{names.package}/py.typed"] = b""
    # As `polycast-codegen generate` makes it: `service` has the closed lists of words, for guesses.
    for file_name, content in files_of_reading(reading, spec).items():
        files[f"src/{names.package}/_client/{file_name}"] = content
    return files, reading.passed


def write_package(files: Mapping[str, bytes], folder: Path) -> None:
    """Write the files of a package into a new or empty folder.

    Raises:
        ScaffoldError: the folder holds something, or cannot be written.
    """
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise ScaffoldError(f"{folder} is there already, and is not an empty folder.")
        for path, content in files.items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
    except OSError as error:
        raise ScaffoldError(f"Cannot write {error.filename}: {error.strerror}.") from error


def _context(names: Names, service: ir.Service, account: Account) -> dict[str, object]:
    """Return what the templates are given besides names."""
    sends, tells = sending(service), telling(service)
    told = [one for one in service.operations if tellable(one)]
    mapper = _mapper(service, sends)
    send = _call(service, sends, f"{mapper}(message)")
    tell = _call(service, tells, "")
    major, minor = version("polycast-codegen").split(".")[:2]
    return {
        "account": account,
        "send": send,
        "tell": tell,
        "mapper": mapper,
        "states": states_of(service),
        "options": _options(send),
        "able": [one.name for one in able_to_send(service)],
        "safe": [one.name for one in service.operations if one.safe],
        "others": [one for one in service.operations if one not in (sends, tells)],
        "refusals": _refusals(service),
        "bounds": f">={major}.{minor},<{major}.{int(minor) + 1}",
        "annotation": annotation,
        "docstring": docstring,
        "meanings": [(one.name, f"{one.meaning}.") for one in account.settings],
        "about_options": [(field.name, _meaning(field)) for field in _options(send)],
        "calls": {one.name: sample_call(service, one) for one in told},
        "probe": sample_call(service, service.operations[0]) if service.operations else "",
    }


def _call(service: ir.Service, operation: ir.Operation | None, mapper: str) -> Call | None:
    return None if operation is None else call_of(service, operation, mapper)


def _mapper(service: ir.Service, operation: ir.Operation | None) -> str:
    """Return the name of the function that makes the body of a send."""
    body = None if operation is None else operation.body
    made = snake_name(body.type.name) if body and isinstance(body.type, ir.Object) else "body"
    return "to_body" if made in ("receipt", "status") else f"to_{made}"


def _options(send: Call | None) -> list[ir.Field]:
    """Return the fields of a message that only this provider can be told."""
    if send is None:
        return []
    common = [field_like(send.fields, idea) for idea in ("to", "text", "sender")]
    return [
        field
        for field in send.fields
        if not field.required
        and field not in common
        and isinstance(field.type, ir.Scalar | ir.Choice)
    ]


def _meaning(field: ir.Field) -> str:
    return plain(field.description) or f"{field.wire_name!r} of the message"


def _refusals(service: ir.Service) -> list[str]:
    found = {
        outcome.status
        for operation in service.operations
        for outcome in operation.outcomes
        if not outcome.successful
    }
    return sorted(found)


def _places(spec: SpecFile, reading: Reading) -> tuple[Path, str]:
    """Return the folder that holds the spec's files, and the way from there to the spec's own.

    In the package they lie as they lie there, so that the references hold.
    """
    folder = absolute(spec.folder or Path())
    root = Path(os.path.commonpath([folder, *(path.parent for path in reading.beside)]))
    return root, "".join(f"{part}/" for part in folder.relative_to(root).parts)


def _flags(spec: SpecFile, place: str) -> str:
    """Return the options by which the client was made, each with a blank before it.

    Args:
        spec: what it was made from.
        place: where the overlay is: the folder of the spec, with a slash, or "".
    """
    flags = [] if spec.overlay is None else ["--overlay", place + spec.overlay.name]
    flags += ["--only", ",".join(spec.only)] if spec.only else []
    return "".join(f" {plain(shlex.quote(one))}" for one in flags)


def _suffix(spec: SpecFile) -> str:
    if spec.is_xml:
        return ".wadl"
    return ".json" if spec.content.lstrip().startswith(b"{") else ".yaml"


def _starter() -> str:
    return Path(__file__).with_name("starter.yaml").read_text(encoding="utf-8")


def _written(
    environment: Environment, file_name: str, context: Mapping[str, object], names: Names
) -> bytes:
    text = environment.get_template(f"{file_name}.jinja").render(context).encode()
    match file_name.rpartition(".")[2]:
        case "py":
            return tidied(file_name, text, names.package)
        case "md":  # it holds Python, too
            return formatted(file_name, text)
    return text
