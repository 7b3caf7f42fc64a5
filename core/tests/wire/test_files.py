"""A file part is a file with a name; its content is not shown."""

import io

import pytest
from polycast.wire import EncodeError, File, file_part


@pytest.mark.parametrize("content", [b"secret", io.BytesIO(b"secret")])
def test_a_file_does_not_show_its_content(content: bytes | io.BytesIO) -> None:
    """What is uploaded may be private; the name and media type are enough to know it by."""
    file = File("a.txt", content, "text/plain")
    assert repr(file) == "File(name='a.txt', media_type='text/plain')"
    assert file_part(file) is file


@pytest.mark.parametrize("value", [b"bytes", "text", None, io.BytesIO(b"")])
def test_what_is_no_file(value: object) -> None:
    """Bytes without a name are refused, at the place where they were found."""
    with pytest.raises(EncodeError, match=r"^\$\.file: expected a polycast\.wire\.File, found"):
        file_part(value, ".file")
