"""What the server says instead of an answer.

The words are the server's own where its page has them: tests and users search for them.
Their spelling is the server's too. (sms.by page, section 4, "Errors", and section 9 for what
refuses the account.)
"""

from collections.abc import Mapping
from http import HTTPStatus

__all__ = [
    "ACCESS_DENIED",
    "ALPHANAME",
    "ALPHANAME_OLD",
    "ALPHANAME_QUICK",
    "BILLING",
    "INVALID_TOKEN",
    "LIMIT",
    "PHONE",
    "THROTTLED",
    "TOO_LONG",
    "Missing",
    "Refused",
]

#: The mailing is not approved by sms.by's administrator.
ACCESS_DENIED = "access denied"
ALPHANAME = "Wrong alphaname. Check it is correct and approved."
ALPHANAME_OLD = "alphaname is error"
ALPHANAME_QUICK = "ошибка в буквенном имени"
BILLING = "billing error"
INVALID_TOKEN = "invalid token"
LIMIT = "limit exceeded"
PHONE = "incorrect phone number"
THROTTLED = "Превышен лимит запросов"
TOO_LONG = (
    "Message is too long. Allowed size: 1530 chars for 10 sms (160 latin symbols /sms). "
    "670 chars for 10 ciryllic sms"
)


class Refused(Exception):
    """The server answers with an `error`.

    Args:
        said: the value of `error`: text, or something else that explains itself.
        status: the HTTP status; None where it depends on the server's age.
        more: what else is in the body.
    """

    def __init__(
        self,
        said: object,
        *,
        status: HTTPStatus | None = None,
        more: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(said)
        self.said = said
        self.status = status
        self.more = more or {}

    def body(self) -> dict[str, object]:
        """Return the body of the answer."""
        return {"error": self.said, **self.more}


class Missing(Refused):
    """There is nothing with this number."""

    def __init__(self) -> None:
        super().__init__("not found")
