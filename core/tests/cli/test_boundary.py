"""How the command ends: sentences, exit codes, and never a secret or an expected traceback."""

import json
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from polycast import cli


class TestErrors:
    def test_control_sequences_do_not_get_through(self, run: Any) -> None:
        """A provider's words cannot move the cursor or break the line."""
        result = run("send", "memory", "+380961230000", "--text", "Hi")
        assert result.stderr.endswith(": No\\x1b[2J such number\n")

    def test_as_json(self, run: Any) -> None:
        """With --json an error is an object on standard error; standard output stays empty."""
        result = run("send", "memory", "+380961230000", "--text", "Hi", "--json")
        assert result.exit_code == 1
        assert result.stdout == ""
        assert json.loads(result.stderr)["error"] == {
            "kind": "Rejected",
            "message": "memory refused send (HTTP 400): No\x1b[2J such\nnumber",
            "notes": [],
            "safe_to_retry": False,
            "carried_out": False,
            "provider": "memory",
            "operation": "send",
            "http_status": 400,
            "code": None,
            "detail": "No\x1b[2J such\nnumber",
            "retry_after": None,
        }

    def test_an_unknown_profile(self, run: Any) -> None:
        """A name that nobody knows is answered with the nearest that is known."""
        result = run("send", "memroy", "+380961234501", "--text", "Hi")
        assert result.exit_code == 2
        assert "did you mean 'memory'?" in result.stderr

    def test_a_profile_from_a_file(self, run: Any, memory: ModuleType, home: Path) -> None:
        """--config names the file that profiles are read from; what is wrong in it is told."""
        settings = home / "accounts.toml"
        settings.write_text('[profiles.kyiv]\nprovider = "memory"\ntoken = "wrong"\n')
        args = ("--config", str(settings), "send", "kyiv", "+380961234501", "--text", "Hi")
        result = run(*args)
        assert result.exit_code == 1
        assert "memory did not accept the credentials" in result.stderr
        settings.write_text('[profiles.kyiv]\nprovider = "memory"\ntokn = "wrong"\n')
        result = run(*args)
        assert result.exit_code == 2
        assert "(did you mean 'token'?)" in result.stderr
        assert run("--config", "nowhere.toml", *args[2:]).exit_code == 2

    @pytest.mark.parametrize("args", [("sned",), ("--nonsense",), ("watch", "x", "y")])
    def test_nonsense(self, run: Any, args: tuple[str, ...]) -> None:
        """A command line that makes no sense is one sentence and 2."""
        result = run(*args)
        assert result.exit_code == 2
        assert len(result.stderr.splitlines()) == 1

    def test_interrupted_at_a_send(self, run: Any) -> None:
        """Ctrl-C during a request is 130, and says that it may have been carried out."""
        result = run("send", "memory", "+380961236666", "--text", "Hi")
        assert result.exit_code == 130
        assert "it may have been carried out" in result.stderr

    def test_interrupted_at_a_watch(self, run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        """Ctrl-C while only looking on leaves nothing in doubt."""

        def interrupt(_: float) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr("time.sleep", interrupt)
        result = run("watch", "stuck", "--profile", "memory", "--json")
        assert result.exit_code == 130
        assert json.loads(result.stderr)["error"]["message"] == "Interrupted."

    def test_what_nobody_expected(self, run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        """A defect is not dressed up as an answer: it keeps its traceback."""

        def fail(*_: object, **__: object) -> None:
            raise ZeroDivisionError

        monkeypatch.setattr("polycast.client.Client.status", fail)
        with pytest.raises(ZeroDivisionError):
            run("status", "x", "--profile", "memory")


class TestProviders:
    def test_what_each_can_do(self, run: Any) -> None:
        """The table tells what is installed, and what it can do."""
        result = run("providers")
        assert result.exit_code == 0
        (line,) = (line for line in result.stdout.splitlines() if line.startswith("memory"))
        assert "tel, contact" in line
        assert "pause, resume, stop" in line

    def test_as_json(self, run: Any) -> None:
        """With --json every feature is there by its name."""
        told = {each["name"]: each for each in json.loads(run("providers", "--json").stdout)}
        assert told["memory"]["distribution"] == "polycast-memory"
        features = told["memory"]["features"]
        assert features["bulk_limit"] == 3
        assert features["actions"] == ["pause", "resume", "stop"]
        assert features["personalisation"] == "texts"
        assert features["options"] is None

    @pytest.mark.parametrize(
        ("source", "words"),
        [
            ("import nothing_of_this_name", "No module named 'nothing_of_this_name'"),
            ("class Broken: Settings = features = None", "its features are not"),
            ("raise SystemExit(3)", "SystemExit: 3"),
        ],
    )
    def test_a_broken_one(
        self, run: Any, install_distribution: Any, source: str, words: str
    ) -> None:
        """A provider that cannot be used is listed with its distribution and the reason."""
        install_distribution(
            "polycast-broken", {"polycast.providers": {"broken": "polycast_broken:Broken"}}, source
        )
        result = run("providers")
        assert result.exit_code == 0
        (line,) = (line for line in result.stdout.splitlines() if "'broken'" in line)
        assert "polycast-broken 1.0" in line
        assert words in line
        told = {each["name"]: each for each in json.loads(run("providers", "--json").stdout)}
        assert words in told["broken"]["error"]
        assert "features" in told["memory"]
        markdown = run("providers", "--markdown").stdout
        assert "| memory |" in markdown.splitlines()[0]
        assert f"- {told['broken']['error']}" in markdown.splitlines()

    def test_a_taken_name(self, run: Any, install_distribution: Any) -> None:
        """Both distributions that take a name are listed, and the sentence stands once."""
        for name in ("stranger-one", "stranger-two"):
            value = f"{name.replace('-', '_')}:Provider"
            install_distribution(name, {"polycast.providers": {"taken": value}}, "")
        assert run("providers").stdout.count("'taken' is taken by stranger-one 1.0 and") == 1
        listed = json.loads(run("providers", "--json").stdout)
        taken = [each["distribution"] for each in listed if each["name"] == "taken"]
        assert taken == ["stranger-one", "stranger-two"]


class TestAProcess:
    def test_results_and_errors(self, spawn: Any) -> None:
        """The installed command exits by the outcome, and shows no traceback and no secret."""
        done = spawn("-v", "send", "memory", "+380961234501", "--text", "Привіт", "--json")
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["to"] == "+380961234501"
        refused = spawn("-v", "send", "memory", "+380961230000", "--text", "Hi")
        assert refused.returncode == 1
        assert refused.stderr.splitlines()[-1].startswith("Error: memory refused send")
        wrong = spawn("send", "memory", "12", "--text", "Hi")
        assert wrong.returncode == 2
        doubt = spawn("send", "memory", "+380961233333", "--text", "Hi")
        assert doubt.returncode == 3
        for ended in (done, refused, wrong, doubt):
            assert "Traceback" not in ended.stderr
            assert "s3cr3t" not in ended.stdout + ended.stderr

    def test_a_narrow_alphabet(self, spawn: Any) -> None:
        """A terminal that cannot show a letter gets its code, and JSON stays JSON."""
        spoken = spawn("status", "Київ", "--profile", "memory", PYTHONIOENCODING="ascii")
        assert (spoken.returncode, spoken.stdout.splitlines()[0]) == (
            0,
            "id     \\u041a\\u0438\\u0457\\u0432",
        )
        told = spawn("status", "Київ😀", "--profile", "memory", "--json", PYTHONIOENCODING="ascii")
        assert json.loads(told.stdout)["id"] == "Київ😀"

    @pytest.mark.parametrize(
        "arguments",
        [
            "status x --profile memory",
            "status x --profile memory --json",
            "--help",
            "send --help",
            "suppress",
            "new-provider --help",
            "--version",
            "",
        ],
    )
    def test_nobody_reads_on(self, memory: ModuleType, arguments: str) -> None:
        """When the reader of a pipe goes away the command ends without a word, as does its help."""
        assert memory.__file__ is not None
        process = subprocess.Popen(
            [sys.executable, "-m", "polycast", *arguments.split()],
            # Python's argparse swallows the error where standard output is not buffered.
            env={
                **os.environ,
                "PYTHONPATH": str(Path(memory.__file__).parent),
                "PYTHONUNBUFFERED": "",
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        with process.stderr:
            words = process.stderr.read()
        assert (process.wait(), words) == (141, b"")

    def test_version_and_help(self, spawn: Any) -> None:
        """--version tells core's version, --help the commands; without either nothing is done."""
        assert spawn("--version").stdout.startswith("polycast ")
        assert spawn().returncode == 2
        told = spawn("--help", TERM="dumb", COLUMNS="200")
        assert told.returncode == 0
        for command in (
            "providers",
            "send",
            "broadcast",
            "status",
            "watch",
            "pause",
            "sandbox",
            "doctor",
        ):
            assert command in told.stdout

    def test_only_what_is_needed_is_imported(self, memory: ModuleType) -> None:
        """The command starts without HTTP libraries, providers or sandboxes."""
        loaded = subprocess.run(
            [
                sys.executable,
                "-c",
                "import sys, polycast.cli.app; print(*sys.modules, sep='\\n')",
            ],
            capture_output=True,
            check=True,
            text=True,
        ).stdout.split()
        assert "typer" in loaded
        unwanted = ("requests", "urllib3", "werkzeug", "polycast.sandbox", "polycast.wire")
        assert [name for name in loaded if name.startswith(unwanted)] == []
        assert [name for name in loaded if name.startswith("polycast_")] == []


class TestWithoutTheExtra:
    @pytest.mark.parametrize("missing", ["typer", "rich"])
    def test_one_sentence(
        self, missing: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """Without Typer or Rich the command says how to install them, and exits with 2."""
        for name in list(sys.modules):
            if name.startswith((missing, "polycast.cli.")):
                monkeypatch.delitem(sys.modules, name)
        monkeypatch.setitem(sys.modules, missing, None)
        with pytest.raises(SystemExit) as ended:
            cli.main()
        assert ended.value.code == 2
        assert 'pip install "polycast[cli]"' in capsys.readouterr().err

    def test_other_missing_modules_are_not_blamed_on_it(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A module that is missing for another reason is a defect, and shows as one."""
        monkeypatch.setitem(sys.modules, "polycast.cli.app", None)
        with pytest.raises(ModuleNotFoundError):
            cli.main()
