"""`polycast broadcast`."""

from contextlib import suppress as suppress_errors
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from polycast.cli.asking import agreed_to_repeat, agreed_to_send, send_test
from polycast.cli.content import (
    At,
    CallbackUrl,
    Channels,
    MaxSegments,
    Media,
    Options,
    Sender,
    Ttl,
    Zone,
    content,
)
from polycast.cli.dry_run import show_plan, warn
from polycast.cli.exits import ExitCode
from polycast.cli.ledgers import open_ledger
from polycast.cli.lists import (
    BadRowsFile,
    Column,
    Delimiter,
    Encoding,
    Hidden,
    ListFile,
    ListText,
    Region,
    Sheet,
    Suppress,
    noting_bad_rows,
    open_list,
)
from polycast.cli.moments import Between, NoWait, hours_of, moment
from polycast.cli.money import MaxCost, check_cost, cost_of, read_limit
from polycast.cli.options import (
    BatchSize,
    ErrorThreshold,
    IgnoreSuppressions,
    Json,
    Key,
    LedgerUrl,
    Profile,
    Rate,
    Workers,
    Yes,
    filled_key,
)
from polycast.cli.report import describe_report, finish, ledger_option, show_report
from polycast.cli.running import run_campaign
from polycast.cli.session import Session
from polycast.client import Client, caller_of
from polycast.errors import UsageError
from polycast.model.messages import Action, Broadcast
from polycast.recipients import BadRows
from polycast.sending import rate_limiter
from polycast.sending.dispatcher import ERROR_THRESHOLD, WORKERS

if TYPE_CHECKING:
    from polycast.campaign import Campaign

__all__ = ["broadcast"]


