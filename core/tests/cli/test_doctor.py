"""`polycast doctor`."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from polycast import doctor
from polycast.doctor import examine, reach
from polycast.plugins.registry import InstalledProvider

SECRET = "s3nt1nel"


@pytest.fixture
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have no account in the environment."""
    monkeypatch.delenv("POLYCAST_MEMORY_TOKEN", raising=False)


def told(run: Any, *args: str) -> dict[str, Any]:
    result = run(*args, "--json")
    document: dict[str, Any] = json.loads(result.stdout)
    assert result.exit_code == (1 if document["problems"] else 0)
    return document


class TestWhatIsInstalled:
    def test_versions_and_plugins(self, run: Any, acme: ModuleType) -> None:
        """Versions, providers, wrappers and sandboxes are there, each with its distribution."""
        found = told(run, "doctor")

        versions = {each["name"]: each["version"] for each in found["distributions"]}
        assert {"polycast", "polycast-memory", "polycast-acme", "pluggy"} <= set(versions)
        assert versions["polycast-memory"] == "1.0"
        assert found["python"].startswith("3.")
        providers = {each["name"]: each for each in found["providers"]}
        assert providers["memory"]["distribution"] == "polycast-memory"
        assert providers["memory"]["error"] is None
        assert "rate-limit" in {each["name"] for each in found["wrappers"]}
        assert "acme" in {each["name"] for each in found["sandboxes"]}
        assert found["problems"] == []

    def test_what_is_broken(self, run: Any, install_distribution: Any) -> None:
        """Plugins that cannot be used are told with their distributions, and the exit code is 1."""
        install_distribution(
            "stranger-things",
            {
                "polycast.providers": {"exits": "stranger_things:Provider"},
                "polycast.wrappers": {"raises": "stranger_things_wrapper:Wrapper"},
                "polycast.sandboxes": {"absent": "stranger_things_sandbox:Sandbox"},
            },
            "raise SystemExit(4)",
        )

        result = run("doctor")

        assert result.exit_code == 1
        for words in (
            "The provider 'exits', from the distribution stranger-things 1.0, cannot be used: "
            "SystemExit: 4.",
            "The wrapper 'raises', from the distribution stranger-things 1.0",
            "The sandbox 'absent', from the distribution stranger-things 1.0",
            "3 problems found.",
        ):
            assert words in result.stdout

    def test_what_cannot_be_read(self, run: Any, install_distribution: Any) -> None:
        """A distribution whose entry points are malformed is told, and nothing else suffers."""
        site = install_distribution("stranger-things", {}, "")
        entry_points = site / "stranger_things-1.0.dist-info" / "entry_points.txt"
        entry_points.write_text("[polycast.providers]\nno entry\n")
        found = told(run, "doctor")
        (problem,) = found["problems"]
        assert "the distribution stranger-things 1.0" in problem
        assert "memory" in {each["name"] for each in found["providers"]}

    def test_without_the_extra_for_sandboxes(
        self, run: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Where sandboxes cannot be, it says what they need, and finds no fault with that."""
        monkeypatch.setattr(doctor, "_sandboxes", lambda: None)
        result = run("doctor")
        assert result.exit_code == 0
        assert 'pip install "polycast[sandbox]"' in result.stdout
        assert told(run, "doctor")["sandboxes"] is None


class TestAccounts:
    def test_where_settings_come_from(
        self, run: Any, spawn: Any, home: Path, monkeypatch: pytest.MonkeyPatch, nothing_set: None
    ) -> None:
        """Each setting is told with where it comes from, and no secret is shown anywhere."""
        (home / "polycast.toml").write_text(
            "[profiles.kyiv]\n"
            'provider = "memory"\n'
            'token = "env:KYIV_TOKEN"\n'
            f'base_url = "http://user:{SECRET}@127.0.0.1:9/"\n'
            'wrappers = ["dry-run"]\n'
            "[profiles.lviv]\n"
            'provider = "memory"\n'
            f'token = "{SECRET}"\n'
        )
        monkeypatch.setenv("KYIV_TOKEN", SECRET)
        monkeypatch.setenv("POLYCAST_KYIV_TIMEOUT", "7.5")

        kyiv, lviv = told(run, "doctor")["accounts"]

        assert kyiv["settings"] == {
            "attempts": "the default",
            "base_url": "polycast.toml, profiles.kyiv.base_url",
            "connections": "the default",
            "deadline": "the default",
            "timeout": "the environment's POLYCAST_KYIV_TIMEOUT",
            "token": "the environment's KYIV_TOKEN, which polycast.toml, profiles.kyiv.token names",
        }
        assert kyiv["wrappers"] == ["dry-run"]
        assert kyiv["errors"] == lviv["errors"] == []
        assert lviv["settings"]["token"] == "polycast.toml, profiles.lviv.token"
        for args in (("doctor",), ("doctor", "--json"), ("doctor", "--profile", "kyiv")):
            result = run(*args)
            assert result.exit_code == 0
            assert SECRET not in result.stdout + result.stderr
        process = spawn("-v", "doctor", "--reach")
        assert "importing polycast_memory:Memory" in process.stderr
        assert SECRET not in process.stdout + process.stderr

    @pytest.mark.parametrize(
        ("lines", "words"),
        [
            ("", "kyiv needs the setting 'token'"),
            (f'tokn = "{SECRET}"', "kyiv has no setting 'tokn' (did you mean 'token'?)"),
            ('token = "env:NOT_SET_AT_ALL"', "the environment variable NOT_SET_AT_ALL"),
            (f'token = "{SECRET}"\ntimeout = "soon"', "timeout: a number is needed"),
            (f'token = "{SECRET}"\nwrappers = ["dry-runn"]', "did you mean 'dry-run'"),
        ],
    )
    def test_what_is_wrong(
        self, run: Any, home: Path, nothing_set: None, lines: str, words: str
    ) -> None:
        """What is missing, misspelt or not of its type is a sentence, without the value."""
        (home / "polycast.toml").write_text(f'[profiles.kyiv]\nprovider = "memory"\n{lines}\n')

        (account,) = told(run, "doctor")["accounts"]
        result = run("doctor")

        (problem,) = account["errors"]
        assert words in problem
        assert result.exit_code == 1
        assert problem in result.stdout
        assert SECRET not in problem + result.stdout + result.stderr
        if not lines:
            assert account["settings"]["token"] is None
            assert "missing" in result.stdout

    @pytest.mark.parametrize(
        ("mode", "token", "told_of"),
        [
            (0o644, SECRET, True),
            (0o640, SECRET, True),
            (0o600, SECRET, False),
            (0o644, "env:KYIV_TOKEN", False),
        ],
    )
    def test_a_secret_that_others_can_read(
        self,
        run: Any,
        home: Path,
        monkeypatch: pytest.MonkeyPatch,
        nothing_set: None,
        mode: int,
        token: str,
        told_of: bool,
    ) -> None:
        """A file with a token in it that other users can read is a problem, with what to do."""
        file = home / "polycast.toml"
        file.write_text(f'[profiles.kyiv]\nprovider = "memory"\ntoken = "{token}"\n')
        file.chmod(mode)
        monkeypatch.setenv("KYIV_TOKEN", SECRET)

        errors = told(run, "doctor")["accounts"][0]["errors"]

        assert [("chmod 600" in each, SECRET in each) for each in errors] == [
            (True, False)
        ] * told_of

    def test_only_in_the_environment(self, run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        """A provider that only the environment has settings for is an account, typos included."""
        monkeypatch.setenv("POLYCAST_MEMORY_TOKEN", SECRET)
        monkeypatch.setenv("POLYCAST_MEMORY_TIMEOT", "3")
        (account,) = told(run, "doctor")["accounts"]
        assert account["name"] == "memory"
        assert account["settings"]["token"] == "the environment's POLYCAST_MEMORY_TOKEN"
        assert account["errors"] == [
            "The environment's POLYCAST_MEMORY_TIMEOT is no setting of memory "
            "(did you mean 'timeout'?)."
        ]

    def test_names_that_begin_alike(
        self, run: Any, home: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A variable of one account is not taken for a misspelt one of another."""
        (home / "polycast.toml").write_text('[profiles.memory-kyiv]\nprovider = "memory"\n')
        monkeypatch.setenv("POLYCAST_MEMORY_KYIV_TOKEN", SECRET)
        monkeypatch.setenv("POLYCAST_MEMORY_WRAPPERS_RATE_LIMIT_RATE", "1/s")
        found = told(run, "doctor")
        assert [each["name"] for each in found["accounts"]] == ["memory-kyiv", "memory"]
        assert found["problems"] == []

    def test_wrappers_of_the_environment(
        self, run: Any, home: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Wrappers that the environment names stand in place of the profile's."""
        (home / "polycast.toml").write_text('[profiles.memory]\nwrappers = ["rate-limit"]\n')
        monkeypatch.setenv("POLYCAST_MEMORY_WRAPPERS", "dry-run")
        (account,) = told(run, "doctor")["accounts"]
        assert account["wrappers"] == ["dry-run"]
        assert account["errors"] == []

    def test_nothing_is_made(self, run: Any, home: Path, nothing_set: None) -> None:
        """What is wrong with settings and with wrappers is told at once, and no file is made."""
        (home / "polycast.toml").write_text(
            "[profiles.memory]\n"
            'wrappers = [{ name = "audit-log", file = "audit.jsonl" }, "dry-runn"]\n'
        )
        (account,) = told(run, "doctor")["accounts"]
        assert "did you mean 'dry-run'" in account["errors"][0]
        assert "memory needs the setting 'token'" in account["errors"][1]
        assert [path.name for path in home.iterdir()] == ["polycast.toml"]

    def test_one_profile(self, run: Any, home: Path) -> None:
        """With --profile only that one is looked at; one that is not there is wrong usage."""
        (home / "polycast.toml").write_text("[profiles.broken]\n[profiles.memory]\n")
        (account,) = told(run, "doctor", "--profile", "memory")["accounts"]
        assert account["name"] == "memory"
        result = run("doctor", "--profile", "memry")
        assert result.exit_code == 2
        assert "did you mean 'memory'" in result.stderr

    def test_a_provider_that_is_not_installed(self, run: Any, home: Path) -> None:
        """A profile of a provider that is not there is told, and the others are looked at."""
        (home / "polycast.toml").write_text('[profiles.kyiv]\nprovider = "memori"\n')
        kyiv, memory = told(run, "doctor")["accounts"]
        (error,) = kyiv["errors"]
        assert error.startswith("polycast.toml, profiles.kyiv.provider: no provider is named")
        assert "'memori' (did you mean 'memory'?)" in error
        assert memory["errors"] == []

    def test_a_provider_that_raises_when_it_is_made(
        self, run: Any, memory: ModuleType, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A constructor that raises is named with its distribution; its words may be a secret."""

        def fail(self: object, settings: Any) -> None:
            raise ValueError(settings.token.reveal())

        monkeypatch.setattr(memory.Memory, "__init__", fail)
        monkeypatch.setenv("POLYCAST_MEMORY_TOKEN", SECRET)
        result = run("doctor")
        assert result.exit_code == 1
        assert "from the distribution polycast-memory 1.0, cannot be used: making it" in (
            result.stdout
        )
        assert SECRET not in result.stdout + result.stderr

    def test_files(self, run: Any, home: Path, nothing_set: None) -> None:
        """Every file that was looked for is told; one that cannot be read is a problem."""
        here, config = told(run, "doctor")["files"]
        assert here == {"path": str(home / "polycast.toml"), "found": False, "error": None}
        assert config["path"] == str(home / "config" / "polycast" / "polycast.toml")
        (home / "polycast.toml").write_text(f'token = "{SECRET}')
        found = told(run, "doctor")
        assert "is not TOML" in found["files"][0]["error"]
        assert found["accounts"] == []
        result = run("doctor")
        assert SECRET not in result.stdout + result.stderr
        assert run("--config", "nowhere.toml", "doctor").exit_code == 2

    def test_nothing_at_all(self, run: Any, nothing_set: None) -> None:
        """Without any account it says so, and nothing is wrong."""
        result = run("doctor")
        assert result.exit_code == 0
        assert "No account is described" in result.stdout
        assert result.stdout.endswith("All is well.\n")


class TestLedger:
    def test_not_there(self, run: Any, home: Path) -> None:
        """A ledger that is not there yet is no problem, and is not made."""
        ledger = told(run, "doctor")["ledger"]
        assert ledger["place"].endswith("ledger.sqlite")
        assert "not there yet" in ledger["detail"]
        assert list(home.rglob("*.sqlite")) == []

    def test_one_that_opens(
        self, run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A ledger that is there is opened."""
        from polycast.campaign import Ledger

        path = tmp_path / "mine.sqlite"
        Ledger.open(path).close()
        monkeypatch.setenv("POLYCAST_LEDGER", str(path))
        assert told(run, "doctor")["ledger"] == {
            "place": str(path),
            "detail": "opens",
            "error": None,
        }

    @pytest.mark.parametrize("content", [b"no database at all, but long enough to be one" * 9])
    def test_no_ledger(
        self, run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes
    ) -> None:
        """A file that is no ledger is a problem."""
        path = tmp_path / "mine.sqlite"
        path.write_bytes(content)
        monkeypatch.setenv("POLYCAST_LEDGER", str(path))
        assert "is not a ledger" in told(run, "doctor")["ledger"]["error"]

    def test_no_url(self, run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        """A URL of no kind that is known is a problem, told without its password."""
        monkeypatch.setenv("POLYCAST_LEDGER", f"mysql://user:{SECRET}@127.0.0.1/x")
        error = told(run, "doctor")["ledger"]["error"]
        assert "mysql" in error
        assert SECRET not in error


@contextmanager
def listening(answer: bytes) -> Iterator[tuple[str, list[bytes]]]:
    """Answer every connection with the same bytes; yield the address, and what was asked."""
    asked: list[bytes] = []
    with closing(socket.create_server(("127.0.0.1", 0))) as server:

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    asked.append(connection.recv(65536))
                    connection.sendall(answer)

        threading.Thread(target=serve, daemon=True).start()
        host, port = server.getsockname()
        yield f"{host}:{port}", asked
        server.shutdown(socket.SHUT_RDWR)


class TestReach:
    def test_nobody_is_asked_by_default(self, run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        """Without --reach nothing leaves this machine."""
        with listening(b"") as (place, asked):
            monkeypatch.setenv("POLYCAST_MEMORY_BASE_URL", f"http://{place}")
            assert told(run, "doctor")["accounts"][0]["servers"] == []
        assert asked == []

    def test_an_answer(
        self, run: Any, home: Path, monkeypatch: pytest.MonkeyPatch, nothing_set: None
    ) -> None:
        """Any HTTP answer will do, is asked for once, and no credentials are sent."""
        (home / ".netrc").write_text(f"machine 127.0.0.1 login user password {SECRET}\n")
        with listening(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n") as (place, asked):
            (home / "polycast.toml").write_text(
                '[profiles.textit]\ntoken = "s3nt1nel"\n'
                f'base_url = "http://user:{SECRET}@{place}/api"\n'
            )
            (account,) = told(run, "doctor", "--reach")["accounts"]
        assert account["servers"] == [
            {"address": f"http://{place}", "http_status": 403, "error": None}
        ]
        (request,) = asked
        assert request.startswith(b"GET /api")
        assert SECRET.encode() not in request
        assert b"authorization" not in request.lower()

    def test_nobody_there(self, run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        """An address where nobody listens is a problem, told in a sentence."""
        with closing(socket.create_server(("127.0.0.1", 0))) as server:
            port = server.getsockname()[1]
        monkeypatch.setenv("POLYCAST_MEMORY_BASE_URL", f"http://127.0.0.1:{port}")
        result = run("doctor", "--reach")
        assert result.exit_code == 1
        assert f"127.0.0.1:{port} was not available" in result.stdout

    def test_no_http(self) -> None:
        """Somebody who does not speak HTTP has not answered."""
        with listening(b"220 mail.example.org ESMTP\r\n") as (place, _):
            reached = reach(f"http://{place}")
        assert reached["http_status"] is None
        assert reached["error"] is not None


def test_a_taken_name_is_one_problem(install_distribution: Any, home: Path) -> None:
    """A name that two distributions take is told once, with both."""
    for name in ("stranger-one", "stranger-two"):
        value = f"{name.replace('-', '_')}:Provider"
        install_distribution(name, {InstalledProvider.group: {"taken": value}}, "")

    (problem,) = examine()["problems"]

    assert "'taken' is taken by stranger-one 1.0 and stranger-two 1.0" in problem
