"""The signature at the end of every path."""

import base64
import hashlib
import hmac

import pytest
from polycast import Secret, UsageError
from polycast.wire import Call
from polycast_ogangi.auth import SignedPath, sign

KEY = Secret("PRIVATE_KEY")

VECTORS = {
    "8/peter/peterpassword": "bccffde06e8c4576dfe430f3cf8c1d114bcfac28d3512f01b1957fafc2852fd7",
    "8/-1/434/peter/true/testJsonBroadcast/null": (
        "a0d8cd93fccc157fca603546c1424c879b304381add6fcecd3d8378b4ef53bc7"
    ),
    "8": "f8a445a9a71e2cdebd478e070a820cbda3b89be36e5ea63f950d8a5e1220d968",
    "8/1542": "bfb23c70174b0874156848cb87c52798bbb621fcf0398426c317029182e4ec1f",
}


@pytest.mark.parametrize(("text", "signature"), VECTORS.items())
def test_vectors(text: str, signature: str) -> None:
    """The values joined with slashes, keyed with the private key, give the known digests."""
    assert sign(text.split("/"), KEY) == signature


def test_encodings_of_the_digest() -> None:
    """The same digest can be written in hexadecimal and in both kinds of Base64."""
    values = ["8", "1542"]
    digest = bytes.fromhex(sign(values, KEY))
    assert sign(values, KEY, encoding="base64") == base64.b64encode(digest).decode()
    assert sign(values, KEY, encoding="base64url") == base64.urlsafe_b64encode(digest).decode()


def test_signs_values_as_they_are_unless_told() -> None:
    """A blank, a colon and a letter outside ASCII are signed as such, or escaped on demand."""
    values = ["8", "31-12-2030 09:00", "Фієста & co"]

    def digest(text: str) -> str:
        return hmac.new(b"PRIVATE_KEY", text.encode(), hashlib.sha256).hexdigest()

    assert sign(values, KEY) == digest("8/31-12-2030 09:00/Фієста & co")
    escaped = "8/31-12-2030%2009%3A00/%D0%A4%D1%96%D1%94%D1%81%D1%82%D0%B0%20%26%20co"
    assert sign(values, KEY, encoded=True) == digest(escaped)


def test_private_key_outside_ascii() -> None:
    """A private key is its UTF-8 bytes."""
    expected = hmac.new("ключ".encode(), b"8", hashlib.sha256).hexdigest()
    assert sign(["8"], Secret("ключ")) == expected


def _auth() -> SignedPath:
    return SignedPath(Secret("PUBLIC"), KEY, lambda values: sign(values, KEY))


def test_supplies_public_key_and_signature() -> None:
    """Both parameters that the spec leaves to us are supplied, from the call's own values."""
    call = Call(
        operation="get_broadcast",
        method="GET",
        path_values=(("instanceId", "8"), ("broadcastId", "1542")),
    )
    assert _auth().supply(call, ("publicKey", "signature")) == {
        "publicKey": "PUBLIC",
        "signature": VECTORS["8/1542"],
    }


@pytest.mark.parametrize("value", ["May/June", "/", ".", "..", ""])
def test_refuses_what_would_change_the_path(value: str) -> None:
    """A value with a slash, or of dots alone, is refused by name: the path would shift."""
    call = Call(
        operation="create_broadcast_from_json",
        method="POST",
        path_values=(("instanceId", "8"), ("campaignName", value)),
    )
    with pytest.raises(UsageError, match=f"the campaignName {value!r}"):
        _auth().supply(call, ("publicKey", "signature"))


def test_both_keys_are_secrets() -> None:
    """The wire is told both keys to mask, and the object does not show them itself."""
    auth = _auth()
    assert set(auth.secrets) == {"PUBLIC", "PRIVATE_KEY"}
    assert "PUBLIC" not in repr(auth)
    assert "PRIVATE_KEY" not in repr(auth)
