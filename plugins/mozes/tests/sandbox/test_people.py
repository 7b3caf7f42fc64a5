"""Phone numbers, subscriptions, lists, campaigns and reports of the fake server."""

from typing import Any

import pytest
from polycast.sandbox import ManualClock

GROWN_UP = {"project_id": 456442, "dob": "19801123"}


@pytest.mark.parametrize(
    ("phone", "code"),
    [
        ("14155551234", 0),
        ("12125554001", 0),
        ("14152730177", 0),
        ("+14155551234", 11001),
        ("4155551234", 11001),
        ("24155551234", 11001),
        ("141555512345", 11001),
        ("1415555123", 11001),
        ("1-415-555-1234", 11001),
        ("1415555123x", 11001),
        ("1415555123٤", 11001),
        ("14155551234\n", 11001),
        ("", 11001),
        ("380961111111", 11001),
        ("18005551234", 11004),
        ("18885551234", 11004),
        ("18085551234", 0),
        ("12125550000", 11003),
        ("14152730000", 11003),
    ],
)
def test_phones_are_eleven_digits_of_a_mobile(api: Any, phone: str, code: int) -> None:
    """No plus before the 1; toll-free numbers are landlines; what ends in 0000 is blocked."""
    assert api.code("user/lookup", {"phone": phone}) == code


def test_a_phone_has_one_user(api: Any) -> None:
    """A look-up makes a user once, and finds the same one ever after; others are others."""
    first = api.user("12125554001")
    assert api.user("12125554001") == first
    assert api.user("12125554002") != first
    assert api.user("12125550102") == 1483228


def test_social_names_have_users_of_their_own(api: Any) -> None:
    """A Facebook ID and a Twitter handle that look alike are two people."""
    lookups = [
        api.ok(f"user/lookup_by_{kind}", {kind: "1458541"})["mozes_id"]
        for kind in ("facebook_id", "twitter_handle", "facebook_id")
    ]
    assert lookups[0] == lookups[2] != lookups[1]


def test_who_is_subscribed_shows_in_the_number(api: Any) -> None:
    """Numbers with the exchange 555 subscribed before; others have to be subscribed first."""
    body = {"project_id": 456442, "message": "x"}
    friend, stranger = api.user("14155554001"), api.user("14152734001")
    assert api.code("broadcast/send_sms_to_user", body | {"mozes_id": friend}) == 0
    assert api.code("broadcast/send_sms_to_user", body | {"mozes_id": stranger}) == 14001
    api.ok("project/subscribe", GROWN_UP | {"mozes_id": stranger})
    assert api.code("broadcast/send_sms_to_user", body | {"mozes_id": stranger}) == 0
    assert api.code("project/subscribe", GROWN_UP | {"mozes_id": friend}) == 13000


def test_who_leaves_is_not_sent_to(api: Any) -> None:
    """After unsubscribing it is 14001 again, until the user comes back; leaving twice is fine."""
    user = {"project_id": 456442, "mozes_id": 1483228}
    for _ in range(2):
        api.ok("project/unsubscribe", user)
        assert api.code("broadcast/send_sms_to_user", user | {"message": "x"}) == 14001
    assert api.code("project/unsubscribe", user | {"mozes_id": 7}) == 10004
    api.ok("project/subscribe", user | GROWN_UP)
    assert api.code("broadcast/send_sms_to_user", user | {"message": "x"}) == 0


@pytest.mark.parametrize(
    ("born", "code"),
    [("20130101", 0), ("20130102", 11002), ("20121231", 0), ("20260101", 11002), ("19000101", 0)],
)
def test_subscribers_are_thirteen(api: Any, born: str, code: int) -> None:
    """From the thirteenth birthday on, which is today for the first of them."""
    body = {"project_id": 456442, "mozes_id": 455327, "dob": born}
    assert api.code("project/subscribe", body) == code


def test_a_users_projects_are_those_subscribed_to(api: Any) -> None:
    """A stranger has none; subscribing adds one, leaving takes it away."""
    user = {"mozes_id": 455327}
    courses = []
    for step in (None, "subscribe", "unsubscribe"):
        if step is not None:
            api.ok(f"project/{step}", user | GROWN_UP)
        told = api.ok("user/get_subscribed_projects", user)
        courses.append([project["id"] for (project,) in told["projects"]])
    assert courses == [[], ["456442"], []]
    assert len(api.ok("user/get_subscribed_projects", {"mozes_id": 1483228})["projects"]) == 5


def test_changes_of_subscriptions_are_told(api: Any, clock: ManualClock) -> None:
    """Who came and who went since a moment, the moment included, and nobody else."""
    clock.advance(60)
    api.ok("project/unsubscribe", {"project_id": 456442, "mozes_id": 1483228})
    api.ok("project/subscribe", GROWN_UP | {"mozes_id": 455327})
    expected = [
        ("1483228", "12125550102", 0, "2026-01-01T00:01:00Z"),
        ("455327", "14152730142", 1, "2026-01-01T00:01:00Z"),
    ]
    body = {"project_id": 456442, "start_date": "2026-01-01T00:01:00Z"}
    updates = api.ok("project/get_subscriber_updates", body)
    assert [tuple(update.values()) for update in updates] == expected
    later = body | {"start_date": "2026-01-01T00:01:01Z"}
    assert api.ok("project/get_subscriber_updates", later) == []
    everybody = body | {"start_date": "2012-03-04T00:00:00Z"}
    assert len(api.ok("project/get_subscriber_updates", everybody)) > len(updates)


