"""Somebody who does what a page of the manual says, block by block, in an empty folder."""

import doctest
import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import polycast
import polycast.sandbox
import pytest
import yaml
from polycast.cli import main
from polycast.config.profiles import read_profiles
from polycast.config.routes import read_routes
from polycast.config.settings import build_settings
from polycast.sandbox import Hosted

from tests import shell
from tests.installing import install
from tests.pages import Block, blocks
from tests.splicing import splice
from tests.workspace import ROOT, read_toml

_CONNECT = re.compile(r'connect\(\s*"(?P<name>\w+)"[^()]*\)')
_OWN = re.compile(r'(?P<key>\w+)="\.\.\."')
_ID = re.compile(r'(?:^|\n)id +(\S+)|"id": "([^"]+)"')
#: Programs that are run as they stand: what comes between Python and their arguments.
_PROGRAMS = {
    "python": [],
    "mypy": ["-m", "mypy"],
    "pytest": ["-m", "pytest"],
    "ruff": ["-m", "ruff"],
    "polycast-codegen": ["-c", "from polycast_codegen.cli import main; exit(main())"],
}
_CAMPAIGN = re.compile(r"\b(c-[2-9a-z]{6})\b")


class Reader:
    """Follows one page. Providers are sandboxes, and whoever waits moves their clock.

    A block with the name of a file is kept as that file; of Python that is there already, it takes
    the place of what has the same names. What a page leaves to its reader is filled in: `"..."`
    among the settings of an account, and ID and CAMPAIGN in a command, the last that were told.

    Args:
        folder: an empty folder, which is the working one.
        hosted: the sandboxes.
        patch: undone when the page has been read.
    """

    def __init__(self, folder: Path, hosted: Hosted, patch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.names: dict[str, Any] = {"__name__": "page"}
        #: Standard output of the block before, its standard error, and both.
        self.printed = ("", "", "")
        self.seen = ""
        self.hosted = hosted
        self._patch = patch
        self._page = ""
        for name in hosted.sandboxes:
            self._lead_to_sandbox(name, name)

    def follow(self, page: str) -> None:
        """Do all that a page says."""
        self._page = page
        for block in blocks(page):
            if block.not_run:
                continue
            try:
                self._follow(block)
            except BaseException as error:
                error.add_note(f"{page}, line {block.line}")
                raise
        for value in self.names.values():
            if isinstance(value, polycast.Client):
                value.close()
        for name, module in [*sys.modules.items()]:
            if str(getattr(module, "__file__", None)).startswith(str(self.folder)):
                del sys.modules[name]

    def _follow(self, block: Block) -> None:
        if block.title:
            path = Path(block.title)
            shown = block.text
            if path.suffix == ".py" and path.exists():
                shown = splice(path.read_text(encoding="utf-8"), shown)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(shown, encoding="utf-8")
        check = _LANGUAGES.get(block.language)
        assert check is not None, f"no way is known to check {block.language!r}"
        check(self, block)

    # What is done with a block, by its language.

    def _python(self, block: Block) -> None:
        """Run it; a file is only compiled, for a command that runs it."""
        source = _CONNECT.sub(self._own_account, block.text)
        # Blank lines, so that a traceback shows the line of the page.
        code = compile("\n" * (block.line - 1) + source, str(ROOT / self._page), "exec")
        if not block.title:
            with self._listening():
                exec(code, self.names)

    def _console(self, block: Block) -> None:
        """Run each command, and expect it to be done; `# exit code 2` expects another end."""
        told: list[tuple[str, str, str]] = []
        for command in shell.commands(block.text):
            words = [self._filled_in(word) for word in command.words]
            assert self._run(words) == command.exit_code, f"{command}\n{self.printed[2]}"
            told.append(self.printed)
            if command.target:
                Path(command.target).write_text(self.printed[0], encoding="utf-8")
        out, error, both = ("".join(each) for each in zip(*told, strict=True))
        self.printed = (out, error, both)

    def _output(self, block: Block) -> None:
        """Compare it with what the block before it printed; `...` stands for anything."""
        flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
        checker = doctest.OutputChecker()
        fits = [checker.check_output(block.text, got, flags) for got in self.printed if got]
        assert any(fits), f"The page says\n{block.text}\nand it is\n{self.printed[2]}"

    def _toml(self, block: Block) -> None:
        """Parse it; profiles are settings that their providers take, and routes are connected."""
        path = Path(block.title or "polycast.toml")
        before = path.read_text(encoding="utf-8") if path.exists() else None
        path.write_text(block.text, encoding="utf-8")
        if {"profiles", "routes"} & {*read_toml(path)}:
            for name, profile in read_profiles(path).items():
                self._account(name, profile)
            for name in read_routes(path):
                polycast.connect(name, config=path).close()
        elif not block.title:
            path.unlink() if before is None else path.write_text(before, encoding="utf-8")

    def _account(self, name: str, profile: Any) -> None:
        own = self.hosted.sandboxes[profile.provider].settings()
        for key, value in profile.values.items():
            if isinstance(value, str) and value.startswith("env:"):
                self._patch.setenv(value[4:], str(own[key]))
        [offer] = polycast.installed_providers()[profile.provider]
        build_settings(offer.load().Settings, name, keywords={}, profile=profile)
        self._lead_to_sandbox(name, profile.provider, profile.values)

    def _json(self, block: Block) -> None:
        """Parse it, line by line where it is JSON Lines."""
        for text in block.text.splitlines() if ".jsonl" in block.title else [block.text]:
            json.loads(text)

    def _yaml(self, block: Block) -> None:
        """Parse it."""
        yaml.safe_load(block.text)

    def _keep(self, block: Block) -> None:
        """Nothing more: it is kept as a file, and read by what comes after it."""
        assert block.title, "what has no name cannot be read by anything"

    # What a command does here.

    def _run(self, words: list[str]) -> int:
        program, *arguments = words
        if program == "polycast":
            return self._polycast(arguments)
        if program in _PROGRAMS:
            return self._subprocess(program, arguments)
        self.printed = ("", "", "")
        if program == "cd":
            self._patch.chdir(arguments[0])
        elif words[:3] == ["pip", "install", "-e"] and words[3].partition("[")[0] == ".":
            install(Path.cwd(), self._patch)
        else:
            assert program in shell.CHECKED, f"no way is known to check {program!r}"
            shell.CHECKED[program](arguments)
        return 0

    def _polycast(self, arguments: list[str]) -> int:
        with self._patch.context() as patch, self._listening():
            patch.setattr(sys, "argv", ["polycast", *arguments])
            # `polycast sandbox` shows the sandboxes that there are, in place of others.
            patch.setattr(polycast.sandbox, "host", lambda *_, **__: nullcontext(self.hosted))
            with pytest.raises(SystemExit) as exited:
                main()
        return int(exited.value.code or 0)

    def _subprocess(self, program: str, arguments: list[str]) -> int:
        environment = {
            key: value
            for key, value in os.environ.items()
            # Tests have accounts of their own.
            if program != "pytest" or not key.startswith("POLYCAST_")
        }
        done = subprocess.run(
            [sys.executable, *_PROGRAMS[program], *arguments],
            capture_output=True,
            text=True,
            check=False,
            env={**environment, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        self.printed = (done.stdout, done.stderr, done.stdout + done.stderr)
        return done.returncode

    @contextmanager
    def _listening(self) -> Iterator[None]:
        out, error = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(error):
            yield
        both = out.getvalue() + error.getvalue()
        self.printed = (out.getvalue(), error.getvalue(), both)
        self.seen += both

    # What a page leaves to its reader.

    def _lead_to_sandbox(
        self, name: str, provider: str, told: Mapping[str, object] | None = None
    ) -> None:
        """Set in the environment what makes an account one of the sandbox's."""
        own = self.hosted.sandboxes[provider].settings()
        account = {"base_url": self.hosted.base_url(provider), **own}
        for key, value in account.items():
            if told is None or key == "base_url" or key in told:
                variable = f"POLYCAST_{name}_{key}".upper().replace("-", "_")
                self._patch.setenv(variable, str(value))

    def _own_account(self, call: re.Match[str]) -> str:
        sandbox = self.hosted.sandboxes.get(call["name"])
        own = sandbox.settings() if sandbox else {}
        return _OWN.sub(lambda given: f"{given['key']}={own[given['key']]!r}", call[0])

    def _filled_in(self, word: str) -> str:
        if word == "ID":
            return "".join(_ID.findall(self.seen)[-1])
        return str(_CAMPAIGN.findall(self.seen)[-1]) if word == "CAMPAIGN" else word


_LANGUAGES: Mapping[str, Callable[[Reader, Block], None]] = {
    "python": Reader._python,
    "console": Reader._console,
    "text": Reader._output,
    "toml": Reader._toml,
    "json": Reader._json,
    "yaml": Reader._yaml,
    "csv": Reader._keep,
}
