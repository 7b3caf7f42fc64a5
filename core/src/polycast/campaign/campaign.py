"""One campaign: run, continue, control and report it."""

import os
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import IO, Any, Literal

import attrs
from sqlalchemy import Row, and_, or_, select

from polycast.campaign import export, schema
from polycast.campaign import refresh as refreshing
from polycast.campaign.batch_builder import BatchBuilder
from polycast.campaign.batches import opens_at, progress
from polycast.campaign.control import control, discard, forget, opened
from polycast.campaign.costs import Cost, cost
from polycast.campaign.delivery_reports import note_kept
from polycast.campaign.rate_limiter import LocalRateLimiter, RateLimiter, SharedRateLimiter
from polycast.campaign.reconciliation import adopt_orphans
from polycast.campaign.registering import alike
from polycast.campaign.results import CampaignReport, Dropped, Outcome, Progress, Result, Step
from polycast.campaign.run import Run
from polycast.campaign.serialization import from_json
from polycast.campaign.states import BatchState, CampaignState
from polycast.campaign.store import Store
from polycast.client import Client, caller_of
from polycast.concurrency.collecting import fewer_collections
from polycast.config.prices import Prices
from polycast.errors import UsageError
from polycast.model.features import Features
from polycast.model.hours import SendingHours
from polycast.model.messages import Action, Recipient
from polycast.model.validators import check_seconds, check_type, check_whole_number
from polycast.sending.dispatcher import ERROR_THRESHOLD, WORKERS
from polycast.sending.rate_limiter import Limiter, Rate

__all__ = ["Campaign"]