# Lists.


def test_a_list_reaches_whom_it_holds(api: Any) -> None:
    """Filled in two calls, emptied, filled again: each time a broadcast reaches who is on it."""
    body = api.ok("broadcast_list/create", {"project_id": 456442, "name": "Friday"})
    body["project_id"] = 456442
    counts = []
    for ids in ([1483228], [3838234, 1483228], None, ["589834"]):
        if ids is None:
            api.ok("broadcast_list/truncate", body)
        else:
            api.ok("broadcast_list/insert_users", body | {"mozes_ids": ids})
        sent = api.ok("broadcast/send_sms_to_broadcast_list", body | {"message": "x"})
        counts.append(api.told(sent["client_id"])["recipient_count"])
    assert counts == ["1", "2", "0", "1"]
    assert api.sandbox.accepted[-1].to == "12125550105"


def test_a_sent_broadcast_keeps_its_users(api: Any, clock: ManualClock) -> None:
    """Emptying and deleting the list afterwards change nothing for who was on it."""
    body = {"project_id": 456442, "broadcast_list_id": 1483228}
    api.ok("broadcast/send_sms_to_broadcast_list", body | {"message": "x"})
    api.ok("broadcast_list/truncate", body)
    api.ok("broadcast_list/delete", body)
    clock.advance(10)
    assert len(api.sandbox.inbox) == 2


def test_a_deleted_list_is_gone(api: Any) -> None:
    """Each operation says so with its own code, and the name is free again."""
    body = {"project_id": 456442, "broadcast_list_id": 1483228}
    api.ok("broadcast_list/delete", body)
    assert api.code("broadcast_list/delete", body) == 12002
    assert api.code("broadcast_list/truncate", body) == 12002
    assert api.code("broadcast_list/insert_users", body | {"mozes_ids": []}) == 12001
    assert api.code("broadcast/send_sms_to_broadcast_list", body | {"message": "x"}) == 12002
    again = api.ok("broadcast_list/create", {"project_id": 456442, "name": "Regulars"})
    assert again["broadcast_list_id"] != 1483228


def test_names_are_unique_within_a_project(api: Any) -> None:
    """The same name in another project, and another name in the same one, are free."""
    for project, name, code in ((456442, "Regulars", 12000), (12345, "Regulars", 0)):
        assert api.code("broadcast_list/create", {"project_id": project, "name": name}) == code
    assert api.code("broadcast_list/create", {"project_id": 456442, "name": "regulars"}) == 0


def test_an_unknown_user_keeps_everybody_off_a_list(api: Any) -> None:
    """10004, which the page lists elsewhere, and nobody was put on the list."""
    body = {"project_id": 123456, "broadcast_list_id": 455327, "mozes_ids": [1483228, 7]}
    assert api.code("broadcast_list/insert_users", body) == 10004
    assert api.sandbox.account.lists[455327].members == {}


# Campaigns and reports.


def test_votes_count_or_say_why_not(api: Any) -> None:
    """0 twice, 300 for the same choice again, 200 for a third, 100 once the vote is over."""
    vote = {"campaign_id": 97483, "project_id": 78945, "mozes_id": 123456}
    results = [
        api.ok("campaign/cast_vote", vote | {"vote_choice_id": choice})["status_code"]
        for choice in (7726, 7726, "7727", 7728)
    ]
    assert results == [0, 300, 0, 200]
    other = vote | {"mozes_id": 12545135, "vote_choice_id": 7728}
    assert api.ok("campaign/cast_vote", other) == {"status_code": 0}
    over = vote | {"campaign_id": 2334234, "project_id": 456442, "vote_choice_id": 7726}
    assert api.ok("campaign/cast_vote", over) == {"status_code": 100}


def test_a_report_counts_what_happened(api: Any, clock: ManualClock) -> None:
    """A day's texts in and out, subscriptions and subscribers; of a campaign, its own texts."""
    project = {"project_id": 456442}
    campaign = project | {"campaign_id": 2334234}
    clock.advance(36 * 3600)
    api.broadcast(1483228, 3838234)
    api.ok("campaign/submit_comment", campaign | {"mozes_id": 1483228, "comment": "x"})
    api.ok("project/subscribe", GROWN_UP | {"mozes_id": 455327})
    assert api.ok("report/get_project_summary", project | {"date": "2026-01-02"}) == {
        "date": "2026-01-02",
        "mobile_connections": 4,
        "mobile_connections_in": 1,
        "subscriptions": 1,
        "mobile_connections_out": 3,
        "subscribers": 14,
    }
    told = api.ok("report/get_campaign_summary", campaign | {"date": "2026-01-02"})
    assert (told["mobile_connections_in"], told["mobile_connections_out"]) == (1, 1)
    # Without a date it is the day before, on which everybody was there from the start.
    told = api.ok("report/get_project_summary", project)
    assert (told["date"], told["subscriptions"], told["mobile_connections"]) == (
        "2026-01-01",
        13,
        0,
    )