def broadcast(
    ctx: typer.Context,
    profile: Profile,
    file: ListFile,
    text: ListText = None,
    name: Annotated[str | None, typer.Option("--name", help="Your label for it.")] = None,
    sender: Sender = None,
    at: At = None,
    zone: Zone = None,
    channels: Channels = None,
    ttl: Ttl = None,
    media: Media = None,
    callback_url: CallbackUrl = None,
    option: Options = None,
    max_segments: MaxSegments = None,
    max_cost: MaxCost = None,
    region: Region = None,
    suppress: Suppress = None,
    ignore_suppressions: IgnoreSuppressions = False,
    encoding: Encoding = None,
    delimiter: Delimiter = None,
    sheet: Sheet = None,
    column: Column = None,
    hidden_rows: Hidden = None,
    skip_bad_rows: Annotated[
        bool,
        typer.Option("--skip-bad-rows", help="Leave bad rows out, instead of sending nothing."),
    ] = False,
    bad_rows: BadRowsFile = None,
    between: Between = None,
    no_wait: NoWait = False,
    rate: Rate = None,
    workers: Workers = WORKERS,
    error_threshold: ErrorThreshold = ERROR_THRESHOLD,
    batch_size: BatchSize = None,
    key: Key = None,
    again: Annotated[
        bool,
        typer.Option(
            "--again", help="Send it although the same went to the same list within a day."
        ),
    ] = False,
    celery: Annotated[
        bool,
        typer.Option(
            "--celery", help="Leave the sending to Celery's workers (polycast.celery.install)."
        ),
    ] = False,
    ledger: LedgerUrl = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check everything and show it; send nothing.")
    ] = False,
    test: Annotated[
        str | None,
        typer.Option(
            "--test",
            metavar="ADDRESS",
            help="Send the texts of the first three recipients here first, and ask.",
        ),
    ] = None,
    yes: Yes = False,
    json: Json = False,
) -> int:
    """Send one text, filled in for each, to a list of recipients.

    It is recorded in a ledger as a campaign: after an interruption or a crash, `polycast resume`
    sends the rest, and nobody gets the text twice.

    With --key, the same command goes on with that campaign, or says that it is done. Without it,
    the same text to the same list within a day is asked about, or refused in a script.

    With --celery it is only planned: the workers of Celery send it, and `polycast watch` follows.
    """
    session: Session = ctx.obj
    # Refused before a campaign is made.
    rate_limiter.Rate.of(rate)
    filled = filled_key(key)
    if max_cost is not None:
        read_limit(max_cost)
    people = open_list(
        file,
        region=region,
        suppress=suppress,
        encoding=encoding,
        delimiter=delimiter,
        sheet=sheet,
        column=column,
        hidden_rows=hidden_rows,
        skip_bad_rows=skip_bad_rows,
    ).validated_for(text, max_segments=max_segments)
    hours, default_zone = hours_of(session, profile, between, zone)
    when = moment(at, None if at is None and hours is not None else zone)
    with session.connect(profile) as client:
        wanted = Broadcast(
            recipients=people,
            text=text,
            name=name,
            **content(
                client,
                sender=sender,
                at=when,
                channels=channels,
                ttl=ttl,
                callback_url=callback_url,
                media=media,
                options=option,
            ),
        )
        if dry_run or caller_of(client).short_circuit("send_bulk"):
            with open_ledger(ledger, new=True) as opened:
                kept = None if ignore_suppressions else opened.suppressions
                return show_plan(
                    session,
                    client,
                    wanted,
                    people,
                    batch_size,
                    bad_rows,
                    kept,
                    max_cost,
                    profile,
                    between=hours,
                    zone=default_zone,
                )
        with open_ledger(ledger, new=True) as opened:
            try:
                with (
                    noting_bad_rows(session, people, bad_rows),
                    session.screen.busy(f"Reading {people.name}, writing the campaign down ..."),
                ):
                    campaign = opened.plan(
                        client,
                        wanted,
                        profile=profile,
                        batch_size=batch_size,
                        skip_invalid=skip_bad_rows,
                        # Workers on the same ledger must not begin before the answer is yes.
                        paused=True,
                        key=filled,
                        use_suppressions=not ignore_suppressions,
                        between=hours,
                        zone=default_zone,
                    )
            except BadRows as error:
                raise _hinted(error, bad_rows) from None
            where = opened.name if ledger is not None else None
            if filled is not None and (done := _closed(session, campaign)) is not None:
                return done
            warn(session, people.check())
            on = session.command("resume", *ledger_option(where))
            if not (again or filled or agreed_to_repeat(session, campaign, on)):
                return ExitCode.REFUSED
            cost = cost_of(session, client, campaign, profile)
            try:
                check_cost(session, cost, max_cost, profile)
            except UsageError:
                # One with this key, of which something has left, stays.
                with suppress_errors(UsageError):
                    campaign.discard()
                raise
            from polycast.campaign.planner import NOT_STARTED  # it takes long to import

            is_new = campaign.report().detail == NOT_STARTED
            to_test = test if is_new else None
            if to_test is not None:
                send_test(session, client, campaign, wanted, to_test, yes=yes)
            always = to_test is not None
            if not agreed_to_send(session, client, campaign, cost, yes=yes, always=always):
                return ExitCode.REFUSED
            if celery:
                return _left_to_workers(session, client, campaign, where, start=is_new)
            report = run_campaign(
                session,
                client,
                campaign,
                where,
                workers=workers,
                rate=rate,
                error_threshold=error_threshold,
                reopen=is_new,
                wait_for_hours=not no_wait,
            )
        cost = cost and cost_of(session, client, campaign, profile)
    if json:
        session.screen.json(describe_report(report, cost))
    else:
        show_report(session.screen, report, cost)
    return finish(session, report, where)


def _left_to_workers(
    session: Session, client: Client, campaign: "Campaign", ledger: str | None, *, start: bool
) -> ExitCode:
    """Open a new campaign for the workers, and say how to watch it."""
    if start:
        campaign.control(client, Action.RESUME)
    report = campaign.report()
    if session.json:
        session.screen.json(describe_report(report))
    else:
        show_report(session.screen, report)
        watch = session.command("watch", campaign.id, *ledger_option(ledger))
        session.screen.remark(f"Celery's workers send it. Watch them with: {watch}")
    return ExitCode.DONE


def _closed(session: Session, campaign: "Campaign") -> ExitCode | None:
    """Show an earlier campaign with the same key that is not to be run; None if it is."""
    report = campaign.report()
    if report.state == "done":
        sentence, code = "is done: nothing new was sent", ExitCode.DONE
    elif report.state == "stopped":
        sentence, code = "was stopped: nothing new was sent", ExitCode.REFUSED
    else:
        return None
    if session.json:
        session.screen.json(describe_report(report))
    else:
        show_report(session.screen, report)
        session.screen.remark(f"{report.id}, which has the key {report.key}, {sentence}.")
    return code


def _hinted(error: BadRows, written: Path | None) -> BadRows:
    hint = "--skip-bad-rows sends to the others"
    if written is None:
        hint += "; --bad-rows FILE writes these, to be mended"
    error.add_note(f"Nothing was sent. {hint}.")
    return error
