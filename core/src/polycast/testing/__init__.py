"""What tests of providers, and of scripts that use them, are made with."""

from polycast.testing.canned import CannedWire, Sent

__all__ = ["CannedWire", "Sent"]
