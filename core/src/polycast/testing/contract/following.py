"""The promise of `status`: what is told is what is so, in our words, with theirs kept.

PYTEST_DONT_REWRITE: each assertion is a sentence of its own.
"""

from datetime import timedelta

from polycast.errors import PolycastError, ProviderError
from polycast.model.messages import Report, State, Status
from polycast.sandbox import Answer, SimulatedOutcome
from polycast.testing.contract.base import Contract, MakeEnvironment, known, refusal
from polycast.testing.contract.declarations import WORD, Vocabulary
from polycast.testing.contract.required import filled

__all__ = ["FollowingContract"]

#: Seconds between questions about a message under way, and how exactly moments have to be told.
_SHORTLY, _CLOSE = (1.5, 1.0, 10.0, 600.0), timedelta(minutes=5)
_ARRIVED = (State.DELIVERED, State.READ)
_WENT_WELL = (State.SENT, *_ARRIVED)
_FAILED = (State.FAILED, State.EXPIRED, State.REJECTED, State.CANCELLED)


class FollowingContract(Contract):
    """How far messages and broadcasts have come."""

    def test_a_message_is_followed_to_its_end(self, environment: MakeEnvironment) -> None:
        """From its receipt to a final state that is a success, under the same id."""
        self.needs("send")
        self.needs("status")
        here = environment()
        receipt = here.client.send(self.message())
        assert receipt.id, "A message that was taken on has no id to ask about."
        first = here.client.status(receipt.id)
        assert isinstance(first, Status), f"status answered with {first!r}."
        assert first.id == receipt.id, f"Asked about {receipt.id}, the status is of {first.id}."
        assert first.state not in _ARRIVED, (
            f"A message that has just been accepted is {first.state} ({first.detail!r})."
        )
        here.clock.advance(self.settled_after)
        last = here.client.status(receipt.id)
        assert last.is_final, (
            f"Long after it arrived, a message is {last.state} ({last.detail!r}), which is not "
            "final: look at the table of states, or set Status.final where the provider will "
            "never say more."
        )
        assert last.state in _WENT_WELL, (
            f"One that arrived is {last.state} ({last.detail!r}): look at the table of states."
        )
        assert last.raw is not None, "The provider's own answer is missing from `raw`."

    def test_a_broadcast_is_followed_to_its_end(self, environment: MakeEnvironment) -> None:
        """As a whole, and recipient by recipient where the provider tells."""
        self.needs("send_bulk")
        self.needs("status")
        here = environment()
        recipients = self.recipients(3)
        sent = known(here.client.send_bulk(self.broadcast(recipients=recipients)))
        assert sent.id, "A broadcast that was taken on has no id to ask about."
        here.clock.advance(self.settled_after)
        status = here.client.status(sent.id)
        assert status.is_final, f"Long after it arrived, a broadcast is {status.state}."
        assert status.state in _WENT_WELL, f"A broadcast that arrived is {status.state}."
        for state, number in status.counts.items():
            assert (number, state in _WENT_WELL) == (3, True), (
                f"Of three messages that arrived, the status counts {number} {state}."
            )
        if not self.features.reports:
            assert not list(status.reports), "There are reports, which Features does not claim."
            return
        assert status.expected in (None, 3), f"Of three messages, {status.expected} are expected."
        reports = list(status.reports)
        for each in recipients:
            own = [r for r in reports if r.to is not None and self.reached(r.to, each.to)]
            assert len(own) == 1, (
                f"Features claims reports: {each.to} is told of {len(own)} times, among "
                f"{[report.to for report in reports]}."
            )
            assert own[0].state in _WENT_WELL, (
                f"The message to {each.to} arrived, and its report says {own[0].state} "
                f"({own[0].detail!r})."
            )
            assert own[0].reference in (None, each.reference), (
                f"The report for {each.to} has the reference {own[0].reference!r}, and "
                f"{each.reference!r} was given."
            )

    def test_moments_are_told_by_the_right_clock(self, environment: MakeEnvironment) -> None:
        """Every moment has a time zone, and is when it happened, whatever clock it was told by."""
        self.needs("send_bulk")
        self.needs("status")
        here = environment()
        begun = here.clock.now()
        id = str(here.client.send_bulk(self.broadcast(1)).id)
        for seconds in _SHORTLY:
            here.clock.advance(seconds)
            now = here.clock.now()
            status = here.client.status(id)
            moments = {"started_at": status.started_at, "finished_at": status.finished_at}
            moments |= {f"the report for {each.to}": each.at for each in status.reports}
            for name, moment in moments.items():
                if moment is None:
                    continue
                assert moment.utcoffset() is not None, f"{name} has no time zone: {moment}"
                assert begun - _CLOSE <= moment <= now + _CLOSE, (
                    f"Sent at {begun}, {name} is {moment} at {now}: look at whose clock tells it."
                )

    def test_a_failure_is_no_success(self, environment: MakeEnvironment) -> None:
        """A message that was taken on and failed is never told as delivered."""
        self.needs("send")
        self.needs("status")
        here = environment()
        receipt = here.client.send(
            self.message(self.fated(SimulatedOutcome.FAILS, self.failing, "failing"))
        )
        assert receipt.id, "A message that was taken on has no id to ask about."
        here.clock.advance(self.settled_after)
        assert not here.server.inbox, "The address for `failing` is one that messages arrive at."
        status = here.client.status(receipt.id)
        assert status.state not in _ARRIVED, (
            f"A message that failed is {status.state} ({status.detail!r})."
        )
        reports = list(status.reports)
        if self.features.reports:
            assert reports, "Features claims reports, and there is none of a message that failed."
        for report in reports:
            assert report.state in _FAILED, (
                f"A message that failed is reported as {report.state} ({report.detail!r})."
            )

    # Vocabulary.

    def test_documented_words_mean_what_the_documents_say(
        self, environment: MakeEnvironment
    ) -> None:
        """Every word of the provider's documents becomes the state that it means."""
        self.needs("status")
        vocabularies = filled(self.vocabulary)
        assert vocabularies, "There is no vocabulary: without one a misread status never shows."
        misread = []
        for vocabulary in vocabularies:
            for word, meant in vocabulary.words.items():
                told = self._told(environment, vocabulary, word)
                if told.state is not meant:
                    misread.append(f"{word!r} means {meant}, and is read as {told.state}")
        assert not misread, f"Look at the table of states: {'; '.join(misread)}."
        if self.features.ttl:
            assert any(State.EXPIRED in each.words.values() for each in vocabularies), (
                "Features claims ttl, and no word of the vocabulary means EXPIRED: add the one "
                "that the provider has for a message whose time was over."
            )

    def test_a_word_of_no_page_is_unknown_and_kept(self, environment: MakeEnvironment) -> None:
        """It is neither guessed at nor an error: the state is UNKNOWN, and the word is there."""
        self.needs("status")
        for vocabulary in filled(self.vocabulary):
            told = self._told(environment, vocabulary, vocabulary.unknown)
            assert told.state is State.UNKNOWN, (
                f"The word {vocabulary.unknown!r} is unknown, but it is read as {told.state}."
            )
            kept = f"{told.detail} {getattr(told, 'code', None)}"
            assert vocabulary.unknown in kept, (
                f"The word {vocabulary.unknown!r} is lost: keep it in `detail`, or a number in "
                f"`code`. They hold {kept!r}."
            )

    def _told(
        self, environment: MakeEnvironment, vocabulary: Vocabulary, word: str
    ) -> Status | Report:
        """Return what status makes of an answer with this word in it."""
        here = environment()
        for answer in vocabulary.answers:
            assert WORD in answer or len(vocabulary.answers) > 1, (
                f"The answer of a vocabulary has no WORD in it: {answer!r}"
            )
            told = Answer(200, answer.replace(WORD, word), vocabulary.media_type)
            here.server.faults.add(told)
        status = here.client.status(vocabulary.id)
        if not vocabulary.reports:
            return status
        (report,) = status.reports
        return report

    # Ids.

    def test_an_id_of_nothing_is_not_found(self, environment: MakeEnvironment) -> None:
        """An id that the provider does not know is a refusal, never a status."""
        self.needs("send")
        self.needs("status")
        elsewhere = environment().client.send(self.message())
        here = environment()
        error = refusal(
            lambda: here.client.status(str(elsewhere.id)),
            ProviderError,
            "The status of what another account sent",
        )
        assert error.provider == self.provider, f"The error is of {error.provider!r}."

    def test_what_is_no_id_is_refused(self, environment: MakeEnvironment) -> None:
        """Whatever stands in place of an id, one of our errors is raised."""
        self.needs("status")
        here = environment()
        for id in ("no id of yours", "../..", "%00", "a/b?c#d"):
            refusal(lambda id=id: here.client.status(id), PolycastError, f"The id {id!r}")  # type: ignore[misc]
