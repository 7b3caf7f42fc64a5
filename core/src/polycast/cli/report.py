"""The results of a campaign, as a table or as JSON."""

from typing import TYPE_CHECKING, Any

from rich.text import Text

from polycast.cli.exits import NOT_SENT, ExitCode, for_campaign
from polycast.cli.money import described_cost, shown_cost
from polycast.cli.screen import Screen, shown, state_text
from polycast.cli.session import Session
from polycast.model.messages import State
from polycast.model.serialization import plain

if TYPE_CHECKING:
    from polycast.campaign import CampaignReport, Cost

__all__ = [
    "describe_report",
    "finish",
    "how_to_go_on",
    "ledger_option",
    "left_out_because",
    "problem_notes",
    "show_report",
    "standing",
    "state_counts",
    "state_shown",
]

#: Sentences printed at most.
_TOLD = 5

#: Longer words for the reasons why recipients are left out.
_LEFT_OUT = {
    "shape": "broken row",
    "address": "no valid address",
    "value": "unusable value",
    "variable": "variable missing",
    "length": "text too long",
    "conflict": "listed twice with other values",
    "hidden": "hidden row",
    "undecided": "hidden row, --hidden-rows decides",
    "refused": "the provider cannot be told it",
    "bad": "the provider cannot be told it",
}

#: Colours of the states that only batches have.
_STYLES = {"planned": "default", "submitting": "cyan", "in doubt": "bold yellow"}


def describe_report(report: "CampaignReport", cost: "Cost | None" = None) -> dict[str, Any]:
    """Return a report as JSON values."""
    return {
        "id": report.id,
        "provider": report.provider,
        "profile": report.profile,
        "name": report.name,
        "key": report.key,
        "state": plain(report.state),
        "detail": report.detail,
        "created_at": plain(report.created_at),
        "send_at": plain(report.send_at),
        "hours": report.hours,
        "recipients": report.progress.total,
        "calls": sum(report.progress.batches.values()),
        "in_doubt": report.in_doubt,
        "states": plain(report.states),
        **({} if cost is None else {"cost": described_cost(cost)}),
        "dropped": plain(report.dropped),
        "problems": plain(report.problems),
    }


def standing(report: "CampaignReport", *, why: bool = True) -> Text:
    """Return a campaign's state, and its reason."""
    text = Text(report.state, "green" if report.state == "done" else "yellow")
    if why and report.detail:
        text.append(f" ({shown(report.detail)})", "default")
    return text


def state_counts(report: "CampaignReport") -> str:
    """Return how many recipients are in each state, in a few words."""
    return ", ".join(f"{count:,} {state}" for state, count in report.states.items())


def show_report(screen: Screen, report: "CampaignReport", cost: "Cost | None" = None) -> None:
    """Print a report: facts, counts and problems."""
    calls = sum(report.progress.batches.values())
    screen.facts(
        {
            "campaign": report.id,
            "name": report.name,
            "key": report.key,
            "profile": report.profile,
            "planned": report.created_at.astimezone().isoformat(" ", "seconds"),
            "to be sent": report.send_at,
            "between": report.hours,
            "state": standing(report),
            "recipients": f"{report.progress.total:,}",
            "calls": f"{calls:,}",
            "cost": shown_cost(cost),
        }
    )
    screen.line()
    rows: list[tuple[object, ...]] = [
        (state_shown(state), f"{count:,}") for state, count in report.states.items()
    ]
    rows += [
        (f"left out: {left_out_because(kind)}", f"{count:,}")
        for kind, count in report.dropped.items()
    ]
    screen.table(("state", "recipients"), rows)
    if report.problems:
        screen.line()
        screen.table(
            ("recipients", "what was said of them"),
            [(f"{count:,}", detail) for detail, count in report.problems.items()],
        )


def left_out_because(kind: str) -> str:
    """Return why recipients were left out, in a few words."""
    return _LEFT_OUT.get(kind, kind)


def state_shown(state: str) -> Text:
    """Return the state of a recipient, or why they were left out, with its colour."""
    if state in _STYLES:
        return Text(state, _STYLES[state])
    if state not in set(State):
        return Text(f"left out: {left_out_because(state)}")
    return state_text(State(state))


def finish(session: Session, report: "CampaignReport", ledger: str | None) -> ExitCode:
    """Print what is left to do after a run, and return the exit code."""
    people = {str(state): count for state, count in report.progress.recipients.items()}
    states = dict(report.states)
    # After a run, batches in flight belong to another process, which also sends the rest.
    elsewhere = people["submitting"] > 0 and report.state == "open"
    if elsewhere:
        for state in ("submitting", "planned"):
            states.pop(state, None)
    code = for_campaign(states)
    if session.json:
        return code
    screen, total = session.screen, report.progress.total
    refused = sum(count for state, count in report.states.items() if state in NOT_SENT)
    if refused:
        screen.complain(f"{refused:,} of {total:,} recipients were not accepted.")
        who = session.command(
            "report", report.id, *ledger_option(ledger), "--csv", f"{report.id}.csv"
        )
        screen.aside(f"Who they are, and why: {who}")
        if report.rejected and report.can_resume:
            again = f"{how_to_go_on(session, report.id, ledger)} --retry-rejected"
            screen.aside(f"Send to the rejected again, once it makes sense: {again}")
    unknown = report.states.get(State.UNKNOWN, 0) + report.in_doubt
    if unknown:
        screen.complain(
            f"The outcome of {unknown:,} of {total:,} recipients is unknown: "
            "ask the provider before sending to them again."
        )
    on = how_to_go_on(session, report.id, ledger)
    if elsewhere:
        screen.remark("Another process is sending what is left of it.")
    elif people["planned"]:
        why = f": {report.detail.rstrip('.')}" if report.detail else ""
        if not why and report.hours:
            why = f": it is not between {report.hours} where they are"
        screen.complain(
            f"{people['planned']:,} of {total:,} recipients were not sent to{why}.",
            [f"Go on with: {on}"] if report.can_resume else (),
        )
    elif report.in_doubt and report.can_resume:
        screen.remark(f"Send to those in doubt again, on your own word: {on} --resend-in-doubt")
    else:
        follow = session.command("watch", report.id, *ledger_option(ledger))
        screen.aside(f"Follow it with: {follow}")
    return code


def how_to_go_on(session: Session, campaign: str, ledger: str | None) -> str:
    """Return the command that sends the rest of a campaign."""
    return session.command("resume", campaign, *ledger_option(ledger))


def ledger_option(ledger: str | None) -> list[str]:
    """Return the `--ledger` option, if one was given."""
    return [] if ledger is None else ["--ledger", ledger]


def problem_notes(problems: tuple[str, ...]) -> list[str]:
    """Return the first sentences, and the number of the others."""
    more = len(problems) - _TOLD
    return [*problems[:_TOLD], *([f"... and {more:,} more."] if more > 0 else [])]
