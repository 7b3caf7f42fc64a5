"""What the templates are given: a service in our own words, whatever language its spec is in."""

from collections.abc import Mapping
from typing import Literal, TypeAlias

import attrs

__all__ = [
    "Anything",
    "Body",
    "Choice",
    "Dict",
    "Direction",
    "Field",
    "File",
    "Format",
    "List",
    "Moment",
    "Null",
    "Object",
    "Operation",
    "Outcome",
    "Parameter",
    "Record",
    "Scalar",
    "Scheme",
    "Service",
    "Tags",
    "Type",
    "Union",
    "XmlName",
]

Format: TypeAlias = Literal["json", "form", "multipart", "xml"]
Direction: TypeAlias = Literal["decode", "encode"]


@attrs.frozen
class Scalar:
    """A string, an integer, a number or a boolean."""

    kind: Literal["str", "int", "float", "bool"]


@attrs.frozen
class Null:
    """JSON's null."""


@attrs.frozen
class Anything:
    """Any JSON value."""


@attrs.frozen
class File:
    """A file part of a multipart body, or bytes as a whole body."""


@attrs.frozen
class Moment:
    """A date, or a date and time, in a named format such as `date-time`."""

    format: str


@attrs.frozen
class Choice:
    """One of a closed list of strings or of integers."""

    values: tuple[str, ...] | tuple[int, ...]


@attrs.frozen
class List:
    """A list; `tolerant` when an invalid item costs that item only."""

    item: "Type"
    tolerant: bool = False
    item_tag: str = ""


@attrs.frozen
class Dict:
    """An object whose keys are free."""

    value: "Type"


@attrs.frozen
class Object:
    """An object with a class of its own, by that class's name."""

    name: str


@attrs.frozen
class Tags:
    """The property that tells which of several objects one is.

    Attributes:
        wire_name: the property.
        classes: pairs of a value of it and the class that has it.
    """

    wire_name: str
    classes: tuple[tuple[str, str], ...]


@attrs.frozen
class Union:
    """Alternatives, told apart by their JSON types; objects by what they hold."""

    members: tuple["Type", ...]
    tags: Tags | None = None


Type: TypeAlias = Scalar | Null | Anything | File | Moment | Choice | List | Dict | Object | Union


@attrs.frozen
class XmlName:
    """How a property stands in XML.

    Attributes:
        tag: the name of its element, of its attribute, or of the wrapper around its elements.
        attribute: it is an attribute.
        wrapped: its elements stand in a wrapper.
    """

    tag: str
    attribute: bool = False
    wrapped: bool = False


@attrs.frozen(kw_only=True)
class Field:
    """A property of an object.

    Attributes:
        known: the values that the spec names, all of them or only those it knows.
    """

    name: str
    wire_name: str
    type: Type
    required: bool
    description: str
    xml: XmlName
    place: str
    known: tuple[str | int, ...] = ()


@attrs.frozen(kw_only=True)
class Record:
    """An object schema, which becomes a class.

    Attributes:
        name: the class's name.
        additional: the type of additional properties, if it keeps them.
        root: the name of its element as the root of an XML document.
        namespace: the namespace of that element; of those in it, too, unless it has a prefix.
        prefix: the prefix that it has in what is written.
    """

    name: str
    description: str
    fields: tuple[Field, ...]
    additional: Type | None
    root: str
    place: str
    namespace: str = ""
    prefix: str = ""


@attrs.frozen(kw_only=True)
class Parameter:
    """A parameter of an operation.

    Attributes:
        null: the literal as which `None` travels, if `None` is allowed.
        supplied: the auth object gives it its value.
        between: what joins the items of a list to one value; None where each is a value.
    """

    name: str
    wire_name: str
    location: Literal["path", "query", "header"]
    type: Type
    required: bool
    null: str | None
    supplied: bool
    description: str
    between: str | None = None


@attrs.frozen(kw_only=True)
class Body:
    """What a request carries.

    Attributes:
        media_type: what the spec calls its format.
    """

    format: Literal["json", "form", "multipart", "xml", "text", "bytes"]
    type: Type
    required: bool
    place: str
    media_type: str = ""


@attrs.frozen(kw_only=True)
class Outcome:
    """An answer an operation may have.

    Attributes:
        status: as the spec writes it: `200`, `2XX`, `default`.
        successful: the method returns it, rather than leave it to the plugin.
        type: what its body is, `None` when it has none.
        any_root: the XML document's root may have any name, or be missing.
        media_type: what the spec calls its format.
    """

    status: str
    format: Literal["json", "xml", "text", "bytes", "empty"]
    type: Type | None
    any_root: bool
    place: str
    successful: bool
    media_type: str = ""


@attrs.frozen(kw_only=True)
class Operation:
    """A call, which becomes a method."""

    name: str
    operation_id: str
    http_method: str
    path: str
    description: str
    parameters: tuple[Parameter, ...]
    body: Body | None
    outcomes: tuple[Outcome, ...]
    safe: bool
    server: str
    anonymous: bool
    place: str


@attrs.frozen
class Scheme:
    """A security scheme: what builds it in `polycast.wire`, and with which arguments."""

    factory: Literal["HeaderKey", "QueryKey", "BodyKey", "Basic", "Custom"]
    argument: str | None = None
    prefix: str | None = None


@attrs.frozen(kw_only=True)
class Service:
    """A whole spec.

    Attributes:
        servers: URL templates by name; the main one is `default`.
        variables: the default of each server variable.
        payloads: records given a codec though no operation uses them.
    """

    title: str
    description: str
    servers: Mapping[str, str]
    variables: Mapping[str, str]
    security: Mapping[str, Scheme]
    records: Mapping[str, Record]
    operations: tuple[Operation, ...]
    payloads: Mapping[str, Format]
