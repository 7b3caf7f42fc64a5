"""The clients that stock openapi-python-client makes of our specs, as they come."""

import contextlib
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

__all__ = ["stock_clients"]

_SPECS = Path(__file__).parents[1] / "specs"


@contextlib.contextmanager
def stock_clients(*providers: str) -> Iterator[Path]:
    """Generate stock clients, to be imported as `stock_hyber` and so on, and give their folder."""
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder, "config.yaml")
        config.write_text("post_hooks: []\n")
        for provider in providers:
            subprocess.run(
                [
                    sys.executable, "-m", "openapi_python_client", "generate",
                    "--path", str(_SPECS / f"{provider}.yaml"), "--config", str(config),
                    "--meta", "none", "--output-path", str(Path(folder, f"stock_{provider}")),
                    "--fail-on-warning",
                ],
                check=True,
                stdout=subprocess.DEVNULL,
            )  # fmt: skip
        sys.path.insert(0, folder)
        try:
            yield Path(folder)
        finally:
            sys.path.remove(folder)
