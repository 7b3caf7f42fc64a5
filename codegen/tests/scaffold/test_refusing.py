"""What cannot be written is refused in a sentence, and nothing is left behind."""

from pathlib import Path

import pytest
from polycast_codegen.cli import main
from polycast_codegen.scaffold.command import run


def _refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["new-provider", *arguments]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    return told.err


@pytest.fixture(autouse=True)
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", ["Acme", "acme-sms", "1st", "class", "a" * 25, "_x", "x__y", ""])
def test_a_name_has_to_be_one(capsys: pytest.CaptureFixture[str], empty: Path, name: str) -> None:
    """What Python or an entry point cannot be called is refused, with a name that would do."""
    words = _refused(capsys, name)

    assert words.startswith(f"polycast-codegen: {name!r} cannot be a provider's name: ")
    assert "such as acme or acme_sms" in words
    assert not list(empty.iterdir())


@pytest.mark.parametrize("name", ["codegen", "all"])
def test_our_own_distributions_are_not_taken(capsys: pytest.CaptureFixture[str], name: str) -> None:
    """No package is written that would take the name of one of Polycast's."""
    assert f"polycast-{name} is a distribution of Polycast's own" in _refused(capsys, name)


def test_nothing_is_overwritten(capsys: pytest.CaptureFixture[str], empty: Path) -> None:
    """A folder that holds something stays as it is."""
    (empty / "polycast-acme").mkdir()
    (empty / "polycast-acme" / "notes.txt").write_text("mine")

    assert "polycast-acme is there already, and is not an empty folder" in _refused(capsys, "acme")
    assert [path.name for path in (empty / "polycast-acme").iterdir()] == ["notes.txt"]


def test_an_empty_folder_is_filled(capsys: pytest.CaptureFixture[str], empty: Path) -> None:
    """A folder made for it before, with nothing in it, is as good as none."""
    (empty / "here").mkdir()

    assert main(["new-provider", "acme", "--out", "here"]) == 0
    assert (empty / "here" / "pyproject.toml").is_file()
    assert "cd here" in capsys.readouterr().out


def test_a_file_is_no_folder(capsys: pytest.CaptureFixture[str], empty: Path) -> None:
    """A path below a file cannot be written, and the sentence names it."""
    (empty / "file").write_text("")

    assert "file" in _refused(capsys, "acme", "--out", "file")
    assert "Cannot write" in _refused(capsys, "acme", "--out", "file/below")


def test_a_spec_that_is_not_understood_names_the_place(
    capsys: pytest.CaptureFixture[str], empty: Path
) -> None:
    """The generator's own sentence comes through, and no half of a package is written."""
    (empty / "acme.yaml").write_text(
        "openapi: 3.1.0\ninfo: {title: Acme, version: '1'}\n"
        "servers: [{url: 'https://acme.example'}]\npaths:\n  /a:\n    get:\n"
        "      operationId: a\n      responses: {'200': {$ref: '#/components/responses/Gone'}}\n"
    )

    words = _refused(capsys, "acme", "--spec", "acme.yaml")

    assert words.startswith("polycast-codegen: acme.yaml: paths['/a'].get.responses.200: `$ref`")
    assert [path.name for path in empty.iterdir()] == ["acme.yaml"]


def test_a_spec_that_is_not_there_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    """A mistyped path is told as such."""
    assert "nowhere.yaml cannot be read: " in _refused(capsys, "acme", "--spec", "nowhere.yaml")


def test_another_command_can_run_it(capsys: pytest.CaptureFixture[str], empty: Path) -> None:
    """`polycast new-provider` finds it by its entry point, and is what the sentences name."""
    assert run(["Acme"], "polycast new-provider") == 2
    assert capsys.readouterr().err.startswith("polycast new-provider: 'Acme' cannot be")
    assert run(["acme"]) == 0
    assert (empty / "polycast-acme" / "src" / "polycast_acme" / "provider.py").is_file()
