"""The promise of `Features`: what is claimed can be told, and what is not is refused in time.

PYTEST_DONT_REWRITE: each assertion is a sentence of its own.
"""

import re
from collections.abc import Callable, Mapping
from datetime import timedelta, timezone
from itertools import permutations
from typing import Any

import pytest

from polycast.errors import ProviderError, Unsupported, UsageError
from polycast.model.messages import Action, MessageTemplate, State
from polycast.sandbox import Sandbox
from polycast.testing.contract.base import Contract, MakeEnvironment, done, refusal, sending
from polycast.testing.contract.option_samples import names, parts, without
from polycast.testing.contract.required import filled
from polycast.testing.contract.wire_diff import Fields, carries, changed, fields
from polycast.testing.environments import Environment

__all__ = ["ClaimingContract"]

#: An offset that no machine has by accident.
_FAR = timezone(timedelta(hours=5, minutes=45))
#: A medium that comes after the author's own.
_SECOND = "https://example.com/second.png"
#: How exactly a moment is kept; one that is told in whole seconds is rounded up.
_EARLY = timedelta(milliseconds=50)
#: A hash, in an id that a plugin makes.
_HASH = re.compile("[0-9a-f]{16,}")
#: How long after its moment a scheduled message may arrive.
_LATE = timedelta(hours=1)


