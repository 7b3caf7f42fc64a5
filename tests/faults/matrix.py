"""The whole matrix: its rows, its columns, and how it is printed."""

from collections.abc import Iterable, Iterator, Sequence

from rich.console import Console
from rich.table import Table

from tests.faults import answering, bodies, campaigns, losing, proxies, reaching
from tests.faults.cells import Finding, Wanted
from tests.faults.kinds import Fault
from tests.faults.providers import HOOKS, Provider

__all__ = ["FAULTS", "table", "wanted"]

FAULTS: Sequence[Fault] = (
    *reaching.FAULTS,
    *proxies.FAULTS,
    *losing.FAULTS,
    *answering.FAULTS,
    *bodies.FAULTS,
)


def wanted(providers: Iterable[Provider], faults: Iterable[Fault] = FAULTS) -> Iterator[Wanted]:
    """Yield what the cells of the matrix are about."""
    rows = list(faults)
    for provider in providers:
        for fault in rows:
            if provider.format in fault.formats:
                for hook in provider.hooks:
                    if hook != "campaign" or fault.means in campaigns.LEFT:
                        yield provider, hook, fault


def table(provider: Provider, findings: Iterable[Finding]) -> Table:
    """Return the matrix of one provider; a cell that is not as promised is red."""
    by_row: dict[str, dict[str, Finding]] = {}
    for each in findings:
        by_row.setdefault(each.fault.name, {})[each.hook] = each
    made = Table(title=provider.name, title_justify="left")
    made.add_column("fault")
    hooks = [hook for hook in HOOKS if hook in provider.hooks]
    for hook in hooks:
        made.add_column(hook)
    group = ""
    for fault in FAULTS:
        if fault.name not in by_row:
            continue
        if fault.group != group:
            made.add_section()
            group = fault.group
        made.add_row(fault.name.strip(), *(_cell(by_row[fault.name].get(hook)) for hook in hooks))
    return made


def _cell(found: Finding | None) -> str:
    if found is None:
        return ""
    told = f"{found.outcome} {found.requests}"
    return f"[bold white on red]{told} ✗[/]" if found.problems else told


def printed(providers: Sequence[Provider], findings: Sequence[Finding], console: Console) -> int:
    """Print the matrix, and what is wrong with its red cells; return how many those are."""
    for provider in providers:
        console.print(table(provider, (f for f in findings if f.provider == provider.name)))
    red = [each for each in findings if each.problems]
    for each in red:
        where = f"{each.provider}, {each.hook}, {each.fault.name.strip()}"
        for problem in each.problems:
            console.print(f"[red]{where}[/]: ", end="")
            console.print(problem, markup=False, highlight=False)
    console.print(f"{len(findings)} cells, {len(red)} of them red.")
    return len(red)
