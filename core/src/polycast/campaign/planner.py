"""A stream of recipients becomes batches in the ledger, without ever being held whole."""

from collections.abc import Container, Iterable, Sequence
from itertools import islice

import attrs

from polycast.campaign import schema
from polycast.campaign.groups import Groups
from polycast.campaign.people import Numbered, People
from polycast.campaign.repeats import Repeats, Said
from polycast.campaign.script import Script
from polycast.campaign.states import BatchState, CampaignState
from polycast.campaign.store import Store
from polycast.client import Client
from polycast.errors import UsageError
from polycast.model import Recipient
from polycast.recipients import BadRow, BadRows, Recipients

__all__ = ["Planner"]

#: People, kept or left out, per transaction.
_CHUNK = 10_000
#: People whose room a batch takes, however few are in it.
_BATCH = 10
#: People who are looked at together.
_PAGE = 500
#: Problems that one error tells of.
_TOLD = 10

_Given = tuple[int, Recipient | str | BadRow]


@attrs.define
class Planner:
    """Writes down who is sent what, and checks all of it, before anything is sent.

    Args:
        store: the ledger's database.
        client: whose provider judges what it can be told; the network is not used.
        script: of the campaign.
        size: recipients per batch.
        suppressed: addresses to leave out.
        go_on: leave bad recipients out, instead of refusing the whole list.
        silent: something is said even without a text.
    """

    store: Store
    client: Client
    script: Script
    size: int
    suppressed: Container[str]
    go_on: bool
    silent: bool
    #: None where the list has seen to it that nobody gets the same twice.
    _repeats: Repeats | None = attrs.Factory(Repeats)
    _groups: Groups = attrs.field(init=False)
    #: The variables that the text needs.
    _names: frozenset[str] = attrs.field(init=False)
    #: What everybody reads who needs none of them.
    _same_for_all: str | None = attrs.field(init=False)
    #: Of a list, whose bad rows stop it.
    _stops: bool = False
    _where: str = "Recipient"
    _problems: list[str] = attrs.Factory(list)
    _bad: int = 0
    #: Nothing will be sent: what remains is only looked at for problems.
    _hopeless: bool = False
    _pending: list[Recipient] = attrs.Factory(list)
    _positions: list[int] = attrs.Factory(list)
    _number: int = 0
    _unwritten: int = 0
    _batches: list[dict[str, object]] = attrs.Factory(list)
    _people: list[dict[str, object]] = attrs.Factory(list)
    _dropped: list[dict[str, object]] = attrs.Factory(list)

    @_groups.default
    def _no_groups(self) -> Groups:
        return Groups(self.size)

    @_names.default
    def _names_in_the_text(self) -> frozenset[str]:
        template = self.script.template
        return frozenset() if template is None else frozenset(template.names)

    @_same_for_all.default
    def _without_variables(self) -> str | None:
        template = self.script.template
        return None if template is None else template.translate("{{{}}}".format)

    @property
    def _compares(self) -> bool:
        """Whether anybody's text is compared with another's."""
        return self.script.grouped or self._repeats is not None

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
        self._stops = recipients.bad_rows == "stop"
        self._where = f"{recipients.name}, row"
        if recipients.repeats == "refuse":
            self._repeats = None
        try:
            self._plan(recipients.pages())
        except BadRows as error:
            for problem in self._problems:
                error.add_note(problem)
            raise
        except UsageError:
            # What is wrong with the list itself is told first; it has been read by now, unless
            # the provider refused one of the first batches.
            iter(recipients)
            raise

    def _plan(self, pages: Iterable[Sequence[_Given]]) -> None:
        for page in pages:
            self._take(self._keep(page))
        self._refuse()
        for group in self._groups.rest():
            self._batch_of(group)
        if self._pending:
            self._batch(self._positions, self._pending)
        if not self._number:
            raise UsageError("The broadcast has no recipients, or all of them were left out.")
        self._flush(CampaignState.OPEN)

    def _keep(self, page: Sequence[_Given]) -> list[Said]:
        """Return those who can be sent to, with what they read where somebody asks."""
        kept: list[Said] = []
        client, features = self.client, self.client.features
        screens, suppressed = client.screens, self.suppressed
        takes_numbers = "tel" in features.schemes or "*" in features.schemes
        for position, given in page:
            if isinstance(given, BadRow):
                self._hopeless = self._hopeless or (self._stops and given.problem.is_defect)
                to = given.to or given.value or ""
                self._leave_out(position, to, given.problem, given.reason)
                continue
            try:
                recipient = given if isinstance(given, Recipient) else Recipient(given)
                to = recipient.to
                words = self._screened(to) if screens or to in suppressed else None
                if words is not None:
                    self._leave_out(position, to, "suppressed", words)
                    continue
                if not (takes_numbers and to[0] == "+"):
                    features.check_address(client.provider_name, recipient)
                kept.append((position, recipient, self._text_for(recipient)))
            except UsageError as error:
                to = given.to if isinstance(given, Recipient) else str(given)
                self._note_bad(f"{self._where} {position}, {to}: {error}")
                self._leave_out(position, to, "bad", str(error))
        return kept

    def _screened(self, to: str) -> str | None:
        """Return why somebody must not be written to, as the caller or a wrapper says."""
        if to in self.suppressed:
            return "the address is on the list of those not to be written to"
        return self.client.screen(to) if self.client.screens else None

    def _text_for(self, recipient: Recipient) -> str | None:
        """Return what somebody reads; or, where nobody asks for it, the template they fill in."""
        if recipient.text is not None:
            return recipient.text
        names, template = self._names, self.script.template
        if template is None:
            if not self.silent:
                raise UsageError("there is nothing to say.")
        elif names and (self._compares or not names <= recipient.variables.keys()):
            return template.render(recipient.variables)
        return self._same_for_all

    def _take(self, people: Sequence[Said]) -> None:
        if self._hopeless:
            return
        if self._repeats is not None:
            people = self._without_repeats(people)
        if self.client.features.alone:
            people = self._with_company(people)
        if self.script.grouped:
            for group in self._groups.add(people):
                self._batch_of(group)
            return
        self._positions += [position for position, _, _ in people]
        self._pending += [recipient for _, recipient, _ in people]
        while len(self._pending) >= self.size:
            self._batch(self._positions[: self.size], self._pending[: self.size])
            del self._positions[: self.size], self._pending[: self.size]

    def _without_repeats(self, people: Sequence[Said]) -> list[Said]:
        assert self._repeats is not None
        first = []
        for person, again in zip(people, self._repeats.find(people), strict=True):
            if again:
                words = "the same text goes to the same address already"
                self._leave_out(person[0], person[1].to, "duplicate", words)
            else:
                first.append(person)
        return first

    def _with_company(self, people: Sequence[Said]) -> list[Said]:
        """Give those who are reached alone a batch each, and return the others."""
        others = []
        for position, recipient, text in people:
            if recipient.scheme in self.client.features.alone:
                self._batch([position], [recipient])
            else:
                others.append((position, recipient, text))
        return others

    def _note_bad(self, problem: str) -> None:
        if self.go_on:
            return
        self._hopeless = True
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

    def _leave_out(self, position: int, to: str, kind: str, words: str) -> None:
        if self._hopeless:
            return
        self._dropped.append(
            {
                "campaign": self.script.campaign,
                "position": position,
                "address": to,
                "kind": kind,
                "words": words,
            }
        )
        self._written_later(1)

    def _batch_of(self, group: Sequence[Numbered]) -> None:
        self._batch([position for position, _ in group], [recipient for _, recipient in group])

    def _batch(self, positions: Sequence[int], recipients: Sequence[Recipient]) -> None:
        self._number += 1
        self.client.check(self.script.broadcast(self._number, recipients))
        place = {"campaign": self.script.campaign, "number": self._number}
        self._people.append({**place, "people": People.of(positions, recipients).write()})
        self._batches.append(
            {
                **place,
                "first": positions[0],
                "last": positions[-1],
                "size": len(positions),
                "state": BatchState.PLANNED,
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
                        campaigns.c.id == self.script.campaign,
                        campaigns.c.state == CampaignState.PLANNING,
                    )
                    .values(state=state)
                )
                if not done.rowcount:
                    raise UsageError(
                        f"{self.script.campaign} was stopped while its list was being read. "
                        "Nothing was sent."
                    )
        self._unwritten = 0
