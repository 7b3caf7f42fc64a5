"""Mutations of what is found after a lost reply."""

from datetime import timedelta
from typing import Any

from polycast import BulkReceipt, OutcomeUnknown, Receipt, State, hookimpl
from polycast.plugins.registry import load_provider

from tests.mutations.making import Patch, around, module, mutation


@mutation("textit", "test_a_misleading_list_proves_nothing[lost-send_bulk]")
def _(patch: Patch) -> None:
    """Looking up looks back too far."""
    own = load_provider("textit").lookup

    def lookup(self: Any, broadcast: Any, since: Any) -> Any:
        return own(self, broadcast, since - timedelta(days=1))

    patch.setattr(load_provider("textit"), "lookup", hookimpl(lookup))


@mutation("textit", "test_a_misleading_list_proves_nothing[arrived-send_bulk]")
def _(patch: Patch) -> None:
    """Addresses are compared as they were given, and what differs is believed to be another."""
    lookup = module("textit.lookup")
    patch.setattr(lookup, "normal_form", lambda _, value: value)
    patch.setattr(lookup.Wanted, "may_be", lookup.Wanted.is_same)


@mutation("hyber", "test_somebody_elses_404_is_no_absence[send_bulk]")
def _(patch: Patch) -> None:
    """Any 404 is believed to deny a message."""
    patch.setattr(module("hyber.lookup"), "_denies", lambda error, extra_id: True)


@mutation("textit", "test_what_is_listed_late_is_not_found_too_early")
def _(patch: Patch) -> None:
    """What is not listed is believed to have arrived."""
    own = load_provider("textit").lookup

    def lookup(self: Any, broadcast: Any, since: Any) -> Any:
        told = own(self, broadcast, since)
        receipts = tuple(Receipt("1", State.QUEUED, each.to) for each in broadcast.recipients)
        return told or BulkReceipt("1", State.QUEUED, receipts)

    patch.setattr(load_provider("textit"), "lookup", hookimpl(lookup))


def _never_there(patch: Patch, provider: str) -> None:
    def lookup(self: Any, broadcast: Any, since: Any) -> Any:
        return None

    patch.setattr(load_provider(provider), "lookup", hookimpl(lookup))


@mutation("ogangi", "test_a_campaign_sends_nothing_twice_whatever_is_listed[arrived]")
def _(patch: Patch) -> None:
    """Whatever is asked about is denied."""
    _never_there(patch, "ogangi")


@mutation("textit", "test_a_campaign_sends_again_once_at_most_where_lists_are_late")
def _(patch: Patch) -> None:
    """A broadcast whose reply was lost is made again by the plugin."""

    def again(own: Any, _: Any, asked: Any) -> Any:
        try:
            return own(asked)
        except OutcomeUnknown:
            return own(asked)

    around(patch, "textit", "send_bulk", again)
