"""Where calls go: the first server unless others have names, and what single paths say."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from polycast_codegen.dialect import KINDS, about_word, place_of
from polycast_codegen.report import Report

__all__ = ["Servers"]


class Servers:
    """The servers of a document in normal form: each with a name, the first is `default`.

    Args:
        document: the document.
        report: where those that are left out are told.
    """

    def __init__(self, document: Mapping[str, Any], report: Report) -> None:
        self._report = report
        self._given: dict[str, str] = {}
        #: What the document of the normal form has.
        self.found: list[dict[str, Any]] = []
        for index, server in enumerate(_servers(document)):
            place = place_of("servers", index)
            if index == 0:
                self._add(server, place, "default")
            elif isinstance(server.get("x-name"), str):
                self._add(server, place, _word(server["x-name"]))
            else:
                self._report.pass_over("a further server, which `x-name` would add", place)

    def of(self, node: Mapping[str, Any], place: str) -> str | None:
        """Return the name of the server that a path or an operation has of its own."""
        servers = _servers(node)
        if not servers:
            return None
        place = place_of(place_of(place, "servers"), 0)
        first = servers[0]
        url = _url(first)
        if len(servers) > 1:
            self._report.pass_over("a further server of a path", place)
        if url in self._given and "x-name" not in first:
            return self._given[url]
        if not self.found:
            return self._add(first, place, "default")
        name = first.get("x-name") or urlsplit(url).netloc + urlsplit(url).path
        return self._add(first, place, _word(str(name)))

    def finish(self) -> list[dict[str, Any]]:
        """Return the servers; one without an address where the document has none."""
        if self.found:
            return self.found
        self._report.pass_over("no server, so the account's `base_url` says where it is", "")
        return [{"url": ""}]

    def _add(self, server: Mapping[str, Any], place: str, name: str) -> str:
        for word in server:
            if word not in KINDS["server"]:
                self._report.pass_over(about_word(word), place)
        url = _url(server)
        while any(one["x-name"] == name and one["url"] != url for one in self.found):
            name += "_"
        declared = server.get("variables")
        declared = declared if isinstance(declared, dict) else {}
        if all(one["x-name"] != name for one in self.found):
            self.found.append(
                {
                    "url": url,
                    "x-name": name,
                    "x-place": place,
                    "variables": {
                        variable: _variable(declared.get(variable))
                        for variable in re.findall(r"\{([^{}]*)\}", url)
                    },
                }
            )
        self._given.setdefault(url, name)
        return name


def _servers(node: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = node.get("servers")
    servers = found if isinstance(found, list) else []
    return [one for one in servers if isinstance(one, dict) and isinstance(one.get("url"), str)]


def _url(server: Mapping[str, Any]) -> str:
    """Return a server's address; "" for one that is relative to where the document was."""
    url: str = server["url"].strip(" ")
    if url.startswith("//"):
        return f"https:{url}"
    if "://" in url or url.startswith("{"):
        return url
    return f"https://{url}" if "." in url.partition("/")[0] else ""


def _variable(words: object) -> dict[str, str]:
    words = words if isinstance(words, dict) else {}
    described = {"description": words["description"]} if "description" in words else {}
    return {"default": str(words.get("default", "")), **described}


def _word(name: str) -> str:
    made = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    return made if made[:1].isalpha() else f"server_{made}"
