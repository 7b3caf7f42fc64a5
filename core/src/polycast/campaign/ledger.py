"""The ledger: opens the database of campaigns, plans and lists them."""

import os
from collections.abc import Callable, Container, Iterable, Iterator
from types import TracebackType
from typing import Any, Self

from sqlalchemy import exists, select

from polycast.campaign import delivery_reports, schema
from polycast.campaign.campaign import Campaign, check_answers, check_client
from polycast.campaign.control import forget
from polycast.campaign.finding import find, forget_singles
from polycast.campaign.keys import ListDigest, checked_key
from polycast.campaign.leases import Lease
from polycast.campaign.outbox import deliver, post
from polycast.campaign.planner import Planner
from polycast.campaign.registering import Registration
from polycast.campaign.results import Found
from polycast.campaign.sends import SingleSend
from polycast.campaign.serialization import to_json
from polycast.campaign.single_reports import note_singles
from polycast.campaign.states import BatchState, CampaignState
from polycast.campaign.store import Store
from polycast.campaign.suppressions import Suppressions
from polycast.client import Client, caller_of, prepare_message
from polycast.concurrency.collecting import fewer_collections
from polycast.errors import UsageError
from polycast.masking.secret import hiding_locals
from polycast.model.features import Personalisation
from polycast.model.hours import SendingHours
from polycast.model.messages import Broadcast, Message, Receipt, Reply, Report, Status
from polycast.model.validators import check_seconds, check_type, check_whole_number
from polycast.plugins.caller import HookCaller
from polycast.sending.admission import Admission

__all__ = ["BATCH_SIZE", "Ledger"]

#: Default number of recipients per call. After a crash at most one batch per worker is in doubt,
#: and memory holds as many.
BATCH_SIZE = 1_000


