"""Plans a campaign: turns a stream of recipients into batches in the ledger, in flat memory."""

from collections.abc import Iterable, Sequence
from itertools import islice

import attrs

from polycast.campaign import schema
from polycast.campaign.batch_builder import BatchBuilder
from polycast.campaign.keys import ListDigest
from polycast.campaign.recipient_batch import RecipientBatch
from polycast.campaign.states import BatchState, CampaignState
from polycast.campaign.store import Store
from polycast.client import Client, caller_of
from polycast.errors import Suppressed, UsageError
from polycast.model.hours import SendingHours, zones_of
from polycast.model.messages import Recipient
from polycast.recipients import BadRow, BadRows, Recipients
from polycast.sending import admission
from polycast.sending.admission import Admission, prepare_batch
from polycast.sending.division import Divider
from polycast.sending.duplicates import DUPLICATE, Duplicates, Placed

__all__ = ["Planner"]

#: Recipients per transaction, those left out included.
_CHUNK = 10_000
#: A batch counts as at least so many recipients.
_BATCH = 10
#: Recipients that are checked together.
_PAGE = 500
#: Maximum number of problems in one error.
_TOLD = 10

_Given = tuple[int, Recipient | str | BadRow]


#: Why a campaign is paused that was planned to be.
NOT_STARTED = "it was planned, and not started yet"


