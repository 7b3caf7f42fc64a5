"""An account at the fake server, spoken to with plain `requests`, never with our client."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any, cast

import pytest
import requests
from openapi_core.contrib.requests import RequestsOpenAPIRequest, RequestsOpenAPIResponse
from polycast.sandbox import Hosted, ManualClock, host
from polycast.sandbox.openapi import OpenAPIDocument
from polycast_smsby.sandbox import SmsBySandbox

DOCUMENT = OpenAPIDocument(SmsBySandbox.spec.text, below=SmsBySandbox.spec.below)

PHONE = "375293332211"


class Api(requests.Session):
    """Speaks to one sandbox; every success has to fit the spec, as openapi-core reads it."""

    def __init__(self, hosted: Hosted, sandbox: SmsBySandbox) -> None:
        super().__init__()
        self.sandbox = sandbox
        self.root = hosted.base_url("smsby")

    def request(
        self, method: str | bytes, url: str | bytes, *args: Any, **options: Any
    ) -> requests.Response:
        address = f"{self.root}/{url!s}"
        response = super().request(method, address, *args, **{"timeout": 60, **options})
        if response.ok and "error" not in response.json():
            prepared = response.request.copy()
            prepared.url = str(prepared.url).replace(self.root, "http://sandbox/api/v1")
            problems = DOCUMENT.core.iter_apicall_response_errors(
                RequestsOpenAPIRequest(prepared), RequestsOpenAPIResponse(response)
            )
            assert list(problems) == []
        return response

    def ask(self, name: str, /, **query: str | int) -> Any:
        """Call a GET method and return what it says, whatever the HTTP status."""
        params: dict[str, str | int] = {"token": "sandbox-token", **query}
        return self.get(name, params=params).json()

    def tell(self, name: str, /, **form: object) -> Any:
        """Call a POST method with a form and return what it says."""
        return self.post(name, data={"token": "sandbox-token", **form}).json()

    def quick(self, phone: str = PHONE, message: str = "Hello", **form: object) -> Any:
        return self.tell("sendQuickSMS", phone=phone, message=message, **form)

    def bulk(self, *mailings: dict[str, Any], callback_url: str = "") -> Any:
        common = {"alphaname_id": "123", "name": "mailing"}
        body = {
            "token": "sandbox-token",
            "callback_url": callback_url,
            "messages": [{**common, **mailing} for mailing in mailings],
        }
        return self.post("sendBulkSms", json=body).json()

    def rows(self, uuid: str) -> list[dict[str, Any]]:
        """Return what became of every SMS of a call with mailings."""
        return cast(list[dict[str, Any]], self.tell("statusBulkSms", uuid=uuid)["result"])


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def start(clock: ManualClock) -> Iterator[Callable[..., Api]]:
    """Host a sandbox with these settings and return a session for it."""
    with ExitStack() as stack:

        def start(**settings: Any) -> Api:
            sandbox = SmsBySandbox(clock, **settings)
            hosted = stack.enter_context(host([sandbox]))
            return stack.enter_context(Api(hosted, sandbox))

        yield start


@pytest.fixture
def api(start: Callable[..., Api]) -> Api:
    return start()
