"""Which room may look into which, and what is imported when."""

import json
import re
import subprocess
import sys
from importlib import import_module

import polycast
import pytest
from polycast.sandbox import installed

from tests.workspace import CODEGEN, CORE, PLUGINS, ROOT, Distribution, imports

#: Core's rooms, innermost first: each imports only from the lines above its own.
LAYERS = (
    {"concurrency", "errors"},
    {"masking"},
    {"model"},
    {"config", "recipients"},
    {"plugins"},
    {"sending"},
    {"client"},
    {"routes"},
    {"connecting"},
    {""},  # polycast itself, which re-exports what is above
    {"wrappers"},
    {"campaign", "sandbox"},
    {"celery", "doctor", "testing"},
    {"cli"},
    {"__main__"},
)
#: The rooms beside the others: from them on, there is a network. Plugins use them, core does not.
BESIDE = {
    "wire": {"concurrency", "errors", "masking"},
    "providers": {"errors", "masking", "model", "config", "wire"},
}


def _room(module: str) -> str:
    """The room of core that a module is in; "" for the package itself."""
    return module.partition(".")[2].partition(".")[0]


ROOMS = {_room(module) for module, _ in CORE.modules()}


def _imported_room(module: str, name: str | None) -> str:
    return name if module == "polycast" and name in ROOMS else _room(module)


def _modules_after(code: str) -> set[str]:
    """What a fresh interpreter has imported after running some code."""
    code += "\nimport json, sys; print(json.dumps([*sys.modules]))"
    told = subprocess.run(
        [sys.executable, "-I", "-c", code],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(json.loads(told.stdout.splitlines()[-1]))


def test_importing_polycast_imports_no_provider_and_no_http_library() -> None:
    """A script that only names things, or prints help, pays for no provider and no network."""
    modules = _modules_after("import polycast")

    assert "polycast.client" in modules
    assert not modules & {"requests", "urllib3", "xmltodict", "werkzeug", "typer", "rich"}
    assert not modules & {"openpyxl", "xlrd", "phonenumbers", "sqlite3"}
    assert "sqlalchemy" not in modules
    assert not modules & {"polycast.wire", "polycast.sandbox", "polycast.testing", "polycast.cli"}
    assert not modules & {plugin.package for plugin in PLUGINS}


@pytest.mark.parametrize("plugin", PLUGINS, ids=lambda plugin: plugin.name)
def test_connecting_a_provider_imports_that_one_alone(plugin: Distribution) -> None:
    """Connecting one account imports its provider; the others, and the fakes, stay on the disk."""
    name = plugin.name.removeprefix("polycast-")
    settings = installed()[name].settings()

    modules = _modules_after(f"import polycast; polycast.connect({name!r}, **{settings!r})")

    assert plugin.package in modules
    assert not modules & {other.package for other in PLUGINS if other != plugin}
    assert not modules & {"polycast.sandbox", "werkzeug", "openapi_core", "polycast_codegen"}
    assert "polycast.wrappers" not in modules


def test_every_room_of_core_has_its_place() -> None:
    """A new room of core is given a place in the order, or this test asks for one."""
    placed = set().union(*LAYERS) | {*BESIDE}

    assert placed == ROOMS


def test_core_imports_run_one_way() -> None:
    """Within core each room imports only rooms further in; wire needs only errors and secrets."""
    wrong = []
    for module, path in CORE.modules():
        room = _room(module)
        for imported, name in imports(module, path):
            if imported.partition(".")[0] != "polycast":
                continue
            other = _imported_room(imported, name)
            if other != room and other not in _reachable(room):
                wrong.append(f"{module} imports {imported} ({name})")

    assert not wrong


def _reachable(room: str) -> set[str]:
    if room in BESIDE:
        return BESIDE[room]
    inner: set[str] = set()
    for layer in LAYERS:
        if room in layer:
            break
        inner |= layer
    # Whoever stands outside the client may know that there is a network.
    return inner | {"wire"} if "client" in inner else inner


@pytest.mark.parametrize("distribution", [CORE, CODEGEN], ids=lambda each: each.name)
def test_nobody_depends_on_a_plugin(distribution: Distribution) -> None:
    """Core and codegen import no plugin, and neither imports the other."""
    allowed = distribution.package
    imported = {
        name.partition(".")[0]
        for module, path in distribution.modules()
        for name, _ in imports(module, path)
    }

    ours = {each for each in imported if each == "polycast" or each.startswith("polycast_")}
    assert ours == {allowed}


@pytest.mark.parametrize("plugin", PLUGINS, ids=lambda plugin: plugin.name)
def test_a_plugin_uses_what_a_stranger_can_import(plugin: Distribution) -> None:
    """Plugins import only public names of core, from the packages that offer them to all."""
    offered = {"polycast", *re.findall(r"`(polycast\.[\w.]+)`", polycast.__doc__ or "")}
    wrong = []
    for module, path in plugin.modules():
        for imported, name in imports(module, path):
            package = imported.partition(".")[0]
            if package == "polycast":
                public = f"{imported}.{name}" in offered or (
                    imported in offered
                    and (name is None or name in import_module(imported).__all__)
                )
                if not public:
                    wrong.append(f"{module}: from {imported} import {name}")
            elif package.startswith("polycast_") and package != plugin.package:
                wrong.append(f"{module} imports another plugin, {imported}")

    assert not wrong


def test_generated_code_is_imported_only_within_its_own_provider() -> None:
    """A generated client is its provider's own affair: everybody else goes through the provider."""
    wrong = []
    for path in ROOT.rglob("*.py"):
        relative = path.relative_to(ROOT)
        module = ".".join(relative.with_suffix("").parts)
        if relative.parts[0].startswith(".") or relative.parts[0] in ("build", "dist"):
            continue
        for imported, name in imports(module, path):
            parts = f"{imported}.{name}".split(".")
            if "_client" not in parts[1:2] or not parts[0].startswith("polycast_"):
                continue
            owner = parts[0].removeprefix("polycast_")
            homes = (("plugins", owner), ("examples", f"polycast-{owner}"))
            if relative.parts[:2] not in homes:
                wrong.append(f"{relative} imports {imported}")

    assert not wrong
