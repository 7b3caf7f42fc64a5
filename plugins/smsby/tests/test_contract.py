"""sms.by keeps what every provider promises."""

import json

from polycast import (
    AccountBlocked,
    AuthenticationFailed,
    CallbackRequest,
    Conflict,
    InsufficientFunds,
    Message,
    NotFound,
    ProviderError,
    ProviderUnavailable,
    RateLimited,
    Rejected,
    Report,
    State,
)
from polycast.sandbox import Answer
from polycast.testing import WORD, ProviderContract, Pushed, Refusal, Vocabulary
from polycast_smsby import Options
from polycast_smsby.sandbox import SmsBySandbox

#: "Statuses and mapping".
WORDS = {
    "NEW": State.QUEUED,
    "SENT": State.SENT,
    "DELIVERED": State.DELIVERED,
    "UNDELIVERED": State.FAILED,
    "FAILED": State.FAILED,
}
VIBER = Options(vibername_id=77)


def said(error: type[ProviderError], words: str, status: int = 200) -> Refusal:
    """One of the "Errors", as the answer to a send."""
    answer = Answer(status, json.dumps({"error": words}), "application/json")
    return Refusal(error, answer=answer, detail=words)


class TestContract(ProviderContract):
    """sms.by, at its fake server."""

    provider = "smsby"
    sandbox = SmsBySandbox
    address = "+375291234567"
    sender = "123"
    options = (
        Options(alphaname_id=234),
        Options(forwarding_message=True, forwarding_time=15, vibername_id=77),
    )
    alongside = {"viber": {"options": VIBER}}
    vocabulary = (
        Vocabulary(
            id="sms:2204968",
            answers=f'{{"sent": 1616064780, "delivered": 0, "status": "{WORD}"}}',
            words=WORDS,
        ),
        Vocabulary(
            id="bulk:cc9c8043-8caf-11ef-b035-9e8f47954dec",
            answers='{"uuid": "cc9c8043-8caf-11ef-b035-9e8f47954dec", "status": "OK", "result": '
            f'[{{"sms_id": 1, "phone": 375291111111, "status": "{WORD}", "d_sent": null}}]}}',
            words=WORDS,
            reports=True,
        ),
        # "Delivery": the states are in small letters.
        Vocabulary(
            id="message:2604834",
            # Asked for the state of the whole, and again for the reports.
            answers=[
                '{"result": [{"phone": 375293332211, '
                f'"status": "{WORD}", "d_sent": "2021-03-22 11:32:32"}}]}}'
            ]
            * 2,
            words={word.lower(): state for word, state in WORDS.items()},
            reports=True,
        ),
        # Of a message that nobody was sent yet.
        Vocabulary(
            id="message:2604834",
            answers=(
                '{"result": []}',
                f'{{"status": "{WORD}", "parts": 1, "alphaname": "SYSTEM"}}',
            ),
            words={"new": State.QUEUED, "moderated": State.QUEUED},
        ),
    )
    refusals = (
        Refusal(
            Rejected,
            lambda client: client.send(Message("+375291230000", text="Hello")),
            detail="incorrect phone number",
        ),
        Refusal(
            AccountBlocked,
            lambda client: client.send(Message("+375291234567", text="Hello", sender="9")),
            detail="ошибка в буквенном имени",
        ),
        Refusal(
            Rejected,
            lambda client: client.send(Message("+375291234567", text="x" * 1531)),
            detail="Message is too long",
        ),
        Refusal(InsufficientFunds, sandbox={"balance": "0"}, detail="billing error"),
        Refusal(AccountBlocked, sandbox={"quota": 0}, detail="limit exceeded"),
        Refusal(AccountBlocked, sandbox={"approved": False}, detail="access denied"),
        Refusal(RateLimited, sandbox={"requests_per_minute": 0}, detail="Превышен лимит запросов"),
        Refusal(AuthenticationFailed, settings={"token": "another"}, detail="invalid token"),
        Refusal(NotFound, lambda client: client.status("sms:7"), detail="not found"),
        said(Conflict, "The same message exists with ID=3"),
        said(AccountBlocked, "Wrong alphaname. Check it is correct and approved."),
        said(AccountBlocked, "alphaname is error", 500),
        said(AccountBlocked, "ошибка в буквенном имени", 400),
        said(Rejected, "Message is too long. Allowed size: 1530 chars for 10 sms"),
        said(Rejected, "incorrect phone number"),
        said(Rejected, "len value must be beetwen 1 and 16"),
        said(InsufficientFunds, "billing error"),
        said(AccountBlocked, "limit exceeded"),
        said(AccountBlocked, "limit excided", 403),
        said(RateLimited, "Превышен лимит запросов"),
        said(AccountBlocked, "access denied", 500),
        said(AuthenticationFailed, "token is invalid"),
        said(NotFound, "not found", 500),
        said(ProviderError, "undefined error"),
        # "Bulk sms", the words of its statuses.
        said(Rejected, "Некорректный запрос", 400),
        said(NotFound, "Страница не найдена", 404),
        said(ProviderUnavailable, "Сервер недоступен", 500),
    )
    callbacks = (
        # The form is unpublished: this is how a row looks wherever sms.by shows one.
        Pushed(
            CallbackRequest(
                body=b'{"uuid": "cc9c8043-8caf-11ef-b035-9e8f47954dec", "result": ['
                b'{"phone": 375291111111, "status": "DELIVERED", "sms_id": 17}, '
                b'{"phone": 375292222222, "status": "misplaced", "sms_id": 18}]}'
            ),
            [
                Report(to="+375291111111", state=State.DELIVERED, id="sms:17", detail="DELIVERED"),
                Report(to="+375292222222", state=State.UNKNOWN, id="sms:18", detail="misplaced"),
            ],
        ),
    )
