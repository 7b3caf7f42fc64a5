"""The only module that touches openapi-python-client, whose parser is private API upstream.

The parser validates the normal form of a document and makes Python names, settling conflicts.
Everything else that a spec says it drops, so all that leaves this module is names; the rest is
read from the normal form itself.
"""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

import attrs
from openapi_python_client.config import Config, ConfigFile, MetaType
from openapi_python_client.parser import GeneratorData
from openapi_python_client.parser.errors import GeneratorError, ParseError
from openapi_python_client.strings import ClassName, PythonIdentifier

from polycast_codegen.errors import SpecError

__all__ = [
    "ParsedModel",
    "ParsedOperation",
    "ParsedSpec",
    "parse",
    "python_class",
    "python_name",
]

_PREFIX = "field_"


@cache
def python_class(name: str) -> str:
    """Return the name that the parser gives to the class of a schema."""
    made, before = str(ClassName(name.rpartition("/")[2], _PREFIX)), ""
    while made != before:  # the parser makes the name of a component anew
        made, before = str(ClassName(made, _PREFIX)), made
    return made


@cache
def python_name(name: str) -> str:
    """Return the name that the parser gives to a property or an operation."""
    return str(PythonIdentifier(name, _PREFIX))


@attrs.frozen
class ParsedModel:
    """An object schema.

    Attributes:
        class_name: its Python name.
        fields: the Python name of each property.
    """

    class_name: str
    fields: Mapping[str, str]


@attrs.frozen
class ParsedOperation:
    """An operation.

    Attributes:
        name: its Python name.
        parameters: the Python name of each parameter, by location and name.
    """

    name: str
    parameters: Mapping[tuple[str, str], str]


@attrs.frozen
class ParsedSpec:
    """What the parser knows.

    Attributes:
        models: by the component's name.
        operations: by the operation's name.
    """

    models: Mapping[str, ParsedModel]
    operations: Mapping[str, ParsedOperation]


def parse(tagged: dict[str, Any]) -> ParsedSpec:
    """Parse a document in which the description of every component and operation is its name.

    Raises:
        SpecError: the parser reports an error or a warning of any kind.
    """
    config = Config.from_sources(
        ConfigFile(literal_enums=True),
        MetaType.NONE,
        document_source="",
        file_encoding="utf-8",
        overwrite=False,
        output_path=None,
    )
    data = GeneratorData.from_dict(tagged, config=config)
    if isinstance(data, GeneratorError):
        raise SpecError("", _sentence(data))
    for error in data.errors:
        raise _refusal(error)
    operations: dict[str, ParsedOperation] = {}
    for collection in data.endpoint_collections_by_tag.values():
        for error in collection.parse_errors:
            raise _refusal(error)
        for endpoint in collection.endpoints:
            operations[endpoint.description.get_untrusted_value()] = ParsedOperation(
                str(endpoint.name),
                {
                    (str(location), prop.name.get_untrusted_value()): str(prop.python_name)
                    for location, prop in endpoint.iter_all_parameters()
                },
            )
    models: dict[str, ParsedModel] = {}
    for model in data.models:
        properties = [*(model.required_properties or []), *(model.optional_properties or [])]
        models[_own_name(model.data)] = ParsedModel(
            str(model.class_info.name),
            {prop.name.get_untrusted_value(): str(prop.python_name) for prop in properties},
        )
    return ParsedSpec(models, operations)


def _own_name(data: object) -> str:
    description = getattr(data, "description", None)
    return description.get_untrusted_value() if description else ""


def _refusal(error: ParseError) -> SpecError:
    return SpecError(_own_name(error.data), _sentence(error))


def _sentence(error: GeneratorError) -> str:
    """Return the parser's words without the objects that it shows, which have addresses."""
    words = f"{error.header or ''} {error.detail or ''}".partition("Failure to process schema")[0]
    return re.sub(r" object at 0x[0-9a-f]+", "", " ".join(words.split())) or "not understood"
