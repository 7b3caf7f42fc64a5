"""The only module that touches openapi-python-client, whose parser is private API upstream.

The parser validates the document, resolves references and `allOf`, and makes Python names,
settling conflicts. Everything else that a spec says it drops, so all that leaves this room is
names by place; the rest is read from the document itself.
"""

import re
from collections.abc import Mapping
from typing import Any

import attrs
from openapi_python_client.config import Config, ConfigFile, MetaType
from openapi_python_client.parser import GeneratorData
from openapi_python_client.parser.errors import GeneratorError, ParseError

from polycast_codegen.dialect import place_of
from polycast_codegen.errors import SpecError

_ENDPOINT = re.compile(r"WARNING parsing (\S+) (.*) within ", re.DOTALL)

__all__ = ["ParsedModel", "ParsedOperation", "ParsedSpec", "parse"]


@attrs.frozen
class ParsedModel:
    """An object schema.

    Attributes:
        class_name: its Python name.
        fields: the Python name of each property, by the name on the wire.
        required: the names on the wire of the properties it must have.
    """

    class_name: str
    fields: Mapping[str, str]
    required: frozenset[str]


@attrs.frozen
class ParsedOperation:
    """An operation.

    Attributes:
        name: its Python name.
        parameters: the Python name of each parameter, by location and name on the wire.
    """

    name: str
    parameters: Mapping[tuple[str, str], str]


@attrs.frozen
class ParsedSpec:
    """What the parser knows.

    Attributes:
        models: by the schema's place.
        operations: by the operation's place.
    """

    models: Mapping[str, ParsedModel]
    operations: Mapping[str, ParsedOperation]


def parse(tagged: dict[str, Any]) -> ParsedSpec:
    """Parse a document in which the description of every schema and operation is its place.

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
        place = _place(model.data)
        if place in models:
            raise SpecError(place, "has two names")
        properties = [*(model.required_properties or []), *(model.optional_properties or [])]
        models[place] = ParsedModel(
            str(model.class_info.name),
            {prop.name.get_untrusted_value(): str(prop.python_name) for prop in properties},
            frozenset(prop.name.get_untrusted_value() for prop in model.required_properties or []),
        )
    return ParsedSpec(models, operations)


def _place(data: object) -> str:
    description = getattr(data, "description", None)
    return description.get_untrusted_value() if description else ""


def _refusal(error: ParseError) -> SpecError:
    words = " ".join(part for part in (error.header, error.detail) if part)
    place = _place(error.data)
    if not place and (named := re.search(r"/components/schemas/([^\s:/]+)", words)):
        place = place_of("components.schemas", named[1])
    if not place and (named := _ENDPOINT.match(error.header or "")):
        place = place_of(place_of("paths", named[2]), named[1].lower())
    return SpecError(place, _sentence(error))


def _sentence(error: GeneratorError) -> str:
    detail = (error.detail or "").partition("Failure to process schema")[0].strip()
    header = error.header or ""
    # A header of this kind only repeats the place.
    repeats = header.strip().startswith("Unable to") or _ENDPOINT.match(header)
    words = detail if detail and repeats else f"{header} {detail}"
    return " ".join(words.split()) or "not understood"
