"""What can be asked of Wrenpost beyond what every provider can be asked."""

from typing import Literal

import attrs

__all__ = ["Options"]


@attrs.frozen(kw_only=True)
class Options:
    """Wrenpost's own words for a message.

    What is left None is left to Wrenpost.

    Args:
        ttl: Minutes to go on trying. At least 1.
        flash: Whether it is shown at once and not kept.
    """

    ttl: int | None = None
    flash: Literal[0, 1] | None = None
