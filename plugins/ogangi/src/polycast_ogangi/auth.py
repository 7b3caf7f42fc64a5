"""How Ogangi knows who calls: a public key and a signature at the end of every path."""

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from typing import Literal
from urllib.parse import quote

import attrs
from polycast import Secret, UsageError
from polycast.wire import Call
from requests import PreparedRequest

Encoding = Literal["hex", "base64", "base64url"]

#: Values that travel in Base64, which may hold slashes ("Send SMS", "List Broadcasts"). They are
#: signed like that, as in nyaruka/courier's handler for Messangi.
_BASE64 = frozenset(
    {("send_sms", "mobileNumber"), ("send_sms", "text"), ("list_broadcasts", "text")}
)

#: From a call's own path values, in URL order and not escaped, to the signature's text.
Sign = Callable[[Sequence[str]], str]


def sign(
    values: Sequence[str], private_key: Secret, *, encoding: Encoding = "hex", encoded: bool = False
) -> str:
    """Return the signature of a call: HMAC-SHA256 of its path values, joined with slashes.

    Known from "Java Example Call" and "JSON Broadcast Example Call": the algorithm, that the
    key is the private key's bytes, and the order and joining of the values. That the digest is
    written in lower-case hexadecimal, and values are signed as they are rather than
    percent-encoded, is what nyaruka/courier's handler for Messangi does in production. Both can
    be set; to do something else, override `Ogangi.sign`.

    Args:
        values: the call's own path parameters in URL order: neither the method's name, nor the
            public key, nor anything that is posted.
        private_key: never sent.
        encoding: how the digest is written.
        encoded: whether to sign the values percent-encoded.
    """
    text = "/".join(quote(value, safe="") if encoded else value for value in values)
    digest = hmac.digest(private_key.reveal().encode(), text.encode(), hashlib.sha256)
    match encoding:
        case "hex":
            return digest.hex()
        case "base64":
            return base64.b64encode(digest).decode()
        case "base64url":
            return base64.urlsafe_b64encode(digest).decode()


def check_segment(name: str, value: str) -> None:
    """Refuse a value that would change the path it is put in.

    Escaped or not, many servers take a slash for the border between two values, of which the
    signature says nothing; and dots alone for a step up.

    Raises:
        UsageError: naming it.
    """
    if "/" in value or value in ("", ".", ".."):
        raise UsageError(
            f"Ogangi cannot be told the {name} {value!r}: it becomes part of an address, where a "
            "slash, or dots alone, would mean something else. Write it in another way."
        )


@attrs.frozen
class SignedPath:
    """Supplies `publicKey` and `signature` to each call.

    A signed URL holds no nonce and no time: whoever has seen one can call it again for ever.
    So the signatures are masked wherever they could be shown, like the keys themselves.

    Args:
        public_key: travels in every path.
        private_key: signs, and never travels.
        sign: makes the signature.
    """

    public_key: Secret
    private_key: Secret
    sign: Sign

    @property
    def secrets(self) -> tuple[str, ...]:
        """Both keys; the wire masks each call's signature by itself."""
        return (self.public_key.reveal(), self.private_key.reveal())

    def supply(self, call: Call, names: tuple[str, ...]) -> Mapping[str, str]:
        """Return the public key and the signature for a call.

        Raises:
            UsageError: a value cannot be part of a path.
        """
        for name, value in call.path_values:
            if (call.operation, name) not in _BASE64:
                check_segment(name, value)
        signature = self.sign([value for _, value in call.path_values])
        return {"publicKey": self.public_key.reveal(), "signature": signature}

    def apply(self, request: PreparedRequest) -> None:
        """Add nothing: all of it is in the path."""
