"""Python as the pinned ruff writes it, out of reach of any configuration but this."""

import json
import os
import subprocess
import tempfile
from typing import Final

import ruff  # type: ignore[import-untyped]  # it ships no types

__all__ = ["formatted", "tidied"]

_LINE_LENGTH: Final = 100


def formatted(name: str, source: bytes) -> bytes:
    """Return source as it is formatted.

    Args:
        name: what an error calls it.
        source: the source.
    """
    return _ruff(["format"], name, source)


def tidied(name: str, source: bytes, package: str) -> bytes:
    """Return source formatted, its imports sorted, and those that nothing uses left out.

    Args:
        name: what an error calls it.
        source: the source.
        package: the package whose modules stand last among the imports.
    """
    own = f"lint.isort.known-first-party={json.dumps([package])}"
    tidy = ["check", "--fix-only", "--select", "F401,I", "--config", own]
    return formatted(name, _ruff(tidy, name, source))


def _ruff(command: list[str], name: str, source: bytes) -> bytes:
    with tempfile.TemporaryDirectory() as empty:
        done = subprocess.run(
            [
                ruff.find_ruff_bin(),
                *command,
                *("--isolated", "--no-cache", "--quiet"),
                *("--target-version", "py311", "--line-length", str(_LINE_LENGTH)),
                *("--stdin-filename", name, "-"),
            ],
            input=source,
            capture_output=True,
            check=False,
            cwd=empty,
            env={key: value for key, value in os.environ.items() if not key.startswith("RUFF_")},
        )
    if done.returncode:
        words = done.stderr.decode(errors="replace").strip()
        raise RuntimeError(f"{name} as generated is not Python: {words}")
    return done.stdout
