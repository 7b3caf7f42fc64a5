"""Twilio for Polycast.

import polycast

twilio = polycast.connect(
    "twilio", account_sid="AC...", auth_token="...", sender="+14155550199"
)
twilio.send(polycast.Message("+14155550100", text="Your table is ready"))
"""

from polycast_twilio.options import Options
from polycast_twilio.provider import Settings, Twilio

__all__ = ["Options", "Settings", "Twilio"]
