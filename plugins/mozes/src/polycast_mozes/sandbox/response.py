"""The envelope around every answer, and the return codes that stand in it.

Half of the provider's pages call the code's short name `name`, the others `message`; each
operation answers as its own page does (Mozes page, "Envelope").
"""

from polycast.sandbox import Refused

__all__ = ["CODES", "UNPUBLISHED", "envelope", "refusal"]

#: Every published return code (Mozes page, "Return codes").
CODES = {
    0: ("OK", "OK"),
    10004: ("INVALID_MOZES_ID", "No user has this Mozes ID."),
    11001: ("USER_INVALID_PHONE_FORMAT", "A phone number is eleven digits, the first being 1."),
    11002: ("USER_UNDERAGE", "The user is under the age of 13."),
    11003: ("USER_BLOCKED", "The user is blocked, by the carrier as a rule."),
    11004: ("USER_LANDLINE", "This is the number of a landline, not of a mobile phone."),
    12000: ("BROADCAST_LIST_DUPLICATE_LIST", "The project has a list of this name already."),
    12001: ("BROADCAST_LIST_LIST_NOT_FOUND", "No list has this ID."),
    12002: ("BROADCAST_LIST_INVALID_LIST_PROJECT", "The project has no list with this ID."),
    13000: ("PROJECT_ALREADY_SUBSCRIBED", "The user is subscribed to the project already."),
    13003: ("PROJECT_INVALID_CAMPAIGN_ID", "The project has no campaign with this ID."),
    14000: (
        "BROADCAST_MESSAGE_LENGTH_EXCEEDED",
        "With the project's name and the signature the message is longer than 160 characters.",
    ),
    14001: ("BROADCAST_USER_NOT_SUBSCRIBED", "The user is not subscribed to the project."),
    14002: ("BROADCAST_STATUS_NOT_FOUND", "No broadcast of the project has this client ID."),
}

#: What has to be answered without a published code: our guesses at numbers that the page
#: suspects to exist.
UNPUBLISHED = {
    10000: ("INVALID_API_KEY", "The API key or the shared secret is wrong."),
    10001: ("INVALID_REQUEST", "The request cannot be understood."),
    10003: ("INVALID_PROJECT_ID", "No project of yours has this ID."),
}

_SAY_MESSAGE = frozenset(
    [
        "send_sms_to_user",
        "send_sms_to_user_as_printed",
        "send_sms_to_broadcast_list",
        "send_sms_to_users",
        "get_broadcast_status",
        "lookup_user",
        "lookup_user_by_facebook_id",
        "lookup_user_by_twitter_handle",
        "get_project_summary",
        "get_campaign_summary",
    ]
)


def refusal(code: int, description: str | None = None) -> Refused:
    """Return that the server answers with a code other than 0.

    Args:
        code: one of `CODES` or `UNPUBLISHED`.
        description: in place of the code's own.
    """
    return Refused((code, description))


def envelope(
    operation: str, response: object, code: int = 0, description: str | None = None
) -> dict[str, object]:
    """Wrap what an operation tells."""
    name, detail = (CODES | UNPUBLISHED)[code]
    said = {
        "code": code,
        "message" if operation in _SAY_MESSAGE else "name": name,
        "description": description or detail,
    }
    return {"status": said, "response": response}
