"""How a call's own values are found in its address, and how they are signed.

(Ogangi page, "URL structure" and "Signature".)
"""

import hmac
import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from urllib.parse import unquote

from polycast.sandbox import Call, raw_path
from werkzeug.exceptions import NotFound

__all__ = ["signature_of", "values_of"]

_ESCAPED = ("send_sms", "list_broadcasts")
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


def values_of(call: Call, template: str) -> Mapping[str, str]:
    """Return the values in a call's address, both keys among them.

    The address is unescaped before it is divided, but for methods with values in Base64, whose
    slashes are escaped. The signature is the rest: it may hold slashes.

    Args:
        call: the call.
        template: its path, as the spec has it.

    Raises:
        NotFound: there are too few.
    """
    *names, last = re.findall(r"\{(\w+)\}", template)
    path = raw_path(call.request).removeprefix(template.partition("{")[0])
    values = (path if call.operation in _ESCAPED else unquote(path)).split("/", len(names))
    if len(values) <= len(names):
        raise NotFound
    if call.operation in _ESCAPED:
        values = [*map(unquote, values)]
    return dict(zip([*names, last], values, strict=True))


def signature_of(values: Mapping[str, str], private_key: str, encoding: str) -> str:
    """Return the right signature: HMAC-SHA256 of the decoded path values in their order."""
    message = "/".join(values[name] for name in _SIGNED if name in values)
    return _ENCODINGS[encoding](hmac.digest(private_key.encode(), message.encode(), "sha256"))
