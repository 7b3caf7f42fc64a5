"""sms.by for Polycast.

import polycast

smsby = polycast.connect("smsby", token="...")
smsby.send(polycast.Message("+375291234567", text="Your table is ready"))
"""

from polycast_smsby.options import Options
from polycast_smsby.provider import Settings, SmsBy

__all__ = ["Options", "Settings", "SmsBy"]
