"""What can be asked of Wrenpost beyond what every provider can be asked."""

import attrs

__all__ = ["Options"]


@attrs.frozen(kw_only=True)
class Options:
    """Wrenpost's own words for a message. What is left None is left to Wrenpost.

    Args:
        flash: whether it is shown at once and not kept.
    """

    flash: bool | None = None
