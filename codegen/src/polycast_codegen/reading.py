"""A spec from its files to a service: everything that happens before anything is written."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs

from polycast_codegen import ir
from polycast_codegen.document import SpecFile, load
from polycast_codegen.errors import SpecError
from polycast_codegen.normal import normal_form
from polycast_codegen.normal.bundle import bundled
from polycast_codegen.openapi import read_service
from polycast_codegen.overlay import overlaid
from polycast_codegen.report import Report
from polycast_codegen.swagger import converted
from polycast_codegen.wadl import read_wadl, with_includes

__all__ = ["Reading", "read"]


@attrs.frozen
class Reading:
    """A spec as read.

    Attributes:
        service: what it describes.
        document: the same as an OpenAPI document in normal form.
        copy: the file of the spec that goes beside the client, with its name.
        passed: what was passed over, a sentence each.
        beside: the files that the spec refers to, by absolute path.
    """

    service: ir.Service
    document: Mapping[str, Any]
    copy: tuple[str, bytes]
    passed: tuple[str, ...]
    beside: Mapping[Path, bytes]


def read(spec: SpecFile) -> Reading:
    """Read a spec.

    Raises:
        SpecError: it cannot be read; with all the places.
    """
    try:
        return _read(spec)
    except RecursionError:
        raise SpecError("", f"{spec.name} is nested too deeply") from None


def _read(spec: SpecFile) -> Reading:
    report = Report()
    content, schemas = with_includes(spec) if spec.is_xml else (spec.content, {})
    document = read_wadl(content) if spec.is_xml else load(spec)
    written = document
    if spec.overlay is not None:
        document = overlaid(document, load(spec.overlay))
    if "swagger" in document:
        document = converted(document, report)
    _check_version(document)
    bundle = bundled(document, spec, spec.only, report)
    normal = normal_form(bundle.document, report)
    service = read_service(normal)
    copy = (spec.name, content)
    if not spec.is_xml and (bundle.changed or spec.only or document is not written):
        text = json.dumps(bundle.document, indent=1)
        copy = (f"{spec.name.rpartition('.')[0] or spec.name}.json", f"{text}\n".encode())
    beside = schemas | bundle.beside
    return Reading(service, normal, copy, tuple(report.sentences), beside)


def _check_version(document: Mapping[str, Any]) -> None:
    version = document.get("openapi")
    if not isinstance(version, str) or not version.startswith(("3.0", "3.1", "3.2")):
        found = "nothing" if version is None else repr(version)
        raise SpecError(
            "openapi", f"expected OpenAPI 3.0 or 3.1, Swagger 2.0 or WADL; found {found}"
        )
