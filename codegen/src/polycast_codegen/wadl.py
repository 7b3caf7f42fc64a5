"""tbd"""


def read_wadl(content: bytes) -> dict[str, object]:
    raise NotImplementedError
