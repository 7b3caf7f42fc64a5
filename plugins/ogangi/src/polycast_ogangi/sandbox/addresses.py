"""Where each method is called, and how a call's own values are found in its address.

(Ogangi page, "URL structure" and "Methods".)
"""

import hmac
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from urllib.parse import unquote

from polycast.sandbox import Call, raw_path
from werkzeug.exceptions import NotFound
from werkzeug.routing import BaseConverter, Map, Rule

__all__ = ["INPUTS", "URLS", "signature_of", "values_of"]

_API = "/rest/api"
_KEYS = "/<publicKey>/<rest:signature>"
_BROADCAST = "/<instanceId>/<broadcastId>" + _KEYS
#: What `input` says to each operation; not always the method's own name (Ogangi page,
#: "Response XML").
INPUTS: Mapping[str, str] = {
    "send_sms_by_file": "sendSMS",
    "send_sms": "sendSMS",
    "get_message": "getMessage",
    "message_report": "messageReport",
    "get_shortcodes": "getShortcodes",
    "create_broadcast_from_json": "createBroadcastFromJson",
    "list_broadcasts": "getBroadcasts",
    "get_broadcasts": "getBroadcasts",
    "get_broadcast": "getBroadcast",
    "suspend_broadcast": "suspendBroadcast",
    "resume_broadcast": "resumeBroadcast",
    "stop_broadcast": "stopBroadcast",
    "delete_broadcast": "deleteBroadcast",
}
#: Path values that are signed; no two methods have any of them in different orders (Ogangi
#: page, "Signature").
_SIGNED = (
    "instanceId",
    "broadcastId",
    "shortcode",
    "userName",
    "shortcodeIgnore",
    "campaignName",
    "date",
    "carrier",
    "from",
    "mobileNumber",
    "messageId",
    "type",
    "initialDate",
    "finalDate",
    "page",
    "resultsPerPage",
    "parameters",
    "text",
)
_ENCODINGS: Mapping[str, Callable[[bytes], str]] = {
    "hex": bytes.hex,
    "base64": lambda digest: b64encode(digest).decode(),
    "base64url": lambda digest: urlsafe_b64encode(digest).decode(),
}
#: Methods with values in Base64, whose slashes are escaped: they are divided before they are
#: unescaped.
_ESCAPED: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "send_sms": ("tools/sendSMS", ("instanceId", "carrier", "from", "mobileNumber", "text")),
    "list_broadcasts": (
        "broadcasts",
        ("instanceId", "type", "initialDate", "finalDate", "text"),
    ),
}


class _Rest(BaseConverter):
    """The rest of a path: a signature in Base64 may hold slashes, and begin with one."""

    regex = ".+"
    part_isolating = False


URLS = Map(
    [
        Rule(
            f"{_API}/tools/sendSMSByFile/<instanceId>{_KEYS}",
            endpoint="send_sms_by_file",
            methods=["POST"],
        ),
        Rule(
            f"{_API}/tools/getMessage/<instanceId>/<messageId>{_KEYS}",
            endpoint="get_message",
            methods=["GET"],
        ),
        Rule(
            f"{_API}/tools/messageReport/<instanceId>/<initialDate>/<finalDate>/<page>"
            f"/<resultsPerPage>/<parameters>{_KEYS}",
            endpoint="message_report",
            methods=["GET"],
        ),
        Rule(
            f"{_API}/getShortcodes/<instanceId>/<userName>{_KEYS}",
            endpoint="get_shortcodes",
            methods=["GET"],
        ),
        Rule(
            f"{_API}/createBroadcastFromJson/<instanceId>/<broadcastId>/<shortcode>/<userName>"
            f"/<shortcodeIgnore>/<campaignName>/<date>{_KEYS}",
            endpoint="create_broadcast_from_json",
            methods=["POST"],
        ),
        Rule(
            f"{_API}/getBroadcasts/<instanceId>/<type>/<initialDate>/<finalDate>/<text>{_KEYS}",
            endpoint="get_broadcasts",
            methods=["GET"],
        ),
        *(
            Rule(f"{_API}/{method}/<rest:escaped>", endpoint=operation, methods=["GET"])
            for operation, (method, _) in _ESCAPED.items()
        ),
        *(
            Rule(
                f"{_API}/{action}Broadcast{_BROADCAST}",
                endpoint=f"{action}_broadcast",
                methods=["GET"],
            )
            for action in ("get", "suspend", "resume", "stop")
        ),
        Rule(f"{_API}/broadcast{_BROADCAST}", endpoint="delete_broadcast", methods=["DELETE"]),
    ],
    converters={"rest": _Rest},
    merge_slashes=False,
)


def values_of(call: Call) -> Mapping[str, str]:
    """Return the values in a call's address, both keys among them.

    Raises:
        NotFound: there are too few.
    """
    if call.operation not in _ESCAPED:
        return call.values
    method, names = _ESCAPED[call.operation]
    segments = raw_path(call.request).removeprefix(f"{_API}/{method}/").split("/")
    if len(segments) < len(names) + 2:
        raise NotFound
    own, (public_key, *signature) = segments[: len(names)], segments[len(names) :]
    values = dict(zip(names, map(unquote, own), strict=True))
    return {**values, "publicKey": unquote(public_key), "signature": unquote("/".join(signature))}


def signature_of(values: Mapping[str, str], private_key: str, encoding: str) -> str:
    """Return the right signature: HMAC-SHA256 of the decoded path values in their order."""
    message = "/".join(values[name] for name in _SIGNED if name in values)
    return _ENCODINGS[encoding](hmac.digest(private_key.encode(), message.encode(), "sha256"))
