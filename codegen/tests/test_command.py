"""The command: generates, checks, and says what is wrong in one sentence."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from polycast_codegen.check import files_of
from polycast_codegen.cli import main
from polycast_codegen.document import SpecFile

ROOT = Path(__file__).parents[2]
SPECS = sorted(path for path in (ROOT / "specs").iterdir() if path.suffix in (".yaml", ".wadl"))
THING = {"type": "object", "properties": {"a": {"type": "string"}}}


def client_of(spec: Path) -> Path:
    """Return the folder of the committed client for a spec of this project."""
    return ROOT / "plugins" / spec.stem / "src" / f"polycast_{spec.stem}" / "_client"


@pytest.fixture
def acme(tmp_path: Path, spec: Callable[..., dict[str, Any]]) -> tuple[Path, Path]:
    """Return a spec file and the folder of the client generated from it."""
    path, out = tmp_path / "acme.json", tmp_path / "package" / "_client"
    path.write_text(json.dumps(spec({"Thing": THING})))
    assert main(["generate", str(path), str(out)]) == 0
    return path, out


def test_there_are_specs() -> None:
    """The golden tests below have something to compare."""
    assert {"textit.yaml", "ogangi.wadl"} <= {path.name for path in SPECS}


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.name)
def test_the_committed_clients_are_what_their_specs_give(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A change of the parser, the formatter or a template shows as a change of committed code."""
    assert main(["check", str(path), str(client_of(path))]) == 0
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.name)
def test_one_character_of_a_spec(
    path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Changing one character of a spec makes the check fail and name every stale file."""
    changed = tmp_path / path.name
    content = path.read_bytes()
    at = content.index(b"Send") if b"Send" in content else content.index(b"List")
    changed.write_bytes(content[:at] + b"X" + content[at + 1 :])
    assert main(["check", str(changed), str(client_of(path))]) == 1
    lines = capsys.readouterr().out.splitlines()
    for name in ("__init__.py", "models.py", "client.py", path.name):
        assert f"{client_of(path) / name} is stale" in lines


def test_generating_twice(acme: tuple[Path, Path]) -> None:
    """What was generated is up to date, and generating again changes nothing."""
    path, out = acme
    before = {file.name: file.read_bytes() for file in out.iterdir()}
    assert sorted(before) == ["__init__.py", "acme.json", "client.py", "models.py"]
    assert before["acme.json"] == path.read_bytes()
    assert main(["check", str(path), str(out)]) == 0
    assert main(["generate", str(path), str(out)]) == 0
    assert before == {file.name: file.read_bytes() for file in out.iterdir()}


@pytest.mark.parametrize("name", ["__init__.py", "models.py", "client.py", "acme.json"])
def test_what_was_touched_by_hand(
    name: str, acme: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """A generated file that was edited or removed is named."""
    path, out = acme
    (out / name).write_bytes((out / name).read_bytes() + b"\n")
    assert main(["check", str(path), str(out)]) == 1
    assert capsys.readouterr().out == f"{out / name} is stale\n"
    (out / name).unlink()
    assert main(["check", str(path), str(out)]) == 1
    assert capsys.readouterr().out == f"{out / name} is missing\n"


def test_what_does_not_belong(acme: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    """A file that the spec does not give is named; what Python itself leaves behind is not."""
    path, out = acme
    (out / "__pycache__").mkdir()
    (out / "extra.py").write_text("")
    assert main(["check", str(path), str(out)]) == 1
    assert capsys.readouterr().out == f"{out / 'extra.py'} is unexpected\n"


def test_a_renamed_spec_leaves_nothing_behind(acme: tuple[Path, Path]) -> None:
    """Generating from a spec of another name removes the former copy, and nothing by hand."""
    path, out = acme
    (out / "notes.txt").write_text("mine")
    renamed = path.rename(path.with_name("acme2.json"))
    assert main(["generate", str(renamed), str(out)]) == 0
    names = sorted(file.name for file in out.iterdir())
    assert names == ["__init__.py", "acme2.json", "client.py", "models.py", "notes.txt"]


def test_a_check_writes_nothing(
    tmp_path: Path, acme: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """Checking a folder that is not there names what is missing and creates nothing."""
    path, _ = acme
    nowhere = tmp_path / "nowhere"
    assert main(["check", str(path), str(nowhere)]) == 1
    assert len(capsys.readouterr().out.splitlines()) == 4
    assert not nowhere.exists()


@pytest.mark.parametrize("command", ["generate", "check"])
@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"openapi: 3.1.0\n  info: [", "not YAML"),
        (b"{", "not JSON"),
        (b'{"a": 1, "a": 2}', "'a' stands twice"),
        (b"a: 1\na: 2\n", "'a' stands twice"),
        (b"", "no OpenAPI document"),
        (b"- a", "no OpenAPI document"),
        (b"a: b", "expected OpenAPI 3.0 or 3.1"),
        (b"openapi: 2013-03-02", "found '2013-03-02'"),
        (b"swagger: '2.0'", "there is no operation"),
        (b"openapi: 3.1.0", "there is no operation"),
        (b"a: &a [*a]", "holds itself"),
        (b"\xff\xfe", "not UTF-8"),
        (b"<html/>", "application"),
    ],
)
def test_a_spec_that_is_not_understood(
    command: str,
    content: bytes,
    words: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """It ends in one sentence on stderr and exit code 2, and nothing is written."""
    path = tmp_path / "acme.yaml"
    path.write_bytes(content)
    assert main([command, str(path), str(tmp_path / "_client")]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    (line,) = captured.err.splitlines()
    assert line.startswith(f"polycast-codegen: {path}: ")
    assert words in line
    assert not (tmp_path / "_client").exists()


@pytest.mark.parametrize(("depth", "codes"), [(20, {0}), (300, {0, 2}), (100_000, {2})])
def test_a_spec_nested_beyond_sense(
    depth: int, codes: set[int], spec: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    """Depth ends in a sentence, or in a client, never in a traceback."""
    document = json.dumps(spec({"Thing": {"type": "object", "properties": {"a": "DEEP"}}}))
    deep = '{"type": "array", "items": ' * depth + '{"type": "string"}' + "}" * depth
    path = tmp_path / "acme.json"
    path.write_text(document.replace('"DEEP"', deep))
    assert main(["generate", str(path), str(tmp_path / "_client")]) in codes


def test_a_spec_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """So does a file that does not exist."""
    assert main(["generate", str(tmp_path / "no.yaml"), str(tmp_path)]) == 2
    assert "No such file" in capsys.readouterr().err


def test_a_folder_that_cannot_be_written(
    acme: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """So does a target that is a file."""
    target = tmp_path / "target"
    target.write_text("")
    assert main(["generate", str(acme[0]), str(target)]) == 2
    assert "cannot write" in capsys.readouterr().err


def test_an_operation_never_vanishes(spec: Callable[..., dict[str, Any]]) -> None:
    """Every operation of the document is a method, however little is said of it."""
    good = {"operationId": "good", "responses": {"204": {"description": ""}}}
    bad = {"operationId": "bad", "responses": {"2000": {"description": ""}}}
    document = spec({}, {"/a": {"get": good}, "/b": {"get": bad}})
    client = files_of(SpecFile("acme.json", json.dumps(document).encode()))["client.py"]
    assert b"def good(" in client
    assert b"def bad(" in client


def test_yaml_and_json_give_the_same_code(spec: Callable[..., dict[str, Any]]) -> None:
    """A JSON document is as good as the same in YAML, but for its name and hash."""
    document = spec({"Thing": THING})
    from_json = files_of(SpecFile("acme.json", json.dumps(document).encode()))
    from_yaml = files_of(SpecFile("acme.yaml", b"# YAML\n" + json.dumps(document).encode()))
    for name in ("models.py", "client.py"):
        lines = [files[name].splitlines()[1:] for files in (from_json, from_yaml)]
        assert [line for line in lines[0] if b"acme." not in line] == [
            line for line in lines[1] if b"acme." not in line
        ]


@pytest.mark.parametrize("seed", ["1", "2", "3"])
def test_the_output_is_the_same_on_every_run(seed: str, tmp_path: Path) -> None:
    """Neither the hash seed, nor the folder, nor ruff's own settings change a byte."""
    (tmp_path / "ruff.toml").write_text("line-length = 40\n[format]\nquote-style = 'single'\n")
    environment = {**os.environ, "PYTHONHASHSEED": seed, "RUFF_NO_CACHE": "false"}
    for path in SPECS:
        program = "import sys; from polycast_codegen.cli import main; sys.exit(main())"
        done = subprocess.run(
            [sys.executable, "-c", program, "check", str(path), str(client_of(path))],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("asked", ["help", "check"])
def test_nobody_reads_on(asked: str, acme: tuple[Path, Path]) -> None:
    """When the reader of a pipe goes away the command ends without a word."""
    spec, out = acme
    (out / "client.py").write_text("")
    arguments = ["--help"] if asked == "help" else ["check", str(spec), str(out)]
    source = "import sys; from polycast_codegen.cli import main; sys.exit(main())"
    process = subprocess.Popen(
        [sys.executable, "-c", source, *arguments],
        # Python's argparse swallows the error where standard output is not buffered.
        env={**os.environ, "PYTHONUNBUFFERED": ""},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    with process.stderr:
        words = process.stderr.read()
    assert (process.wait(), words) == (141, b"")
