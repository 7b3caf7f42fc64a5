"""What proves who asks: the schemes that the operations name."""

from collections.abc import Mapping
from typing import Any

from polycast_codegen.dialect import KINDS, about_word, place_of
from polycast_codegen.report import Report

__all__ = ["Security"]


class Security:
    """The security of a document in normal form: what all its operations name together.

    Args:
        document: the document.
        report: where what is left out is told.
    """

    def __init__(self, document: Mapping[str, Any], report: Report) -> None:
        declared = document.get("components", {}).get("securitySchemes")
        self._declared = declared if isinstance(declared, dict) else {}
        self._document = _requirements(document)
        self._report = report
        self._asked: list[list[str]] = []
        self._schemes: dict[str, dict[str, Any]] = {}

    def of(self, operation: Mapping[str, Any], place: str) -> bool:
        """Note what an operation asks for, and return whether it is asked without credentials."""
        own = _requirements(operation)
        asked = self._document if own is None else own
        for names in asked or ():
            if names and names not in self._asked:
                self._asked.append(names)
            for name in names:
                self._add(name, place)
        # Without any `security` anywhere, an `Auth` of the plugin's own may still act.
        return asked is not None and not any(asked) and bool(self._document or self._declared)

    def finish(self) -> tuple[list[dict[str, Any]], dict[str, dict[str, Any]]]:
        """Return the requirements and the schemes; unused schemes are left out."""
        for name in self._declared:
            if name not in self._schemes:
                place = place_of("components.securitySchemes", name)
                self._report.pass_over("a security scheme that no operation uses", place)
        return [{name: [] for name in names} for names in self._asked], self._schemes

    def _add(self, name: str, place: str) -> None:
        if name in self._schemes:
            return
        words = self._declared.get(name)
        if not isinstance(words, dict):
            self._report.pass_over(
                f"the security scheme {name!r} is not described; the plugin's own `Auth` does it",
                place,
            )
            words = {"x-custom": True}
        place = place_of("components.securitySchemes", name)
        for word in words:
            if word not in KINDS["security scheme"]:
                self._report.pass_over(about_word(word), place)
        scheme = {word: value for word, value in words.items() if word in KINDS["security scheme"]}
        if scheme.get("type") in ("oauth2", "openIdConnect") and not scheme.get("x-custom"):
            self._report.pass_over("how a token is fetched; the account has one", place)
            scheme = {"description": scheme.get("description", ""), **_BEARER}
        elif not scheme.get("x-custom") and not _understood(scheme):
            self._report.pass_over("a security scheme that the plugin's own `Auth` does", place)
            scheme["x-custom"] = True
        self._schemes[name] = scheme


def _understood(scheme: Mapping[str, Any]) -> bool:
    if scheme.get("type") == "http":
        return str(scheme.get("scheme", "")).lower() in ("basic", "bearer")
    named = isinstance(scheme.get("name"), str) and bool(scheme["name"])
    return scheme.get("type") == "apiKey" and scheme.get("in") in ("header", "query") and named


_BEARER: Mapping[str, Any] = {"type": "http", "scheme": "bearer"}


def _requirements(node: Mapping[str, Any]) -> list[list[str]] | None:
    security = node.get("security")
    if not isinstance(security, list):
        return None
    return [list(one) for one in security if isinstance(one, dict)]
