"""Every call of the plugin that changes something, and every one that only asks."""

from collections.abc import Callable
from datetime import date

import pytest
from polycast import Broadcast, Client, Message, PolycastError
from polycast.testing import CannedWire
from polycast_mozes._client import models as m

__all__ = ["CHANGES", "PROJECT", "READS", "SENDS", "SENT", "Call", "caught", "paths"]

SENT = {"client_id": "eb1ea30eaee7d0b37c04f56960f6c6bd"}
PROJECT = 456442

Call = Callable[[Client], object]

#: One call of each kind that sends.
SENDS: dict[str, Call] = {
    "to a user": lambda client: client.send(Message("contact:1", text="Hi")),
    "to a list": lambda client: client.send(Message("group:1", text="Hi")),
    "to users": lambda client: client.send_bulk(
        Broadcast(text="Hi", recipients=["contact:1", "contact:2"])
    ),
    "broadcast to a list": lambda client: client.send_bulk(
        Broadcast(text="Hi", recipients=["group:1"])
    ),
}
#: One call of each kind that changes something, sends or not.
CHANGES: dict[str, Call] = {
    **SENDS,
    "create_list": lambda client: client.provider.create_list("guests"),
    "add_to_list": lambda client: client.provider.add_to_list("group:1", ["contact:1"]),
    "empty_list": lambda client: client.provider.empty_list("group:1"),
    "delete_list": lambda client: client.provider.delete_list("group:1"),
    "subscribe": lambda client: client.provider.subscribe("contact:1", date(1980, 1, 2)),
    "unsubscribe": lambda client: client.provider.unsubscribe("contact:1"),
    "start_sms_flow": lambda client: client.api.start_sms_flow(
        m.FlowStart(campaign_id=1, mozes_id=1, project_id=PROJECT)
    ),
    "cast_vote": lambda client: client.api.cast_vote(
        m.Vote(campaign_id=1, project_id=PROJECT, mozes_id=1, vote_choice_id=1)
    ),
    "submit_comment": lambda client: client.api.submit_comment(
        m.Comment(campaign_id=1, project_id=PROJECT, mozes_id=1, comment="Hi")
    ),
}
#: One call of each kind that only asks.
READS: dict[str, Call] = {
    "status": lambda client: client.status("a1"),
    "lookup": lambda client: client.provider.find_user("+13105551234"),
    "lookup for a message": lambda client: client.send(Message("+13105551234", text="Hi")),
    "lookup_by_facebook_id": lambda client: client.api.lookup_user_by_facebook_id(
        m.FacebookQuery(facebook_id="1")
    ),
    "lookup_by_twitter_handle": lambda client: client.api.lookup_user_by_twitter_handle(
        m.TwitterQuery(twitter_handle="somebody")
    ),
    "get_vote_config": lambda client: client.api.get_vote_config(
        m.CampaignQuery(campaign_id=1, project_id=PROJECT)
    ),
    "get_subscribed_projects": lambda client: client.api.list_subscribed_projects(
        m.UserQuery(mozes_id=1)
    ),
}


def caught(call: Callable[[], object]) -> PolycastError:
    """The error that a call raises."""
    with pytest.raises(PolycastError) as info:
        call()
    return info.value


def paths(wire: CannedWire) -> list[str]:
    """Where the requests went."""
    return [sent.path.removeprefix("/v1/") for sent in wire.sent]
