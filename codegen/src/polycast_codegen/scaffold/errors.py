"""What goes wrong on purpose."""

__all__ = ["ScaffoldError"]


class ScaffoldError(Exception):
    """A package cannot be written as asked; the message is a sentence."""
