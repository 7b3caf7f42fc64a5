"""What the server says instead of an answer.

The words are the server's own where its page has them: tests and users search for them.
Their spelling is the server's too. (sms.by page, section 4, "Errors", and section 9 for what
refuses the account.)
"""

__all__ = [
    "ACCESS_DENIED",
    "ALPHANAME",
    "ALPHANAME_QUICK",
    "BILLING",
    "INVALID_TOKEN",
    "LIMIT",
    "MISSING",
    "PHONE",
    "THROTTLED",
    "TOO_LONG",
]

#: The mailing is not approved by sms.by's administrator.
ACCESS_DENIED = "access denied"
ALPHANAME = "Wrong alphaname. Check it is correct and approved."
ALPHANAME_QUICK = "ошибка в буквенном имени"
BILLING = "billing error"
INVALID_TOKEN = "invalid token"
LIMIT = "limit exceeded"
MISSING = "not found"
PHONE = "incorrect phone number"
THROTTLED = "Превышен лимит запросов"
TOO_LONG = (
    "Message is too long. Allowed size: 1530 chars for 10 sms (160 latin symbols /sms). "
    "670 chars for 10 ciryllic sms"
)
