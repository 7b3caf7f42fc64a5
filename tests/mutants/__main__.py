"""`nox -s mutants`: change the modules a little, and print which changes no test noticed.

nox -s mutants                        the fixed sample of every module in modules.toml
nox -s mutants -- engine lookup       of the modules whose path holds one of these words
nox -s mutants -- --sample 30 engine  a larger sample
"""

import argparse
import json
import os
import queue
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import tomllib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import attrs

from tests.mutants.operators import Mutant, make, mutants_of

ROOT = Path(__file__).parents[2]
#: Changes tried of each module where the command line names no number.
SAMPLE = 14
#: The same sample on every machine.
SEED = 20261128
#: Copies of the checkout where the command line names no number; each runs one mutant at a time.
COPIES = 2
#: Without the second database, and without those that end a process at each of many places.
_QUICK = "not postgresql and not a_crash"
#: How lines begin that no running program heeds.
_UNREAD = ("#", '"""', "if TYPE_CHECKING:")
_IGNORED = shutil.ignore_patterns(
    ".git", ".venv", ".nox", "dist", "site", "__pycache__", ".mypy_cache", ".ruff_cache",
    ".pytest_cache", ".hypothesis",
)  # fmt: skip


@attrs.frozen
class Module:
    """A module, and the tests that keep its promises."""

    path: str
    tests: tuple[str, ...]

    def sample(self, number: int) -> list[Mutant]:
        """Return a fixed sample of its mutants, spread over the whole module."""
        source = (ROOT / self.path).read_text()
        known = [(before, after) for path, before, after in equivalents() if path == self.path]
        lines = source.splitlines()
        found = list(mutants_of(source))
        random.Random(SEED).shuffle(found)
        chosen: list[Mutant] = []
        for name, operator, occurrence, line in found:
            if len(chosen) == number:
                break
            mutant = make(source, name, operator, occurrence, line)
            if mutant is None or lines[mutant.line - 1].lstrip().startswith(_UNREAD):
                continue
            if not any(
                before == mutant.before and after in (mutant.after, None) for before, after in known
            ):
                chosen.append(mutant)
        return sorted(chosen, key=lambda each: each.line)


def equivalents() -> list[tuple[str, str, str | None]]:
    """Return the mutants that change nothing a user could notice: module, line before, after.

    Where `after` is None, every change of the line.
    """
    table = tomllib.loads((Path(__file__).parent / "modules.toml").read_text())
    found = [(each["path"], each["before"], each.get("after")) for each in table["equivalent"]]
    for path, before, _ in found:
        if before not in map(str.strip, (ROOT / path).read_text().splitlines()):
            raise SystemExit(f"modules.toml: {path} has no line {before!r}: drop the entry.")
    return found


@attrs.define
class Copy:
    """A copy of the checkout, in which modules may be changed."""

    folder: Path
    _server: "subprocess.Popen[str]" = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        shutil.copytree(ROOT, self.folder, ignore=_IGNORED)
        sources = [str(each) for each in sorted(self.folder.glob("*/src"))]
        sources += [str(each) for each in sorted(self.folder.glob("plugins/*/src"))]
        self._server = subprocess.Popen(
            [sys.executable, "-m", "tests.mutants.server"],
            cwd=self.folder,
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join(sources),
                "PYTHONDONTWRITEBYTECODE": "1",
            },
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def close(self) -> None:
        """End the process that runs its tests."""
        self._server.communicate()

    def test(self, module: Module, patience: float, *, keep_bytecode: bool = False) -> bool:
        """Run the module's tests, and return whether they pass.

        A mutant's bytecode is not kept: the next mutant may have the same size and time. That of
        the unchanged files is, for compiling takes longer than most tests.
        """
        assert self._server.stdin
        assert self._server.stdout
        arguments = [
            "-x", "-q", "-p", "no:cacheprovider", "-p", "no:anyio", "-p", "no:xdist",
            "-W", "ignore::pytest.PytestAssertRewriteWarning", "-k", _QUICK, *module.tests,
        ]  # fmt: skip
        self._server.stdin.write(json.dumps([keep_bytecode, *arguments]) + "\n")
        self._server.stdin.flush()
        child = int(self._server.stdout.readline())
        too_long = threading.Timer(patience, os.killpg, (child, signal.SIGKILL))
        too_long.start()
        try:
            return int(self._server.stdout.readline()) == 0
        finally:
            too_long.cancel()

    def try_out(self, module: Module, mutant: Mutant, patience: float) -> bool:
        """Return whether the tests notice the mutant."""
        path = self.folder / module.path
        original = path.read_text()
        path.write_text(mutant.source)
        try:
            return not self.test(module, patience)
        finally:
            path.write_text(original)


def main(arguments: Sequence[str]) -> int:
    """Run the sample, print what survived and a table; 1 where a module is below 95 %."""
    parser = argparse.ArgumentParser(prog="nox -s mutants --", description=__doc__)
    parser.add_argument("words", nargs="*", help="of the paths of modules")
    parser.add_argument("--sample", type=int, default=SAMPLE, help="mutants of each module")
    parser.add_argument("--copies", type=int, default=COPIES, help="mutants tried at a time")
    asked = parser.parse_args(arguments)
    table = tomllib.loads((Path(__file__).parent / "modules.toml").read_text())
    modules = [Module(each["path"], tuple(each["tests"])) for each in table["module"]]
    if asked.words:
        modules = [each for each in modules if any(word in each.path for word in asked.words)]
    with tempfile.TemporaryDirectory() as folder:
        copies = [Copy(Path(folder, str(number))) for number in range(asked.copies)]
        try:
            rows = [_measure(module, copies, asked.sample) for module in modules]
        finally:
            for copy in copies:
                copy.close()
    print("\n| module | mutants | noticed | |\n|---|---|---|---|")
    for path, noticed, total in rows:
        print(f"| {path} | {total} | {noticed} | {noticed / total:.0%} |")
    noticed, total = sum(row[1] for row in rows), sum(row[2] for row in rows)
    print(f"| **all** | {total} | {noticed} | **{noticed / total:.1%}** |")
    return int(noticed < 0.95 * total)


def _measure(module: Module, copies: Sequence[Copy], number: int) -> tuple[str, int, int]:
    started = time.monotonic()
    with ThreadPoolExecutor(len(copies)) as pool:
        passed = pool.map(lambda copy: copy.test(module, 600.0, keep_bytecode=True), copies)
        if not all(passed):
            raise SystemExit(f"{module.path}: its tests fail without any change.")
        patience = 20.0 + 4 * (time.monotonic() - started)
        free: queue.SimpleQueue[Copy] = queue.SimpleQueue()
        for copy in copies:
            free.put(copy)

        def work(mutant: Mutant) -> bool:
            copy = free.get()
            try:
                seen = copy.try_out(module, mutant, patience)
            finally:
                free.put(copy)
            if not seen:
                print(f"{module.path}:{mutant.line} {mutant.operator}: {mutant.before!r} -> "
                      f"{mutant.after!r}", flush=True)  # fmt: skip
            return seen

        seen = list(pool.map(work, module.sample(number)))
    took = time.monotonic() - started
    print(f"{module.path}: {sum(seen)} of {len(seen)}, {took:.0f} s", flush=True)
    return module.path, sum(seen), len(seen)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