@attrs.define
class Planner:
    """Checks every recipient and writes the batches to the ledger, before anything is sent.

    Args:
        store: the ledger's database.
        client: the account whose provider checks the batches; the network is not used.
        builder: of the campaign's batches.
        size: recipients per batch.
        skip_invalid: leave bad recipients out, instead of refusing the whole list.
        admission: the rules for the broadcast.
        paused: leave it paused, until the operator opens it.
        hours: when it may be submitted, by the clocks of each recipient; None for always.
        zone: of recipients about whom nothing else is known.
    """

    store: Store
    client: Client
    builder: BatchBuilder
    size: int
    skip_invalid: bool
    admission: Admission
    paused: bool = False
    hours: SendingHours | None = None
    zone: str | None = None
    #: None where the list refuses repeated addresses itself.
    _duplicates: Duplicates | None = attrs.field(init=False)
    #: By the time zones of its recipients: a batch never holds people of different zones.
    _dividers: dict[str | None, Divider] = attrs.Factory(dict)
    #: The list that the recipients are read from, if it is one.
    _list: Recipients | None = None
    #: Of a list, whose bad rows stop it.
    _stops: bool = False
    _where: str = "Recipient"
    _digest: ListDigest = attrs.Factory(ListDigest)
    _problems: list[str] = attrs.Factory(list)
    _bad: int = 0
    #: Planning will fail: the remaining recipients are only checked for further problems.
    _will_fail: bool = False
    _number: int = 0
    _unwritten: int = 0
    _batches: list[dict[str, object]] = attrs.Factory(list)
    _people: list[dict[str, object]] = attrs.Factory(list)
    _dropped: list[dict[str, object]] = attrs.Factory(list)

    @_duplicates.default
    def _no_duplicates(self) -> Duplicates | None:
        return Duplicates(self.admission.features.normal_form)

    def run(self, recipients: Iterable[Recipient | str]) -> None:
        """Read the stream once, to its end, and open the campaign.

        Raises:
            UsageError: there is nobody to send to, or somebody cannot be sent to as asked; its
                notes tell of others.
        """
        if not isinstance(recipients, Recipients):
            numbered = enumerate(recipients, start=1)
            self._plan(iter(lambda: list(islice(numbered, _PAGE)), []))
            return
        self._list = recipients
        self._stops = recipients.bad_rows == "stop"
        self._where = f"{recipients.name}, row"
        if recipients.repeats == "refuse":
            self._duplicates = None
        try:
            self._plan(recipients.pages())
        except BadRows as error:
            for problem in self._problems:
                error.add_note(problem)
            raise
        except UsageError:
            # Errors of the list itself come first. It has been read by now, unless the provider
            # refused one of the first batches.
            iter(recipients)
            raise

    def _plan(self, pages: Iterable[Sequence[_Given]]) -> None:
        for page in pages:
            self._take(self._keep(page))
        self._refuse()
        for zones, divider in self._dividers.items():
            for division in divider.rest():
                self._batch(zones, *division)
        self._refuse()
        if not self._number:
            failure = UsageError("The broadcast has no recipients, or all of them were left out.")
            for each in self._dropped[:_TOLD]:
                failure.add_note(
                    f"{self._where} {each['position']}, {each['address']}: {each['detail']}"
                )
            raise failure
        self._flush(CampaignState.PAUSED if self.paused else CampaignState.OPEN)

    def _keep(self, page: Sequence[_Given]) -> list[Placed]:
        """Return those who can be sent to, with their texts where these are compared."""
        kept: list[Placed] = []
        with_text = self.builder.grouped or self._duplicates is not None
        for position, given in page:
            self._digest.add(given)
            if isinstance(given, BadRow):
                self._will_fail = self._will_fail or (self._stops and given.problem.is_defect)
                to = given.to or given.value or ""
                self._leave_out(position, to, given.problem, given.reason)
                continue
            try:
                recipient = given if isinstance(given, Recipient) else Recipient(given)
                self._check_hours(recipient)
                kept.append(self.admission.admit(position, recipient, with_text=with_text))
            except Suppressed as error:
                self._leave_out(position, recipient.to, "suppressed", str(error))
            except UsageError as error:
                to = given.to if isinstance(given, Recipient) else str(given)
                self._refuse_one(position, to, error)
        return kept

    def _refuse_one(self, position: int, to: str, error: UsageError) -> None:
        """Leave out a recipient who cannot be sent to; of a list, it is a bad row."""
        reason = str(error).rstrip(".")
        if self._list is not None:
            self._list.refuse(position, reason)
        self._note_bad(f"{self._where} {position}, {to}: {reason}.")
        self._leave_out(position, to, "bad", reason)

    def _take(self, people: Sequence[Placed]) -> None:
        if self._will_fail:
            return
        if self._duplicates is not None:
            people = self._without_duplicates(people)
        for zones, some in self._by_zones(people).items():
            divider = self._dividers.get(zones)
            if divider is None:
                divider = self._dividers[zones] = Divider(self.admission.features, self.size)
            for division in divider.add(some):
                self._batch(zones, *division)

    def _by_zones(self, people: Sequence[Placed]) -> dict[str | None, Sequence[Placed]]:
        """Return recipients by their time zones; all together where there are no hours."""
        if self.hours is None:
            return {None: people}
        found: dict[str | None, list[Placed]] = {}
        for person in people:
            found.setdefault(" ".join(zones_of(person[1], self.zone)), []).append(person)
        return {**found}

    def _check_hours(self, recipient: Recipient) -> None:
        """Refuse a recipient who cannot be written to within the hours.

        Raises:
            UsageError: the time zone is not known, or no moment is within the hours there.
        """
        if self.hours is None:
            return
        zones = zones_of(recipient, self.zone)
        send_at = self.builder.content["send_at"]
        if send_at is not None and not self.hours.is_open(zones, send_at):
            raise UsageError(
                f"the moment is outside {self.hours} in the recipient's time zone, "
                f"{' or '.join(zones[:3])}"
            )
        if self.hours.opens_at(zones, admission.now()) is None:
            raise UsageError(
                f"no moment is within {self.hours} in all of the {len(zones)} time zones that the "
                "number may be in: add a column 'zone'"
            )

    def _without_duplicates(self, people: Sequence[Placed]) -> list[Placed]:
        assert self._duplicates is not None
        first = []
        for person, is_duplicate in zip(people, self._duplicates.find(people), strict=True):
            if is_duplicate:
                self._leave_out(person[0], person[1].to, "duplicate", DUPLICATE)
            else:
                first.append(person)
        return first

    def _note_bad(self, problem: str) -> None:
        if self.skip_invalid:
            return
        self._will_fail = True
        self._bad += 1
        if len(self._problems) < _TOLD:
            self._problems.append(problem)

    def _refuse(self) -> None:
        if not self._problems:
            return
        failure = UsageError(self._problems[0])
        for problem in self._problems[1:]:
            failure.add_note(problem)
        if self._bad > len(self._problems):
            failure.add_note(f"{self._bad - len(self._problems)} more are wrong.")
        raise failure

    def _leave_out(self, position: int, to: str, kind: str, detail: str) -> None:
        if self._will_fail:
            return
        self._dropped.append(
            {
                "campaign": self.builder.campaign,
                "position": position,
                "address": to,
                "kind": kind,
                "detail": detail,
            }
        )
        self._written_later(1)

    def _batch(
        self, zones: str | None, positions: Sequence[int], recipients: Sequence[Recipient]
    ) -> None:
        batch = self.builder.broadcast(self._number + 1, recipients)
        _, refused = prepare_batch(caller_of(self.client).prepare, batch)
        if refused:
            for index, error in refused.items():
                self._refuse_one(positions[index], recipients[index].to, error)
            kept = [index for index in range(len(positions)) if index not in refused]
            positions = [positions[index] for index in kept]
            recipients = [recipients[index] for index in kept]
        if not positions:
            return
        self._number += 1
        place = {"campaign": self.builder.campaign, "number": self._number}
        self._people.append({**place, "people": RecipientBatch.of(positions, recipients).write()})
        self._batches.append(
            {
                **place,
                "first": positions[0],
                "last": positions[-1],
                "size": len(positions),
                "state": BatchState.PLANNED,
                "zones": zones,
            }
        )
        self._written_later(max(_BATCH, len(positions)))

    def _written_later(self, people: int) -> None:
        self._unwritten += people
        if self._unwritten >= _CHUNK:
            self._flush()

    def _flush(self, state: CampaignState | None = None) -> None:
        """Write down what is known by now, and in the same moment what may happen to it."""
        with self.store.write() as connection:
            for table, rows in (
                (schema.people, self._people),
                (schema.batches, self._batches),
                (schema.dropped, self._dropped),
            ):
                if rows:
                    connection.execute(table.insert(), rows)
                    rows.clear()
            if state is not None:
                campaigns = schema.campaigns
                done = connection.execute(
                    campaigns.update()
                    .where(
                        campaigns.c.id == self.builder.campaign,
                        campaigns.c.state == CampaignState.PLANNING,
                    )
                    .values(
                        state=state,
                        detail=NOT_STARTED if self.paused else None,
                        list_digest=self._digest.value,
                    )
                )
                if not done.rowcount:
                    raise UsageError(
                        f"{self.builder.campaign} was stopped while its list was being read. "
                        "Nothing was sent."
                    )
        self._unwritten = 0
