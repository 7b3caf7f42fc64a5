"""Requests that schemathesis makes from each spec, sent to the fake server that answers by it."""

import base64
import logging
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from polycast.sandbox import Hosted, host, installed
from polycast.sandbox.openapi import read_document
from schemathesis import GenerationMode
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import response_schema_conformance

#: How a RapidPro server answers what it does not foresee, such as an id that is no number. The
#: sandbox of TextIt does so where the server was seen to do it.
_UNFORESEEN = "Server Error. Site administrators have been notified."
_BOUNDED = settings(
    derandomize=True,
    max_examples=4,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@cache
def schema_of(name: str) -> Any:
    """Return the spec that ships with a plugin, as schemathesis reads it."""
    text = files(f"polycast_{name}").joinpath("_client", f"{name}.yaml").read_text("utf-8")
    return schemathesis.openapi.from_dict(read_document(text))


def operations(name: str) -> Iterator[Any]:
    for found in schema_of(name).get_all_operations():
        yield found.ok()


OPERATIONS = [
    pytest.param(name, each, id=f"{name} {each.label}")
    for name in ("hyber", "infobip", "mozes", "smsby", "textit", "twilio")
    for each in operations(name)
]


@pytest.fixture(scope="module")
def hosted() -> Iterator[Hosted]:
    """All of them on loopback."""
    with host([kind() for kind in installed().values()]) as hosted:
        yield hosted


def authorise(name: str, case: Any) -> None:
    """Put the sandbox's credentials into a request."""
    given_ = installed()[name].settings()
    case.headers = case.headers or {}
    match name:
        case "hyber":
            pair = base64.b64encode(f"{given_['login']}:{given_['password']}".encode()).decode()
            case.headers["Authorization"] = f"Basic {pair}"
            case.path_parameters["client_id"] = given_["client_id"]
        case "infobip":
            case.headers["Authorization"] = f"App {given_['api_key']}"
        case "mozes":
            case.headers["X-API-Key"] = given_["api_key"]
            case.headers["X-API-Shared-Secret"] = given_["shared_secret"]
        case "smsby":
            case.query = {**(case.query or {}), "token": given_["token"]}
            if isinstance(case.body, dict):
                case.body["token"] = given_["token"]
        case "textit":
            case.headers["Authorization"] = f"Token {given_['token']}"
        case "twilio":
            pair = base64.b64encode(
                f"{given_['account_sid']}:{given_['auth_token']}".encode()
            ).decode()
            case.headers["Authorization"] = f"Basic {pair}"
            case.path_parameters["AccountSid"] = given_["account_sid"]


def test_a_part_without_a_name_is_refused(hosted: Hosted) -> None:
    """A multipart body whose part has no name does not fit, and is no failure of the server."""
    body = b'--x\r\nContent-Disposition: form-data; filename="a"\r\n\r\nb\r\n--x--\r\n'
    answer = requests.post(
        hosted.base_url("textit") + "/media.json",
        body,
        headers={
            "Authorization": f"Token {installed()['textit'].settings()['token']}",
            "Content-Type": "multipart/form-data; boundary=x",
        },
        timeout=60,
    )
    assert answer.status_code == 400, answer.text


def is_refusal(name: str, answer: requests.Response) -> bool:
    """Whether an answer is a refusal, which these providers send with HTTP 200.

    Their specs tell only what success looks like.
    """
    told = answer.json() if name in ("mozes", "smsby") else None
    if not isinstance(told, dict):
        return False
    if name == "smsby":
        return "error" in told
    return bool(told["status"]["code"] != 0)


@pytest.mark.parametrize(("name", "operation"), OPERATIONS)
def test_a_fake_server_answers_as_its_spec_says(
    hosted: Hosted,
    caplog: pytest.LogCaptureFixture,
    name: str,
    operation: Any,
) -> None:
    """Whatever fits the spec, or does not: no traceback, no HTTP 5xx, and an answer that fits."""
    caplog.set_level(logging.ERROR)
    session = requests.Session()
    cases = operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
    cases |= operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)

    @_BOUNDED
    @given(cases)
    def run(case: Any) -> None:
        authorise(name, case)
        try:
            answer = case.call(base_url=hosted.base_url(name), session=session)
        except (requests.exceptions.InvalidHeader, requests.exceptions.InvalidURL, UnicodeError):
            return  # Such a request cannot be written.
        told = answer.content.decode("utf-8", "replace")
        foreseen = name != "textit" or _UNFORESEEN not in told
        assert answer.status_code < 500 or not foreseen, f"{case.as_curl_command()}\n{told[:500]}"
        assert "Traceback" not in told
        assert not caplog.records, caplog.text
        if is_refusal(name, answer):
            return
        try:
            case.validate_response(answer, checks=[response_schema_conformance])
        except FailureGroup as failures:
            pytest.fail(f"{case.as_curl_command()}\n{failures.exceptions}")

    with session:
        run()
