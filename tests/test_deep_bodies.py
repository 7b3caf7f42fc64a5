"""Every sandbox refuses a body that is nested too deeply as its provider refuses a bad one."""

from collections.abc import Mapping

import pytest
import requests
from polycast.sandbox import host, installed

#: Where each sandbox takes JSON, what lets a request in, and how it refuses.
PLACES: Mapping[str, tuple[str, dict[str, str], int]] = {
    "hyber": ("/{client_id}", {}, 200),
    "infobip": ("/sms/3/messages", {"Authorization": "App {api_key}"}, 400),
    "mozes": (
        "/broadcast/send_sms_to_user",
        {"X-API-Key": "{api_key}", "X-API-Shared-Secret": "{shared_secret}"},
        200,
    ),
    "smsby": ("/sendBulkSms?token={token}", {}, 400),
    "textit": ("/broadcasts.json", {"Authorization": "Token {token}"}, 400),
}


@pytest.mark.parametrize("body", ["[" * 200_000, '{"a":' * 200_000, "[" * 900 + "]" * 900])
@pytest.mark.parametrize("name", PLACES)
def test_a_deep_body_is_refused_in_the_providers_own_form(name: str, body: str) -> None:
    """No server error and no traceback: the JSON in which the provider refuses a bad body."""
    path, headers, status = PLACES[name]
    with host([installed()[name]()]) as hosted:
        sandbox = hosted.sandboxes[name]
        settings = sandbox.settings()
        login = (str(settings["login"]), str(settings["password"])) if name == "hyber" else None
        answer = requests.post(
            hosted.base_url(name) + path.format_map(settings),
            body,
            headers={
                "Content-Type": "application/json",
                **{key: value.format_map(settings) for key, value in headers.items()},
            },
            auth=login,
            timeout=600,
        )
    assert (answer.status_code, type(answer.json())) == (status, dict), answer.text[:300]
    assert sandbox.accepted == []
