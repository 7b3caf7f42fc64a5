"""A package that was just written can be imported, whatever its spec answers."""

import subprocess
import sys
from pathlib import Path

import pytest
from polycast_codegen.cli import main

SPECS = Path(__file__).parent.parent / "specs"


@pytest.mark.skipif(not SPECS.is_dir(), reason="the documents are beside codegen's other tests")
@pytest.mark.parametrize("number", ["10", "23", "24", "49", "57", "58", "58b", "59"])
def test_every_module_can_be_imported(number: str, tmp_path: Path) -> None:
    """An answer of any object, `allOf` of words alone, escaped emoji: none stops the package.

    Its sandbox is built from the spec: what it answers by example is made of it, too.
    """
    [path] = SPECS.glob(f"{number}_*")
    only = ["--only", "POST /messages"]
    new = ["new-provider", "mini", "--spec", str(path), "--out", str(tmp_path / "x"), *only]
    assert main(new) == 0
    source = tmp_path / "x" / "src"
    modules = [f"polycast_mini.{one.stem}" for one in (source / "polycast_mini").glob("*.py")]
    code = f"import {', '.join(modules)}; polycast_mini.sandbox.MiniSandbox().urls"
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(source)!r}); {code}"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
