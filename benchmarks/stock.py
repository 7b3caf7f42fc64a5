"""The client that stock openapi-python-client makes of our spec, as it comes."""

import contextlib
import importlib
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

__all__ = ["stock_models"]

_SPEC = Path(__file__).parents[1] / "specs" / "textit.yaml"
_NAME = "stock_textit"


@contextlib.contextmanager
def stock_models() -> Iterator[ModuleType]:
    """Generate the stock client into a temporary folder, and give its `models` module."""
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder, "config.yaml")
        config.write_text("post_hooks: []\n")
        subprocess.run(
            [
                sys.executable, "-m", "openapi_python_client", "generate",
                "--path", str(_SPEC), "--config", str(config),
                "--meta", "none", "--output-path", str(Path(folder, _NAME)),
                "--fail-on-warning",
            ],
            check=True,
            stdout=subprocess.DEVNULL,
        )  # fmt: skip
        sys.path.insert(0, folder)
        try:
            yield importlib.import_module(f"{_NAME}.models")
        finally:
            sys.path.remove(folder)
