"""The files of a client: from a service to formatted source."""

import re
from collections.abc import Mapping
from typing import Final

import attrs
from jinja2 import Environment, PackageLoader, StrictUndefined

from polycast_codegen import ir
from polycast_codegen.docstrings import inert
from polycast_codegen.document import SpecFile
from polycast_codegen.formatting import formatted
from polycast_codegen.header import header_of
from polycast_codegen.pytypes import literal
from polycast_codegen.render_client import render_client
from polycast_codegen.render_models import render_models

__all__ = ["render"]

#: What generated modules may import; only what each uses is.
_MODELS_IMPORTS: Final = (
    ("import", "datetime as dt", ("dt",)),
    ("typing", "", ("Any", "Literal")),
    ("attrs", "", ("Factory", "define")),
    ("cattrs", "", ("Converter",)),
    (
        "polycast.wire",
        "",
        (
            *("ALL_READ", "DATE", "EPOCH_MILLISECONDS", "EPOCH_SECONDS", "RFC2822", "UNSET"),
            *("DecodeError", "File", "Record", "Strptime", "Undecodable", "Unset"),
            *("expected", "file_part", "give_up", "json_text", "make_converter"),
            "read",
            *("read_additional", "read_choice"),
            *("read_date", "read_datetime", "read_dict", "read_form", "read_list", "read_object"),
            *("read_optional_scalar", "read_scalar", "read_scalar_dict", "read_scalars"),
            *("read_tolerant_list", "refused", "scalar_text", "write", "write_additional"),
            *("write_additional_scalars", "write_choice", "write_datetime", "write_dict"),
            *("write_list", "write_scalar_dict", "write_scalars"),
            *("write_tolerant_list", "strict_xml"),
        ),
    ),
)
_CLIENT_IMPORTS: Final = (
    ("import", "datetime as dt", ("dt",)),
    ("typing", "", ("Any", "ClassVar", "Literal")),
    ("polycast", "", ("wire",)),
    (
        "polycast.wire",
        "",
        (
            *(
                "DATE",
                "EPOCH_MILLISECONDS",
                "EPOCH_SECONDS",
                "RFC2822",
                "UNSET",
                "Joined",
                "Strptime",
            ),
            "Unset",
        ),
    ),
    (".", "models as m", ("m",)),
)


def render(service: ir.Service, spec: SpecFile, copy: tuple[str, bytes]) -> dict[str, bytes]:
    """Return the content of every file of the client, by name.

    Args:
        service: what the spec describes.
        spec: the spec.
        copy: the file of it that goes beside the client, with its name.

    Raises:
        SpecError: the service cannot be written as code.
    """
    environment = Environment(
        loader=PackageLoader("polycast_codegen"),
        undefined=StrictUndefined,
        autoescape=False,  # Python, not HTML; values are literals already
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    header = header_of(spec)
    title = " ".join(inert(service.title).split()) or "A provider"
    models = render_models(service)
    client = render_client(service, models.encoders)
    common: Mapping[str, object] = {"header": header, "title": title}
    sources = {
        "__init__.py": environment.get_template("init.py.jinja").render(common),
        "models.py": environment.get_template("models.py.jinja").render(
            common, imports=_IMPORTS_HERE, **attrs.asdict(models, recurse=False)
        ),
        "client.py": environment.get_template("client.py.jinja").render(
            common,
            imports=_IMPORTS_HERE,
            spec=literal(copy[0]),
            converters="m.CONVERTERS",
            **attrs.asdict(client, recurse=False),
        ),
    }
    sources["models.py"] = _with_imports(sources["models.py"], _MODELS_IMPORTS)
    sources["client.py"] = _with_imports(sources["client.py"], _CLIENT_IMPORTS)
    files = {name: formatted(name, source.encode()) for name, source in sources.items()}
    files[copy[0]] = copy[1]
    return files


#: A line of its own, which a title, being one line of a docstring, cannot be.
_IMPORTS_HERE: Final = "import _imports_here"


def _with_imports(source: str, offered: tuple[tuple[str, str, tuple[str, ...]], ...]) -> str:
    used = _names(source)
    groups: dict[int, list[str]] = {0: [], 1: [], 2: []}
    for module, alias, names in offered:
        kept = sorted((name for name in names if name in used), key=_isort_key)
        if not kept:
            continue
        group = 0 if module in ("import", "typing") else 2 if module == "." else 1
        if module == "import":
            groups[group].append(f"import {alias}")
        else:
            groups[group].append(f"from {module} import {alias or ', '.join(kept)}")
    text = "\n\n".join("\n".join(lines) for lines in groups.values() if lines)
    return source.replace(f"\n{_IMPORTS_HERE}\n", f"\n{text}\n", 1)


def _isort_key(name: str) -> tuple[int, str]:
    return (0 if name.isupper() else 1 if name[0].isupper() else 2, name)


_QUOTED_ANNOTATION: Final = re.compile(r'^ +\w+: "([^"\n]*)"', re.MULTILINE)
_STRING: Final = re.compile(
    r'"""(?:[^"\\]|\\.|"(?!""))*"""|"(?:[^"\\\n]|\\.)*"'
    r"|'(?:[^'\\\n]|\\.)*'"
)
_NAME: Final = re.compile(r"(?<![\w.])[A-Za-z_]\w*")


def _names(source: str) -> set[str]:
    """Return the names in a module's code, annotations in quotes included, strings not.

    It is read by patterns, as Python's own parser takes as long as all the rest for a large spec.
    """
    annotations = " ".join(_QUOTED_ANNOTATION.findall(source))
    return set(_NAME.findall(f"{_STRING.sub('', source)} {annotations}"))
