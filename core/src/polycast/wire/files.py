"""A file inside a multipart body."""

from typing import BinaryIO

import attrs

__all__ = ["File"]


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
