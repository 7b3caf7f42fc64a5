"""Nothing that belongs to the workspace is forgotten by its tools."""

import re

import pytest

from tests.workspace import CORE, DISTRIBUTIONS, PLUGINS, ROOT, Distribution, read_toml

PROJECT = read_toml(ROOT / "pyproject.toml")


def test_the_meta_distribution_installs_every_plugin() -> None:
    """`polycast-all` means all."""
    needs = {need.partition(">")[0] for need in PROJECT["project"]["dependencies"]}

    assert needs == {f"{CORE.name}[cli,sandbox]", *(plugin.name for plugin in PLUGINS)}


def test_the_type_checker_knows_every_source_folder() -> None:
    """The type checker finds each of our packages in its source, not in some environment."""
    paths = PROJECT["tool"]["mypy"]["mypy_path"]
    known = {path.removeprefix("$MYPY_CONFIG_FILE_DIR/") for path in paths}

    assert known == {each.source.parent.relative_to(ROOT).as_posix() for each in DISTRIBUTIONS}


@pytest.mark.parametrize("distribution", DISTRIBUTIONS, ids=lambda each: each.name)
def test_every_distribution_has_tests(distribution: Distribution) -> None:
    """Each distribution's own tests live with it."""
    assert list(distribution.folder.glob("tests/**/test_*.py"))


@pytest.mark.parametrize("plugin", PLUGINS, ids=lambda plugin: plugin.name)
def test_every_plugin_has_a_spec_and_keeps_a_copy(plugin: Distribution) -> None:
    """The copy of the spec beside a client, which travels with the plugin, is the spec."""
    name = plugin.name.removeprefix("polycast-")
    [spec] = ROOT.glob(f"specs/{name}.*")

    assert (plugin.source / "_client" / spec.name).read_bytes() == spec.read_bytes()


def test_ci_runs_what_the_readme_says() -> None:
    """CI begins with the README's own test command, letter for letter."""
    command = "python3 -m venv .venv && .venv/bin/pip install -q nox && .venv/bin/nox -s tests"

    assert command in (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    assert command in (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()


def test_ci_runs_every_session() -> None:
    """CI runs each session of noxfile.py but the two that are long and judge nothing."""
    noxfile = (ROOT / "noxfile.py").read_text(encoding="utf-8")
    sessions = re.findall(r"^@nox\.session.*\ndef (\w+)", noxfile, re.MULTILINE)
    lines = re.findall(r"nox -s ([a-z ]+)", (ROOT / ".ci" / "run").read_text(encoding="utf-8"))

    assert {name for line in lines for name in line.split()} == {*sessions} - {"bench", "mutants"}
