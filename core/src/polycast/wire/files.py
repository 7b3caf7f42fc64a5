"""A file inside a multipart body."""

from typing import BinaryIO

import attrs

from polycast.wire.structure import refused

__all__ = ["File", "file_part"]


@attrs.frozen
class File:
    """A file to upload.

    Args:
        name: the file name that the provider is told.
        content: the bytes, or an open binary file, read from where it stands.
        media_type: e.g. `"image/jpeg"`.
    """

    name: str
    content: bytes | BinaryIO = attrs.field(repr=False)
    media_type: str = "application/octet-stream"


def file_part(value: object, at: str = "") -> File:
    """Return a file as it is.

    Raises:
        EncodeError: it is no `File`.
    """
    if not isinstance(value, File):
        raise refused("a polycast.wire.File", value, at)
    return value
