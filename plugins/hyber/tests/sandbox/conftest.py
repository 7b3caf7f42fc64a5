"""A fake Hyber platform over real HTTP, and what is asked of it.

It is called with plain `requests`, never with our client; every success has to fit the spec, as
openapi-core judges it.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
import requests
from openapi_core.contrib.requests import RequestsOpenAPIRequest, RequestsOpenAPIResponse
from polycast.sandbox import ManualClock, host
from polycast.sandbox.openapi import OpenAPIDocument
from polycast_hyber.sandbox import HyberSandbox

DOCUMENT = OpenAPIDocument(HyberSandbox.spec.text, below=HyberSandbox.spec.below)


class Api(requests.Session):
    """Speaks to one sandbox; an address is taken below the client's own."""

    def __init__(self, root: str) -> None:
        super().__init__()
        self.root = root
        self.auth = ("sandbox-login", "sandbox-password")

    def request(
        self, method: str | bytes, url: str | bytes, *args: Any, **options: Any
    ) -> requests.Response:
        path = f"/1234/{url!s}".removesuffix("/")
        response = super().request(method, self.root + path, *args, **{"timeout": 600, **options})
        if response.ok:
            prepared = response.request.copy()
            prepared.url = str(prepared.url).replace(self.root, "http://sandbox")
            problems = DOCUMENT.core.iter_apicall_response_errors(
                RequestsOpenAPIRequest(prepared), RequestsOpenAPIResponse(response)
            )
            assert list(problems) == []
        return response


Start = Callable[..., tuple[requests.Session, HyberSandbox]]


@pytest.fixture
def clock() -> ManualClock:
    """The time of the sandboxes."""
    return ManualClock()


@pytest.fixture
def start(clock: ManualClock) -> Iterator[Start]:
    """Host a sandbox with these settings; return a session for it, and the sandbox."""
    with ExitStack() as stack:

        def start(**settings: Any) -> tuple[requests.Session, HyberSandbox]:
            sandbox = HyberSandbox(clock, **settings)
            hosted = stack.enter_context(host([sandbox]))
            return stack.enter_context(Api(hosted.base_url("hyber"))), sandbox

        yield start


@pytest.fixture
def hosted(start: Start) -> tuple[requests.Session, HyberSandbox]:
    """A session and its sandbox, as they come."""
    return start()


@pytest.fixture
def api(hosted: tuple[requests.Session, HyberSandbox]) -> requests.Session:
    """A session for the sandbox."""
    return hosted[0]


@pytest.fixture
def sandbox(hosted: tuple[requests.Session, HyberSandbox]) -> HyberSandbox:
    """The sandbox that the session speaks to."""
    return hosted[1]