@attrs.frozen(repr=False)
class Campaign:
    """A broadcast in the ledger.

    The object holds only the id. Each method reads the ledger again, so several processes may use
    the same campaign.

    Args:
        id: short enough to be typed, e.g. `"c-7f3k2q"`.
    """

    _store: Store
    id: str

    def __repr__(self) -> str:
        return f"<Campaign {self.id}>"

    @property
    def profile(self) -> str:
        """The name that its account was connected by."""
        return str(self._row().profile)

    @property
    def provider(self) -> str:
        """The name of its provider."""
        return str(self._row().provider)

    @property
    def state(self) -> CampaignState:
        """What may happen to it."""
        return export.report(self._store, self.id).state

    def run(
        self,
        client: Client,
        *,
        workers: int = WORKERS,
        rate: str | Rate | Limiter | None = None,
        error_threshold: int | None = ERROR_THRESHOLD,
        in_flight_grace: float = 30.0,
        resend_in_doubt: bool = False,
        retry_rejected: bool = False,
        wait_for_hours: bool = True,
        reopen: bool = False,
        on_progress: Callable[[Progress], None] | None = None,
    ) -> CampaignReport:
        """Send what is not sent yet: the first time, and again after whatever ended the last run.

        What the provider has is not sent again. What it may have, because the process that was
        sending it died or its reply was lost, is asked for where the provider can be asked, once
        `in_flight_grace` seconds have passed; what nobody can tell stays in doubt, and is reported.

        A 429 holds all workers back and costs no batch. When the credentials are refused, the
        account is blocked or its credit used up, the provider asks for more than a quarter of an
        hour of patience, or too many batches in a row fail, the campaign pauses, and says why. A
        run of a paused campaign sends nothing, unless you say `reopen`. Where a call is refused
        because of some of its recipients, only those are rejected, and the others are sent in new
        calls.

        Ctrl-C waits for what is in flight and writes it down; a second one does not wait.

        Args:
            client: the account it was planned for.
            workers: calls to the provider at a time.
            rate: `"100/s"`, `"5000/min"` (messages) or `"2500 calls/h"`: of the account, which
                all who run campaigns of this profile on this ledger share. A `Limiter` to share
                another one within this process; None for no limit but the provider's.
            error_threshold: failed batches in a row after which it pauses; None for never.
            in_flight_grace: seconds that a request may still be on its way after its process died:
                as long as its reply would have been waited for. What a provider does not list is
                looked for again after as many seconds, and then sent once more.
            resend_in_doubt: your explicit word to send again what is in doubt and cannot be
                asked for. Whoever has got it gets it twice.
            retry_rejected: your explicit word to send again to everybody whom the report calls
                rejected, e.g. after their numbers or the account have been put in order.
            reopen: your explicit word to open a paused campaign, once the cause of its pause is
                gone. It also ends the account's back-off after a 429.
            wait_for_hours: whether to wait where nothing more may be submitted at this hour of
                the day (`plan(between=...)`); without it, the run ends, and a later one goes on.
            on_progress: told how far it has come, several times a second.

        Returns:
            What became of it; its `state` is PAUSED when it has paused, or was paused before.

        Raises:
            UsageError: it was stopped, was never planned to its end, or is another provider's; or
                a wrapper such as a dry run answers in the provider's place.
            LedgerError: a step could not be written down; it was not taken.
            KeyboardInterrupt: Ctrl-C, after what was in flight has been settled.
        """
        check_seconds("in_flight_grace", in_flight_grace)
        self._check_sender(client)
        if not opened(self._store, self.id, reopen=reopen):
            return self.report()
        turns = self._turns(rate, reopen=reopen)
        run = Run(
            self._store,
            client,
            self.builder(client.features),
            workers,
            turns,
            error_threshold,
            in_flight_grace,
            resend_in_doubt,
            retry_rejected,
            wait_for_hours,
            on_progress,
        )
        with fewer_collections():
            run()
        return self.report()

    def step(
        self,
        client: Client,
        *,
        max_batches: int = 1,
        concurrency: int = WORKERS,
        rate: str | Rate | Limiter | None = None,
        error_threshold: int | None = ERROR_THRESHOLD,
    ) -> Step:
        """Send one batch, or a few: for a task of a queue, such as Celery's, or a timer.

        It never sleeps until its turn, opens no paused campaign, and ends no back-off: it returns
        the seconds until the next step may send. It may be called at any time, by any number of
        processes, and again after whatever ended it. What ended processes had in flight is in
        doubt from the next step on; `run` (`polycast resume`) asks the provider about it.

        The campaign pauses for the same reasons as in `run`; failed batches in a row are counted
        over all steps.

        Args:
            client: the account it was planned for.
            max_batches: calls to the provider in this step, one after the other.
            concurrency: calls in flight at a time, over all processes that take steps of this
                campaign. What a killed process had in flight counts until that is noticed.
            rate: as of `run`.
            error_threshold: the same.

        Raises:
            UsageError: it was never planned to its end, or is another provider's; or a wrapper
                such as a dry run answers in the provider's place.
            LedgerError: a step could not be written down; it was not taken.
        """
        check_whole_number("max_batches", max_batches)
        check_whole_number("concurrency", concurrency)
        self._check_sender(client)
        row = self._row()
        if row.state in (CampaignState.PAUSED, CampaignState.STOPPED):
            return Step(done=True, busy=False, sent=0, wait=0.0)
        opened(self._store, self.id, reopen=False)
        return Run(
            self._store, client, self.builder(client.features), 1, self._turns(rate),
            error_threshold, 0.0, False, False, True, None, concurrency,
        ).step(max_batches)  # fmt: skip

    def _turns(self, rate: str | Rate | Limiter | None, *, reopen: bool = False) -> RateLimiter:
        if isinstance(rate, Limiter):
            return LocalRateLimiter(rate)
        row = self._row()
        shared = SharedRateLimiter(self._store, f"{row.provider} {row.profile}", Rate.of(rate))
        shared.begin(forget_holds=reopen)
        return shared

    def control(self, client: Client, action: Action) -> Outcome:
        """Pause, resume, stop or delete it: here, and at the provider for what it already has.

        Here every action works for every provider: nothing more is submitted after a pause, and
        never again after a stop; a resume lets `run` go on. DELETE stops it, and tells the
        provider to delete what it has; the ledger keeps its record until `delete`.

        Args:
            client: the account it was planned for.
            action: what to do.

        Raises:
            UsageError: it was stopped before, or is another provider's; or a wrapper such as a
                dry run answers in the provider's place.
        """
        self._check_sender(client)
        return control(self._store, client, self.id, Action(action))

    def delete(self, *, in_doubt: bool = False) -> None:
        """Remove the campaign and its recipients from the ledger.

        Args:
            in_doubt: your explicit word to remove also what nobody knows about. Nothing can be
                asked about it then, and nobody told who may have got it.

        Raises:
            UsageError: something of it is still to be sent, in flight or in doubt.
        """
        state = self.state
        adopt_orphans(self._store, self.id)
        batches = progress(self._store, self.id).batches
        waiting = batches[BatchState.PLANNED] + batches[BatchState.SUBMITTING]
        if waiting and state is not CampaignState.PLANNING:
            raise UsageError(
                f"{self.id} has batches that are still to be sent or in flight ({waiting}), and "
                "the ledger is the only record of them. Stop it first."
            )
        doubts = batches[BatchState.IN_DOUBT]
        if doubts and not in_doubt:
            raise UsageError(
                f"{self.id} has batches in doubt ({doubts}), and the ledger is the only record of "
                "them. To remove it all the same, say so: polycast forget --in-doubt, in Python "
                "delete(in_doubt=True)."
            )
        # Delivery reports of its recipients are removed with it.
        note_kept(self._store)
        forget(self._store, self.id)

    def discard(self) -> None:
        """Remove the campaign as if it had not been planned: its key is free again.

        Raises:
            UsageError: something of it has left, or another process is sending it.
        """
        discard(self._store, self.id)

    def opens_at(self, client: Client) -> datetime | None:
        """Return when something that is planned may be submitted next (`plan(between=...)`).

        Returns:
            None where it may be now, or nothing is planned.
        """
        self._check_client(client)
        return opens_at(self._store, self.builder(client.features))

    def refresh(self, client: Client) -> tuple[str, ...]:
        """Ask the provider for the status of every batch, and record it.

        Returns:
            What went wrong, one sentence per batch that could not be asked about.
        """
        self._check_client(client)
        return tuple(refreshing.refresh(self._store, client, self.builder(client.features)))

    def progress(self) -> Progress:
        """Count its batches by state."""
        return progress(self._store, self.id)

    @property
    def is_final(self) -> bool:
        """Whether another refresh can change nothing.

        Nothing is still to be sent or in flight, and the outcome stands of every batch that the
        provider can be asked about. What is in doubt stays so until the campaign is run again.
        """
        batches = schema.batches.c
        moving = or_(
            batches.state.in_([BatchState.PLANNED, BatchState.SUBMITTING]),
            and_(batches.state == BatchState.ACCEPTED, batches.provider_final == 0),
        )
        with self._store.read() as connection:
            some = connection.scalar(
                select(batches.number).where(batches.campaign == self.id, moving).limit(1)
            )
        return some is None

    def report(self) -> CampaignReport:
        """Count its recipients by state, as far as the ledger knows."""
        note_kept(self._store)
        return export.report(self._store, self.id)

    def planned(self, client: Client) -> Iterator[tuple[int, Recipient, str | None]]:
        """Yield the number of each call with each of its recipients and their text.

        Args:
            client: of its provider; the network is not used.

        Raises:
            UsageError: the client is another provider's.
        """
        self._check_client(client)
        return export.planned(self._store, self.builder(client.features))

    def cost(self, client: Client, prices: Prices) -> Cost:
        """Add up what it costs at most.

        Args:
            client: of its provider; the network is not used.
            prices: of its account, e.g. those of its profile (`read_profiles`).

        Raises:
            UsageError: the client is another provider's.
        """
        self._check_client(client)
        return cost(self._store, self.builder(client.features), prices)

    def results(self) -> Iterator[Result]:
        """Yield the result of every recipient, also of those left out, in the order of the list."""
        self._row()
        note_kept(self._store)
        return export.results(self._store, self.id)

    def alike(self, within: timedelta) -> "Campaign | None":
        """Return the latest other campaign that sends, or sent, the same to the same list.

        Its profile, its list (in any order) and its content are the same; its name and the moment
        to send it at may differ. A campaign that sent nothing, and will not, does not count.

        Args:
            within: how long ago it was planned, at most.
        """
        id = alike(self._store, self._row(), within)
        return None if id is None else Campaign(self._store, id)

    def dropped(self) -> Iterator[Dropped]:
        """Yield the recipients who were left out, in the order of the list."""
        self._row()
        return export.dropped(self._store, self.id)

    def write_csv(self, path: str | os.PathLike[str] | IO[str]) -> int:
        """Write the results as CSV (UTF-8, a header, the fields of `Result`, then the variables).

        A variable that is named like a field has `variable_` before its name.

        Control characters are left out, and a text that a spreadsheet would take for a formula
        gets an apostrophe before it, but for phone numbers. `write_json_lines` changes nothing.

        Returns:
            How many recipients it holds.
        """
        with export.writing(path) as file:
            return export.write_csv(
                file, self.results(), export.variable_names(self._store, self.id)
            )

    def write_json_lines(self, path: str | os.PathLike[str] | IO[str]) -> int:
        """Write the results as JSON Lines (UTF-8, the fields of `Result` that are known).

        Returns:
            How many recipients it holds.
        """
        with export.writing(path) as file:
            return export.write_json_lines(file, self.results())

    def builder(self, features: Features) -> BatchBuilder:
        """Return what rebuilds the broadcasts of its batches."""
        row = self._row()
        content = from_json(row.content, features)
        hours = None if row.hours is None else SendingHours.parse(row.hours)
        return BatchBuilder(self.id, content, bool(row.grouped), features.escape, hours)

    def _row(self) -> "Row[Any]":
        with self._store.read() as connection:
            row = connection.execute(
                select(schema.campaigns).where(schema.campaigns.c.id == self.id)
            ).one_or_none()
        if row is None:
            raise UsageError(f"The ledger {self._store.name} has no campaign {self.id!r}.")
        return row

    def _check_client(self, client: Client) -> None:
        check_client(client)
        provider = self.provider
        if client.provider_name != provider:
            raise UsageError(
                f"{self.id} was planned for {provider}, and this client is of "
                f"{client.provider_name}."
            )

    def _check_sender(self, client: Client) -> None:
        """Refuse also a client with a wrapper that answers without the provider."""
        self._check_client(client)
        check_answers(client, "send_bulk")


def check_client(client: object) -> None:
    """Refuse anything that is not a Client, such as the name of a profile."""
    check_type("client", client, Client, "what polycast.connect returned")


def check_answers(client: Client, hook: Literal["send", "send_bulk"]) -> None:
    """Refuse a client with a wrapper that answers without the provider, as a dry run does."""
    label = caller_of(client).short_circuit(hook)
    if label is not None:
        raise UsageError(
            f"{label[:1].upper()}{label[1:]} answers in the place of {client.provider_name}: "
            "nothing would reach anybody, and the ledger would say that it did. Nothing was "
            "changed; leave the wrapper out."
        )
