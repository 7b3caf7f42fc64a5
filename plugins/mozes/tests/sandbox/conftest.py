"""A fake Mozes server over real HTTP, and somebody who speaks to it with plain `requests`."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
import requests
from openapi_core.contrib.requests import RequestsOpenAPIRequest, RequestsOpenAPIResponse
from polycast.sandbox import Hosted, ManualClock, host
from polycast.sandbox.openapi import OpenAPIDocument
from polycast_mozes.sandbox import MozesSandbox

DOCUMENT = OpenAPIDocument(MozesSandbox.spec.text, below=MozesSandbox.spec.below)


class Api(requests.Session):
    """Speaks to one sandbox; every answer in an envelope has to fit the spec."""

    def __init__(self, hosted: Hosted, sandbox: MozesSandbox) -> None:
        super().__init__()
        self.sandbox = sandbox
        self.root = hosted.base_url("mozes")
        self.headers["X-API-Key"] = "sandbox-key"
        self.headers["X-API-Shared-Secret"] = "sandbox-secret"

    def ask(self, path: str, body: object) -> requests.Response:
        """Post a body to one of the API's paths."""
        return self.post(f"{self.root}/{path}", json=body, timeout=60)

    def ok(self, path: str, body: object) -> Any:
        """Post a body, expect code 0, and return what is inside the envelope."""
        answer = self.ask(path, body)
        prepared = answer.request.copy()
        prepared.url = str(prepared.url).replace(self.root, "http://sandbox/v1")
        problems = DOCUMENT.core.iter_apicall_response_errors(
            RequestsOpenAPIRequest(prepared), RequestsOpenAPIResponse(answer)
        )
        assert list(problems) == []
        assert self.sandbox.requests[-1].problems == ()
        told = answer.json()
        assert (answer.status_code, told["status"]["code"]) == (200, 0), told
        return told["response"]

    def code(self, path: str, body: object) -> int:
        """Post a body, and return the code of the answer."""
        code: int = self.ask(path, body).json()["status"]["code"]
        return code

    def user(self, phone: str) -> int:
        """Return the user with a phone number."""
        return int(self.ok("user/lookup", {"phone": phone})["mozes_id"])

    def broadcast(self, *users: int, message: str = "Hello", project: int = 456442) -> str:
        """Send to users, and return the broadcast's client id."""
        body = {"project_id": project, "mozes_ids": users, "message": message}
        client_id: str = self.ok("broadcast/send_sms_to_users", body)["client_id"]
        return client_id

    def told(self, client_id: str) -> Any:
        """Return a broadcast's status."""
        body = {"project_id": 456442, "client_id": client_id}
        return self.ok("broadcast/get_broadcast_status", body)


Start = Callable[..., Api]


@pytest.fixture
def clock() -> ManualClock:
    """A time that stands still."""
    return ManualClock()


@pytest.fixture
def start(clock: ManualClock) -> Iterator[Start]:
    """Host a sandbox with these settings and return a session for it."""
    with ExitStack() as stack:

        def start(**settings: Any) -> Api:
            sandbox = MozesSandbox(clock, **settings)
            hosted = stack.enter_context(host([sandbox]))
            return stack.enter_context(Api(hosted, sandbox))

        yield start


@pytest.fixture
def api(start: Start) -> Api:
    """A session for a sandbox as it is when nothing is said."""
    return start()