class ClaimingContract(Contract):
    """One promise for each claim."""

    # What leaves when something is asked for.

    def _ask(self, here: Environment[Sandbox], how: str, changes: Mapping[str, Any]) -> Fields:
        """Ask for a message or for a broadcast, and return what the requests that send it hold.

        Without the hashes in ids that the plugin makes: made of all that is asked for, they would
        differ where nothing else does.
        """
        ids: list[str] = []

        def call() -> None:
            if how == "send":
                ids.append(here.client.send(self.message(**changes)).id or "")
                return
            sent = here.client.send_bulk(self.broadcast(**changes))
            ids.extend([sent.id or "", *(receipt.id or "" for receipt in sent.receipts)])

        told = fields(sending(here, call))
        return {
            place: _HASH.sub("", value) if any(value in id for id in ids) else value
            for place, value in told.items()
        }

    def _prove(
        self,
        environment: MakeEnvironment,
        name: str,
        value: Any,
        *,
        unlike: Any = None,
        found: str = "",
    ) -> None:
        """Prove that a field changes what leaves, in messages and in broadcasts.

        Args:
            environment: makes environments.
            name: the field.
            value: what it is given.
            unlike: what it is given in the other requests.
            found: what has to be found in the request, or in the fake's record.
        """
        for how in self.ways:
            here = environment()
            needed = filled(self.alongside).get(name, {})
            other = {**needed, name: unlike} if unlike else needed
            plain = [self._ask(here, how, other) for _ in range(2)]
            told = self._ask(here, how, {**needed, name: value})
            assert changed(plain, told), (
                f"Features claims {name}, and {how} drops it: two requests that differed only in "
                f"{name} were the same on the wire. Look at where the mapping writes {name}."
            )
            if not found:
                continue
            recorded = here.server.accepted[-1].sender if name == "sender" else ""
            assert carries(fields(here.server.requests), found) or recorded == found, (
                f"Features claims {name}, and {found!r} is nowhere in what {how} sent."
            )

    def test_a_sender_travels(self, environment: MakeEnvironment) -> None:
        """A sender that is asked for is told to the provider."""
        self.claims("sender")
        self._prove(environment, "sender", self.sender, found=self.sender)

    def test_a_time_to_live_travels(self, environment: MakeEnvironment) -> None:
        """A time to live that is asked for is told to the provider."""
        self.claims("ttl")
        self._prove(environment, "ttl", timedelta(hours=2), unlike=timedelta(hours=1))

    def test_media_travel(self, environment: MakeEnvironment) -> None:
        """Pictures and files that are asked for are told to the provider."""
        self.claims("media")
        media = list(filled(self.media))
        first = media[0]
        self._prove(environment, "media", media, found=first if isinstance(first, str) else "")
        if len(media) == 1 and isinstance(first, str):
            media.append(_SECOND)
        for how in self.ways if len(media) > 1 else ():
            here = environment()
            needed = filled(self.alongside).get("media", {})
            try:
                one, same, all_ = (
                    self._ask(here, how, {**needed, "media": given})
                    for given in (media[:1], media[:1], media)
                )
            except (UsageError, ProviderError):
                continue  # it takes one, and says so
            assert changed([one, same], all_), (
                f"{how} takes {len(media)} media, and tells the provider of the first alone: tell "
                "of all, or refuse them in `prepare`."
            )

    def test_a_callback_url_travels(self, environment: MakeEnvironment) -> None:
        """The address for delivery reports is told to the provider."""
        self.claims("callbacks")
        url = "https://example.com/reports-of-polycast"
        self._prove(environment, "callback_url", url, found=url)

    def test_a_scheduled_message_waits_for_its_moment(self, environment: MakeEnvironment) -> None:
        """It arrives at its moment, not before and not much later, whatever the time zone."""
        self.claims("scheduling")
        for how in self.ways:
            here = environment()
            moment = here.clock.now() + timedelta(days=1)
            hour = moment.replace(minute=0, second=0)
            told = [self._ask(here, how, {"send_at": hour}) for _ in range(2)]
            assert changed(told, self._ask(here, how, {"send_at": hour + _EARLY})), (
                f"{how} tells {hour + _EARLY} as {hour}, which is too early: round up."
            )
            here = environment()
            moment = moment.replace(second=30, microsecond=900_000).astimezone(_FAR)
            if how == "send":
                receipt = here.client.send(self.message(send_at=moment))
            else:
                receipt = here.client.send_bulk(self.broadcast(send_at=moment)).receipts[0]
            assert receipt.state in (State.SCHEDULED, State.QUEUED), (
                f"A message for tomorrow is {receipt.state} today."
            )
            here.clock.advance((moment - here.clock.now() - _EARLY).total_seconds())
            early = here.server.inbox
            assert not early, (
                f"Features claims scheduling, and {how} does not keep the moment: asked for "
                f"{moment}, a message arrived at {early[0].at}. Look at how send_at is written: "
                "rounded up, and by whose clock."
            )
            here.clock.advance(_LATE.total_seconds())
            assert here.server.inbox, (
                f"Asked for {moment}, nothing had arrived by {here.clock.now()}: look at how "
                "send_at is written, and by whose clock."
            )

    def test_each_channel_can_be_asked_for(self, environment: MakeEnvironment) -> None:
        """Every channel that is claimed is taken, and each changes what leaves."""
        taken: set[str] = set()
        for how in self.ways:
            here = environment()
            routes: dict[tuple[str, ...], list[Fields]] = {}
            for length in (1, 2):
                for route in permutations(self.features.channels, length):
                    told = self._route(here, how, route)
                    if told:
                        routes[route] = told
                        taken |= set(route)
            for route, told in routes.items():
                for other, (fields_, _) in routes.items():
                    assert other == route or changed(told, fields_), (
                        f"Asked for by {' then '.join(route)} and by {' then '.join(other)}, "
                        f"{how} does the same: look at where the mapping writes channels."
                    )
        unreachable = sorted(set(self.features.channels) - taken)
        assert not unreachable, (
            f"Features claims the channels {', '.join(unreachable)}, which no message can take."
        )

    def _route(self, here: Environment[Sandbox], how: str, route: tuple[str, ...]) -> list[Fields]:
        """Ask for channels twice; nothing is returned where the provider refuses them."""
        needed: dict[str, object] = {}
        for channel in route:
            needed |= filled(self.alongside).get(channel, {})
        try:
            return [self._ask(here, how, {**needed, "channels": route}) for _ in range(2)]
        except UsageError:
            # Which channels go together is the provider's to say.
            return []

    def test_each_option_travels(self, environment: MakeEnvironment) -> None:
        """Every field of the provider's own options changes what leaves."""
        self.claims("options")
        kind = self.features.options
        assert kind is not None, "claims() has asked for it"
        used: set[str] = set()
        samples = [_fields(sample) for sample in filled(self.options)]
        for sample in samples:
            options = sample["options"]
            assert isinstance(options, kind), (
                f"options holds {options!r}, which is no {kind.__qualname__}."
            )
            lacking = dict(without(options))
            used |= lacking.keys()
            silent: list[set[str]] = []
            refusals: list[str] = []
            for how in self.ways:
                try:
                    silent.append(self._silent(environment, how, sample, lacking))
                except (UsageError, ProviderError) as error:
                    # Some options are for messages alone, others for broadcasts.
                    refusals.append(f"{how}: {error}")
            assert silent, f"Nothing can have {options!r}. {' '.join(refusals)}"
            # A field may ask for what one of the two ways of sending does anyway.
            dropped = sorted(set.intersection(*silent))
            assert not dropped, (
                f"Features claims options, and {', '.join(dropped)} of {options!r} leaves no "
                "trace: it is the same on the wire without. Look at where the mapping writes it."
            )
        unused = sorted(
            set(
                names(kind, [type(each) for each in parts(sample["options"] for sample in samples)])
            )
            - used
        )
        assert not unused, (
            f"No sample of options uses {', '.join(unused)}: add one, so that each is known to "
            "travel."
        )

    def _silent(
        self,
        environment: MakeEnvironment,
        how: str,
        sample: Mapping[str, object],
        lacking: Mapping[str, Any],
    ) -> set[str]:
        """Return the fields of a sample's options without which the same leaves.

        Raises:
            UsageError: such options are refused.
            ProviderError: such options are refused by the provider.
        """
        here = environment()
        self._ask(here, how, {})
        whole = [self._ask(here, how, sample) for _ in range(2)]
        silent = set()
        for name, options in {"": None, **lacking}.items():
            try:
                told = self._ask(here, how, {**sample, "options": options})
            except (UsageError, ProviderError):
                # Without it the rest makes no sense: so it was noticed.
                continue
            if not changed(whole, told):
                silent.add(name)
        assert "" not in silent, (
            f"Features claims options, and {how} takes {sample['options']!r} and drops it. Look at "
            "where the mapping writes options, and refuse in `prepare` what has no place."
        )
        return silent

    def test_each_kind_of_address_is_taken(self, environment: MakeEnvironment) -> None:
        """Something is sent to an address of every scheme that is claimed, by that scheme."""
        known, schemes = self.kinds(), self.features.schemes
        missing = [each for each in schemes if each != "*" and each not in known]
        assert not missing, (
            f"Features claims {', '.join(missing)} addresses: name one of each in `addresses`."
        )
        assert len(known) > 1 or "*" not in schemes, (
            "Features claims addresses of every scheme: name one of another in `addresses`."
        )
        for scheme, address in known.items():
            if scheme not in schemes and "*" not in schemes:
                continue
            for how in self.ways:
                here = environment()
                told = [self._address(here, how, address) for _ in range(2)]
                assert here.server.accepted, f"{how} to {address} reached no recipient."
                for other in known.keys() - {scheme}:
                    twin = f"{other}:{address.removeprefix(f'{scheme}:')}"
                    try:
                        unlike = self._address(here, how, twin)
                    except (UsageError, ProviderError):
                        continue  # an address of one scheme need not be one of another
                    assert changed(told, unlike), (
                        f"{how} to {address} and to {twin} leaves the same request: tell the "
                        "provider of the scheme, or do not claim it."
                    )

    def _address(self, here: Environment[Sandbox], how: str, address: str) -> Fields:
        """Send to one address, and return what the requests that send it hold."""
        if how == "send":
            return fields(sending(here, lambda: here.client.send(self.message(address))))
        broadcast = self.broadcast(recipients=[address])
        return fields(sending(here, lambda: here.client.send_bulk(broadcast)))

    def test_a_text_is_asked_for_where_it_must_be_there(self, environment: MakeEnvironment) -> None:
        """Media alone are sent where they may be, and refused before any request otherwise."""
        features = self.features
        here = environment()
        if features.media and not features.text_required:
            needed = filled(self.alongside).get("media", {})
            alone = {**needed, "text": None, "media": filled(self.media)}
            done(lambda: self._ask(here, self.ways[0], alone), "A message of media alone")
            assert here.server.accepted, "A message of media alone reached no recipient."
            return
        ask = {"text": None} | ({"media": filled(self.media)} if features.media else {})
        refusal(lambda: self._ask(here, self.ways[0], ask), UsageError, "a message without text")
        assert not here.server.requests, "A message without text was refused after a request."

    # What is not claimed.

    def test_what_is_not_claimed_is_refused_before_any_request(
        self, environment: MakeEnvironment
    ) -> None:
        """What uses a field, channel, scheme or options class that is not claimed is not sent."""
        here = environment()
        for detail, changes in self._unclaimed(here):
            for how in self.ways:
                refusal(
                    lambda how=how, changes=changes: self._ask(here, how, changes),  # type: ignore[misc]
                    Unsupported,
                    f"{detail}, which Features does not claim,",
                )
                assert not here.server.requests, f"{detail} was refused after a request."

    def _unclaimed(self, here: Environment[Sandbox]) -> list[tuple[str, dict[str, Any]]]:
        features = self.features
        fields_ = (
            ("a sender", features.sender, {"sender": "Polycast"}),
            ("a moment", features.scheduling, {"send_at": here.clock.now() + timedelta(days=1)}),
            ("a time to live", features.ttl, {"ttl": timedelta(hours=1)}),
            ("a picture", features.media, {"media": ["https://example.com/menu.png"]}),
            ("a callback_url", features.callbacks, {"callback_url": "https://example.com/"}),
            ("a template", features.templates, {"template": MessageTemplate("table_is_ready")}),
            ("a class of options", False, {"options": object()}),
            ("a channel", False, {"channels": ["pigeon"]}),
        )
        return [(detail, changes) for detail, claimed, changes in fields_ if not claimed]

    def test_other_kinds_of_address_are_refused_before_any_request(
        self, environment: MakeEnvironment
    ) -> None:
        """A message to an address of a scheme that is not claimed is not sent."""
        if "*" in self.features.schemes:
            pytest.skip(f"Features of {self.provider} takes addresses of every scheme.")
        here = environment()
        calls: dict[str, Callable[[], object]] = {
            "send": lambda: here.client.send(self.message("pigeon:7")),
            "send_bulk": lambda: here.client.send_bulk(
                self.broadcast(recipients=[self.address, "pigeon:7"])
            ),
        }
        for how in self.ways:
            refusal(calls[how], Unsupported, f"{how} to a scheme that Features does not claim")
            assert not here.server.requests, f"{how} refused pigeon:7 after a request."

    def test_claims_and_hooks_agree(self) -> None:
        """What is claimed has a hook, and a hook that is there is claimed."""
        features, hooks = self.features, self.hooks
        assert hooks & {"send", "send_bulk"}, f"{self.provider} has no hook that sends."
        for claimed, name, hook in (
            (features.lookup, "lookup", "lookup"),
            (features.receives, "receives", "receive"),
            (features.verifies, "verifies", "verify"),
            (bool(features.actions), "actions", "control"),
        ):
            assert claimed == (hook in hooks), (
                f"Features {'claims' if claimed else 'does not claim'} {name}, and the provider "
                f"{'has' if hook in hooks else 'does not have'} the hook {hook}."
            )
        assert features.receives or not features.replies, (
            "Features claims replies, and does not claim receives."
        )
        if features.reports:
            assert "status" in hooks, "Features claims reports, and there is no status to ask."
        strange = features.actions - set(Action)
        assert not strange, f"Features claims {strange}, which are no actions."


def _fields(sample: object) -> Mapping[str, object]:
    return sample if isinstance(sample, Mapping) else {"options": sample}