class Ledger:
    """The record of campaigns: what is to be sent, what was sent, and what is in doubt.

    Made by `Ledger.open`; close it, or use it in a `with` statement. It holds addresses, texts
    and variables, because they are needed to send, and to tell what became of whom; it holds no
    credentials. A file is made readable to its owner alone; `Campaign.delete` removes a campaign's
    people from it.

    It may be shared between threads and used after a fork, and any number of processes may work on
    one at a time.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    @classmethod
    @hiding_locals
    def open(cls, url: str | os.PathLike[str] | None = None) -> Self:
        """Open a ledger, and make it where there is none.

        Args:
            url: a file, or a URL such as `postgresql://user@host/database`; None for the one
                that the environment's `POLYCAST_LEDGER` names, else for the file in the user's
                data folder.

        Raises:
            UsageError: the URL is of no kind that is known.
            LedgerError: it cannot be opened, is locked, is damaged, or is no ledger.
        """
        return cls(Store(url))

    def __repr__(self) -> str:
        return f"<Ledger {self.name}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections to it."""
        self._store.close()

    @property
    def name(self) -> str:
        """The file, or the URL without a password."""
        return self._store.name

    @property
    def suppressions(self) -> Suppressions:
        """The addresses that nothing is sent to by this ledger."""
        return Suppressions(self._store)

    def plan(
        self,
        client: Client,
        broadcast: Broadcast,
        *,
        profile: str | None = None,
        batch_size: int | None = None,
        suppressed: Container[str] = frozenset(),
        skip_invalid: bool = False,
        paused: bool = False,
        key: str | None = None,
        use_suppressions: bool = True,
        between: str | SendingHours | None = None,
        zone: str | None = None,
    ) -> Campaign:
        """Write a broadcast down as a campaign, checked to the last recipient; nothing is sent.

        The recipients may be a stream: it is read once, and never held whole. Somebody who would
        get the same text at the same address twice is left out the second time.

        Args:
            client: the account it will be sent by. The network is not used.
            broadcast: what to send.
            profile: the name that the account was connected by, to connect it again; that of
                the client when not given.
            batch_size: recipients per call to the provider; at most its limit. 1,000, or the
                limit where that is less, when not given.
            suppressed: addresses to leave out.
            skip_invalid: leave out recipients who cannot be sent to as asked, and report them,
                instead of refusing the whole list.
            paused: let no worker send it before `run(client, reopen=True)` or a resume opens it.
            key: what makes it the only one, e.g. `"daily-2026-11-27"`: unique in the ledger, at
                most 200 characters. If there is a campaign with this key, that one is returned,
                and nothing is planned. If another process is planning it, this waits until that
                is done, or plans it anew where that process has died.
            use_suppressions: leave out whom the ledger's own list names (`suppressions`).
            between: hours of the day, e.g. `"09:00-20:00"`, by the clocks where each recipient is:
                nothing is submitted outside them. A variable `zone` says where; else the number
                does (with the extra `numbers`), and where it may be in several zones, it is
                within the hours in all of them. With `send_at`, that moment must be within them.
            zone: of recipients about whom nothing else is known.

        Raises:
            UsageError: it cannot be sent as asked. Its notes tell of more recipients that are
                wrong; the ledger keeps nothing of it.
            KeyReused: the key belongs to something else: another content, another list (its order
                makes no difference), other hours, another account, or a single message.
        """
        check_client(client)
        if not isinstance(broadcast, Broadcast):
            raise UsageError(f"plan takes a Broadcast, not {type(broadcast).__name__}.")
        features = client.features
        if isinstance(suppressed, str) or not isinstance(suppressed, Container):
            raise UsageError(f"suppressed is a list of addresses, not {type(suppressed).__name__}.")
        suppression = _suppression(
            caller_of(client), suppressed, self.suppressions.rule() if use_suppressions else None
        )
        admission = Admission(client.provider_name, features, broadcast, suppression)
        hours = SendingHours.parse(between) if isinstance(between, str) else between
        registration = Registration(
            self._store,
            client.provider_name,
            profile or client.account.name,
            broadcast.name,
            to_json(broadcast),
            grouped=features.personalisation is Personalisation.NONE,
            batch_size=_size(batch_size, features.bulk_limit),
            key=None if key is None else checked_key(key),
            # What is scheduled leaves at its moment, whenever it is submitted.
            hours=None if hours is None or broadcast.send_at is not None else str(hours),
            suppresses=use_suppressions,
        )
        while True:
            if key is not None and (row := registration.earlier()) is not None:
                registration.compare(row)
                registration.compare(row, ListDigest.of(broadcast.recipients))
                return Campaign(self._store, str(row.id))
            admission.check_moment()
            with Lease(self._store) as lease:
                id = registration.register(lease.id)
                if id is None:
                    continue
                campaign = Campaign(self._store, id)
                try:
                    builder = campaign.builder(features)
                    planner = Planner(
                        self._store, client, builder, registration.batch_size, skip_invalid,
                        admission, paused, hours, zone,
                    )  # fmt: skip
                    with fewer_collections():
                        planner.run(broadcast.recipients)
                except BaseException:
                    forget(self._store, id, only_unplanned=True)
                    raise
                return campaign

    def send(
        self,
        client: Client,
        message: Message,
        *,
        key: str | None = None,
        profile: str | None = None,
        settle: float = 30.0,
        resend_in_doubt: bool = False,
        use_suppressions: bool = True,
    ) -> Receipt:
        """Send one message, and record it before it leaves; with a key, send it once.

        Calling again with the same key is always safe, from any process that uses this ledger. It
        returns the receipt of the first call, where the provider has the message. It sends the
        message, where the first call was certainly not carried out, such as one that was refused.
        Where the reply was lost, or the process died before it came, the provider is asked, if it
        can be asked; its "no" is believed when it was said twice, `settle` seconds apart.

        Args:
            client: the account.
            message: what to send.
            key: what makes it the only one, e.g. `"order-1042-shipped"`: unique in the ledger, at
                most 200 characters. None to record the message only.
            profile: the name that the account was connected by; that of the client when not given.
            settle: seconds that a request may still be on its way after its process died, and that
                the provider's lists may lag behind.
            resend_in_doubt: your explicit word to send again what is in doubt and is not found.
                A recipient who has got it gets it twice.
            use_suppressions: refuse whom the ledger's own list names (`suppressions`).

        Returns:
            The receipt; one of an earlier call has no `raw`.

        Raises:
            UsageError: it cannot be sent as asked, or a wrapper such as a dry run answers in the
                provider's place; nothing was sent.
            Suppressed: the recipient must not be written to; nothing was sent.
            KeyReused: the key belongs to another message, or to a campaign.
            InFlight: another process is sending it, or the provider does not have it yet. Call
                again after `retry_after` seconds.
            ProviderError: the provider refused it, or was not reached.
            OutcomeUnknown: nobody knows whether the provider has it.
            LedgerError: the ledger cannot be used. Notes say what the provider had answered.
        """
        check_client(client)
        check_seconds("settle", settle)
        check_type("message", message, Message, "what to send")
        check_answers(client, "send")
        return SingleSend(
            self._store,
            client,
            message,
            profile or client.account.name,
            None if key is None else checked_key(key),
            settle,
            resend_in_doubt,
            self.suppressions.suppression_reason if use_suppressions else None,
        )()

    def post(
        self,
        client: Client,
        message: Message,
        *,
        key: str,
        connection: Any = None,
        profile: str | None = None,
    ) -> None:
        """Write a message down in a transaction of yours: `deliver` sends it once you commit.

        So an order and the message about it are both there, or neither. The same message with the
        same key again changes nothing.

        Args:
            client: the account that will send it. The network is not used.
            message: what to send; checked here.
            key: as of `send`.
            connection: to the database of this ledger: a connection or a session of SQLAlchemy,
                Django's, or one of psycopg or sqlite3. None for a transaction of its own.
            profile: as of `send`.

        Raises:
            UsageError: it cannot be sent as asked.
            KeyReused: the key belongs to something else.
            LedgerError: it could not be written down.
        """
        check_client(client)
        check_type("message", message, Message, "what to send")
        prepare_message(caller_of(client), message)
        own = profile or client.account.name
        post(SingleSend(self._store, client, message, own, checked_key(key), 0.0, False, None),
             connection)  # fmt: skip

    def deliver(self, client: Client, *, limit: int = 20, settle: float = 30.0) -> int:
        """Send messages that were posted for an account, the oldest first: for a task or a timer.

        It may be called at any time by any number of processes, each message goes once. What was
        not carried out, such as after a 429, waits for a later call; what is in doubt is asked
        about by later calls, where the provider can be asked.

        Args:
            client: the account.
            limit: messages to send, at most; as many that are in doubt are asked about.
            settle: as of `send`.

        Returns:
            How many of them the provider has taken.

        Raises:
            ProviderError: the account may not send; nothing is lost.
            LedgerError: the ledger cannot be used.
        """
        check_client(client)
        check_whole_number("limit", limit)
        own = client.account.name
        return deliver(
            lambda message, key: self.send(client, message, key=key, profile=own, settle=settle),
            client, self._store, limit,
        )  # fmt: skip

    def campaign(self, id: str) -> Campaign:
        """Return a campaign by its id.

        Raises:
            UsageError: there is no such campaign here.
        """
        found = None
        if schema.keepable(str(id)) == id:
            with self._store.read() as connection:
                found = connection.scalar(
                    select(schema.campaigns.c.id).where(schema.campaigns.c.id == id)
                )
        if found is None:
            raise UsageError(f"The ledger {self.name} has no campaign {id!r}.")
        return Campaign(self._store, id)

    def campaigns(self) -> Iterator[Campaign]:
        """Yield all campaigns, the latest first."""
        with self._store.read() as connection:
            ids = connection.scalars(
                select(schema.campaigns.c.id).order_by(
                    schema.campaigns.c.created_at.desc(), schema.campaigns.c.id
                )
            ).all()
        yield from (Campaign(self._store, id) for id in ids)

    def sending(self) -> Iterator[Campaign]:
        """Yield the open campaigns of which something is to be sent or in flight, oldest first."""
        campaigns, batches = schema.campaigns.c, schema.batches.c
        left = exists().where(
            batches.campaign == campaigns.id,
            batches.state.in_([BatchState.PLANNED, BatchState.SUBMITTING]),
        )
        with self._store.read() as connection:
            ids = connection.scalars(
                select(campaigns.id)
                .where(campaigns.state == CampaignState.OPEN, left)
                .order_by(campaigns.created_at, campaigns.id)
            ).all()
        yield from (Campaign(self._store, id) for id in ids)

    def find(self, what: str) -> list[Found]:
        """Return every message in the ledger to an address, the latest first.

        The database searches the recipients of all campaigns, a million of them in one to three
        seconds. Those who were left out are found by their address.

        Args:
            what: an address, also a number with blanks; or a reference, the provider's id of a
                message or of a call, or the key of a single message.

        Raises:
            UsageError: `what` is empty or no text.
            LedgerError: the ledger cannot be read, or is damaged.
        """
        check_type("What to find", what, str, "an address, a reference, an id or a key")
        if not what.strip():
            raise UsageError("What to find is empty: give an address, a reference, an id or a key.")
        return find(self._store, what.strip())

    def forget_messages(self, what: str, *, in_doubt: bool = False) -> int:
        """Remove single messages from the ledger; their keys stay, and send nothing again.

        Args:
            what: an address, the provider's id, or a key.
            in_doubt: your explicit word to remove also what nobody knows about.

        Returns:
            How many were removed.

        Raises:
            UsageError: one of them is being sent, or is in doubt; nothing was removed.
        """
        check_type("What to forget", what, str, "an address, an id or a key")
        return forget_singles(self._store, what.strip(), in_doubt=in_doubt)

    def note(self, client: Client, reports: Iterable[Report | Reply | Status]) -> int:
        """Store delivery reports that a provider pushed, for all campaigns and single messages.

        It takes one transaction, so that the provider need not wait; everybody's state is what
        was told of them by the time that a campaign is asked what became of it. The same report
        may come again, and one that comes late takes nobody back a step. Each is noted for the
        one person that it is about: by the id of the message, else by the reference, else by the
        address. What fits several people, or nobody, is forgotten after a week. A `Reply` is not
        stored: it is no report. Of a `Status`, which `Client.status` returned, the state of a
        single message is stored, and nothing else.

        A web handler, here of Flask, behind an address that only the provider knows::

            @app.post("/reports/5f0c9e")
            def reports():
                told = client.receive(
                    CallbackRequest(
                        body=request.get_data(), headers=request.headers, url=request.url
                    )
                )
                ledger.note(client, told)
                return "", 200

        Args:
            client: the account that `receive` was asked of.
            reports: what it returned, or what `status` did.

        Returns:
            How many of them were not waiting to be noted already.

        Raises:
            LedgerError: they could not be written down. Answer with an error, and most providers
                push them again.
        """
        check_client(client)
        given = list(reports)
        for report in given:
            check_type("A report", report, (Report, Reply, Status), "what `receive` returned")
        own = [report for report in given if isinstance(report, Report)]
        asked = [
            Report(None, each.state, each.id, detail=each.detail, at=each.finished_at)
            for each in given
            if isinstance(each, Status)
        ]
        new = 0
        if asked:
            with self._store.write() as connection:
                new = len(note_singles(connection, client.provider_name, asked))
        return new + delivery_reports.keep(self._store, client.provider_name, own)


def _suppression(
    caller: HookCaller, suppressed: Container[str], own: Callable[[str], str | None] | None
) -> Callable[[str], str | None] | None:
    """Return what tells why an address must not be written to; None if all may be."""
    if suppressed == frozenset() and own is None:
        return caller.suppression_reason if caller.has_suppression else None

    def reason(to: str) -> str | None:
        if to in suppressed:
            return "the address is on the suppression list"
        return (own and own(to)) or caller.suppression_reason(to)

    return reason


def _size(asked: int | None, limit: int | None) -> int:
    if asked is None:
        return min(BATCH_SIZE, limit or BATCH_SIZE)
    check_whole_number("batch_size", asked, most=limit)
    return asked
