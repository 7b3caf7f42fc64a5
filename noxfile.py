"""One session per question. `nox --list` is the manual; `nox -s NAME -- ARGUMENTS` passes on.

Nothing but Python 3.11 is needed; where `uv` is installed it makes the environments faster.
"""

import os
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import nox
from nox.command import CommandFailed
from nox.project import dependency_groups, load_toml

nox.needs_version = ">=2025.2.9"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.reuse_venv = "yes"
nox.options.sessions = [
    "tests", "faults", "lint", "types", "codegen", "docs", "dist", "example",
]  # fmt: skip

ROOT = Path(__file__).parent
CORE = ROOT / "core"
CODEGEN = ROOT / "codegen"
PLUGINS = sorted(path.parent for path in ROOT.glob("plugins/*/pyproject.toml"))
#: Somebody else's: outside the workspace, and seen by one session alone.
EXAMPLES = sorted(path.parent for path in ROOT.glob("examples/*/pyproject.toml"))
#: The root is one too: a meta-distribution that installs core and the plugins.
DISTRIBUTIONS = [CORE, CODEGEN, *PLUGINS, ROOT]


@nox.session(default=False)
def demo(session: nox.Session) -> None:
    """What does it do? One list: checked, killed, continued, looked up, paused and stopped."""
    install(session, build(session, [CORE, *PLUGINS], kept(session)), everything=True)
    session.run("python", str(ROOT / "examples" / "demo.py"))


@nox.session
def tests(session: nox.Session) -> None:
    """Are the promises kept? Test every distribution as a user has it: from its wheel."""
    wheels = build(session, DISTRIBUTIONS, kept(session))
    install(session, wheels, everything=True, others=group("test"))
    session.run("pytest", *session.posargs)


@nox.session(default=False)
def mutants(session: nox.Session) -> None:
    """Do the tests notice small changes? Minutes; `-- WORD` takes the modules of that name."""
    wheels = build(session, DISTRIBUTIONS, kept(session))
    install(session, wheels, everything=True, others=(*group("test"), *group("mutants")))
    session.run("python", "-m", "tests.mutants", *session.posargs)


