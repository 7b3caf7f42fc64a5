"""What a spec is read from goes into the package with it, so that its client can be made anew."""

import json
import re
import shlex
from pathlib import Path

import pytest
from polycast_codegen.cli import main

SPECS = Path(__file__).parent.parent / "specs"


def remade(folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Run the command of a package's README in its folder, check the client, return the spec."""
    monkeypatch.chdir(folder)
    [command] = re.findall("`polycast-codegen (generate .*)`", (folder / "README.md").read_text())
    arguments = shlex.split(command)
    assert main(["check", *arguments[1:3]]) == 0
    assert main(arguments) == 0
    assert main(["check", *arguments[1:3]]) == 0
    spec: str = arguments[1]
    return spec


@pytest.mark.parametrize("given", ["47_external_ref.yaml", "w2_include.wadl"])
def test_files_beside_the_spec_come_along(
    given: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """External references of OpenAPI and included schemas of WADL are read in the package."""
    out = tmp_path / "out"
    assert main(["new-provider", "acme", "--spec", str(SPECS / given), "--out", str(out)]) == 0

    assert remade(out, monkeypatch) == given


def test_files_lie_as_they_lay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reference upwards, one back to the spec, and an overlay hold in the package, too."""
    text = {"type": "string"}
    message = {
        "type": "object",
        "required": ["id"],
        "properties": {"id": text, "state": {"$ref": "../api/v%201/spec.json#/$defs/State"}},
    }
    answer = {"application/json": {"schema": {"$ref": "../../common/message.json"}}}
    document = {
        "openapi": "3.1.0",
        "info": {"title": "Acme", "version": "1"},
        "servers": [{"url": "https://acme.example"}],
        "paths": {
            "/sms": {
                "post": {"responses": {"200": {"description": "Taken.", "content": answer}}},
            }
        },
        "$defs": {"State": {**text, "enum": ["sent"]}},
    }
    action = {"target": "$.paths['/sms'].post", "update": {"operationId": "send_sms"}}
    for path, content in (
        ("api/v 1/spec.json", document),
        ("common/message.json", message),
        ("ours.json", {"overlay": "1.0.0", "actions": [action]}),
    ):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(json.dumps(content))
    monkeypatch.chdir(tmp_path)
    given = ["--spec", "api/v 1/spec.json", "--overlay", "ours.json", "--out", "out"]
    assert main(["new-provider", "acme", *given]) == 0

    assert remade(tmp_path / "out", monkeypatch) == "api/v 1/spec.json"
    assert (tmp_path / "out" / "common" / "message.json").is_file()
    assert "def send_sms" in (tmp_path / "out/src/polycast_acme/_client/client.py").read_text()


def test_two_files_of_one_name_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An overlay that would take the place of the spec is named, and nothing is written."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "acme.json").write_text('{"overlay": "1.0.0", "actions": []}')
    spec = str(SPECS.parent / "scaffold" / "larkspur.json")

    assert main(["new-provider", "acme", "--spec", spec, "--overlay", "acme.json"]) == 2
    assert "Two files of the package would be acme.json: rename" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["acme.json"]
