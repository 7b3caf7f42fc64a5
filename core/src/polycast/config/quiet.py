"""When the campaigns of an account rest, as its profile says."""

from typing import Self

import attrs

from polycast.errors import SettingsError, UsageError
from polycast.model.hours import SendingHours

__all__ = ["QuietHours"]


@attrs.frozen
class QuietHours:
    """When campaigns of an account are submitted; at other hours they rest.

    A profile has them as a table::

        [profiles.kyiv.quiet]
        between = "09:00-20:00"     # by the clocks where each recipient is
        zone = "Europe/Kyiv"        # of those about whom nothing else is known

    Args:
        between: the hours of the day.
        zone: of recipients about whom nothing else is known; None refuses them.
    """

    between: SendingHours
    zone: str | None = None

    @classmethod
    def read(cls, table: object, place: str) -> Self:
        """Return what a table of a settings file says.

        Raises:
            SettingsError: it has no hours, or something else.
        """
        if not isinstance(table, dict) or set(table) - {"between", "zone"}:
            raise SettingsError(
                f'{place} is not a table with between = "09:00-20:00" and perhaps a zone.'
            )
        zone = table.get("zone")
        if zone is not None and not isinstance(zone, str):
            raise SettingsError(f"{place}.zone is not the name of a time zone.")
        try:
            return cls(SendingHours.parse(table.get("between", "")), zone)
        except UsageError as error:
            raise SettingsError(f"{place}.between: {error}") from None