@nox.session
def faults(session: nox.Session) -> None:
    """What does each provider make of each fault on the way? Prints the matrix; red is wrong."""
    install(
        session,
        build(session, [CORE, *PLUGINS, *EXAMPLES], kept(session)),
        everything=True,
        others=group("test"),
    )
    session.run("python", "-m", "tests.faults", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Is it tidy? `-- --fix` tidies what can be tidied by itself."""
    session.install(*group("lint"))
    fix = "--fix" in session.posargs
    session.run("ruff", "check", *(["--fix"] if fix else []))
    session.run("ruff", "format", *([] if fix else ["--check"]))


@nox.session
def types(session: nox.Session) -> None:
    """Do the types hold? Strictly, in generated code and in tests too."""
    session.install(*group("types"), *dependencies())
    session.run("mypy", "--strict", *session.posargs)


@nox.session
def codegen(session: nox.Session) -> None:
    """Are the clients what their specs say? Regenerate them; `-- --check` only reports."""
    session.install("-e", str(CODEGEN))
    command = "check" if "--check" in session.posargs else "generate"
    again = [] if command == "check" else ["--again"]
    failed = []
    for spec, client in clients(session):
        try:
            session.run("polycast-codegen", command, str(spec), str(client), *again)
        except CommandFailed:
            failed.append(str(spec))
    if failed:
        advice = "; `nox -s codegen` makes the clients anew" if command == "check" else ""
        session.error(f"polycast-codegen {command}: see above for {', '.join(failed)}{advice}")


@nox.session
def docs(session: nox.Session) -> None:
    """Does the manual build? Prints what it says of the code, too; `-- --check` only reports."""
    install(
        session,
        build(session, [CORE, CODEGEN, *PLUGINS], kept(session)),
        everything=True,
        others=group("docs"),
    )
    session.run("python", "-m", "docs.hooks.printed", *session.posargs)
    session.run("mkdocs", "build", "--strict", env={"NO_MKDOCS_2_WARNING": "1"})


@nox.session
def dist(session: nox.Session) -> None:
    """Can it be published? Build everything, and send from the wheels in an empty environment."""
    wheels = build(session, DISTRIBUTIONS, ROOT / "dist", sdists=True)
    # Outside the checkout and in environments of their own: nothing is found by accident.
    with tempfile.TemporaryDirectory() as away, session.chdir(away):
        authors = clean_environment(session, "authors", [wheels.pop(CODEGEN)])
        users = clean_environment(session, "users", wheels.values())
        session.run(str(users / "polycast"), "providers", external=True)
        script = str(ROOT / "tests" / "send_through_all.py")
        session.run(str(users / "python"), "-I", script, external=True)
        for spec, client in clients(session):
            session.run(
                str(authors / "polycast-codegen"), "check", str(ROOT / spec), str(ROOT / client),
                external=True,
            )  # fmt: skip


@nox.session
def example(session: nox.Session) -> None:
    """Can a stranger extend it? From wheels alone: a provider kept elsewhere, and a new one."""
    wheels = build(session, [CORE, CODEGEN, *EXAMPLES], kept(session))
    needs = [*requirements(wheels, everything=True), *group("build"), *group("typing")]
    with tempfile.TemporaryDirectory() as away, session.chdir(away):
        commands = clean_environment(session, "strangers", needs)
        # Isolated: nothing of the folder, the environment or the user is on the path.
        python = (str(commands / "python"), "-I")
        for distribution in EXAMPLES:
            name = distribution.name.removeprefix("polycast-")
            [spec] = distribution.glob(f"{name}.*")
            client = distribution / "src" / f"polycast_{name}" / "_client"
            check = (str(commands / "polycast-codegen"), "check", str(spec), str(client))
            session.run(*check, external=True)
            with session.chdir(distribution):
                for tool in (["mypy"], ["ruff", "check"], ["ruff", "format", "--check"]):
                    session.run(str(commands / tool[0]), *tool[1:], external=True)
            shutil.copytree(distribution / "tests", Path(name, "tests"))
            shutil.copy(distribution / "pyproject.toml", name)
            with session.chdir(name):
                session.run(*python, "-m", "pytest", external=True)
        session.run(*python, str(ROOT / "tests" / "send_through_all.py"), external=True)
        session.run(*python, str(ROOT / "examples" / "send_by_command.py"), external=True)
        for folder in ("scaffold", "specs"):
            shutil.copytree(CODEGEN / "tests" / folder, folder)
        session.run(
            *python, "-m", "pytest", "--import-mode=importlib", "-p", "no:cacheprovider",
            "scaffold", external=True,
        )  # fmt: skip
        new = ("new-provider", "larkspur", "--spec", str(Path("scaffold", "larkspur.json")))
        session.run(str(commands / "polycast"), *new, external=True)
        pip = (str(commands / "python"), "-m", "pip", "install", "--quiet", "--no-build-isolation")
        session.run(*pip, "--no-deps", "./polycast-larkspur", external=True)
        with session.chdir("polycast-larkspur"):
            # Nobody has filled it in: what its tests say of that, the scaffold's own tests judge.
            session.run(*python, "-m", "pytest", external=True, silent=True, success_codes=[1])


@nox.session(default=False)
def bench(session: nox.Session) -> None:
    """How fast is it? Ratios to what one would write otherwise; see benchmarks/README.md."""
    measured = [ROOT / "plugins" / name for name in ("hyber", "textit")]
    wheels = build(session, [CORE, *measured], kept(session))
    install(session, wheels, everything=True, others=group("bench"))
    session.run("python", "-m", "benchmarks", *session.posargs)


# What the sessions share.


def group(name: str) -> tuple[str, ...]:
    """Return the requirements of a dependency group of the root pyproject.toml."""
    return dependency_groups(load_toml(ROOT / "pyproject.toml"), name)


def project(distribution: Path) -> dict[str, Any]:
    """Return a distribution's `[project]` table."""
    table: dict[str, Any] = load_toml(distribution / "pyproject.toml")["project"]
    return table


def kept(session: nox.Session) -> Path:
    """Return the folder in which a session keeps the wheels that it installs."""
    return session.cache_dir.resolve() / "wheels" / session.name


def build(
    session: nox.Session, distributions: Iterable[Path], folder: Path, *, sdists: bool = False
) -> dict[Path, Path]:
    """Build distributions into an empty folder, and return the wheel of each.

    With `sdists` each wheel is built from its sdist, so that an incomplete sdist shows.
    """
    session.install(*group("build"))
    shutil.rmtree(folder, ignore_errors=True)
    wheels = {}
    for distribution in distributions:
        session.run(
            "pyproject-build", "--no-isolation", *([] if sdists else ["--wheel"]),
            "--outdir", str(folder), str(distribution), silent=True,
        )  # fmt: skip
        file_name = project(distribution)["name"].replace("-", "_")
        [wheels[distribution]] = folder.glob(f"{file_name}-[0-9]*.whl")
    return wheels


def install(
    session: nox.Session,
    wheels: dict[Path, Path],
    *,
    everything: bool = False,
    others: Iterable[str] = (),
) -> None:
    """Install wheels and other requirements; `everything` includes every extra of the wheels."""
    session.install(*requirements(wheels, everything=everything), *others)
    # A reused environment may hold an older build of the same version.
    session.install("--force-reinstall", "--no-deps", *map(str, wheels.values()), silent=True)


def requirements(wheels: dict[Path, Path], *, everything: bool = False) -> list[str]:
    """Return wheels as requirements; `everything` includes every extra of theirs."""
    wanted = []
    for distribution, wheel in wheels.items():
        table = project(distribution)
        extras = ",".join(table.get("optional-dependencies", {})) if everything else ""
        name = f"{table['name']}[{extras}]" if extras else table["name"]
        wanted.append(f"{name} @ {wheel.as_uri()}")
    return wanted


def clean_environment(session: nox.Session, name: str, wanted: Iterable[Path | str]) -> Path:
    """Install wheels and what they ask for, nothing else; return the folder of its commands."""
    session.run("python", "-m", "venv", name)
    commands = Path(name, "Scripts" if os.name == "nt" else "bin").resolve()
    pip = (str(commands / "python"), "-m", "pip")
    session.run(*pip, "install", "--quiet", *map(str, wanted), external=True)
    return commands


def dependencies() -> list[str]:
    """Return what our distributions need from elsewhere, with every extra."""
    found = set()
    for distribution in DISTRIBUTIONS:
        table = project(distribution)
        found.update(table.get("dependencies", []))
        for extra in table.get("optional-dependencies", {}).values():
            found.update(extra)
    return sorted(need for need in found if not need.startswith("polycast"))


def clients(session: nox.Session) -> list[tuple[Path, Path]]:
    """Return every spec with the folder of its client, paired by the name of the provider."""
    specs = {path.stem: path for path in sorted((ROOT / "specs").iterdir())}
    lonely = set(specs) ^ {plugin.name for plugin in PLUGINS}
    if lonely:
        session.error(f"a spec without a plugin, or the reverse: {', '.join(sorted(lonely))}")
    return [
        (
            specs[plugin.name].relative_to(ROOT),
            (plugin / "src" / f"polycast_{plugin.name}" / "_client").relative_to(ROOT),
        )
        for plugin in PLUGINS
    ]
