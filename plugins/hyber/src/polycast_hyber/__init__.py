"""GMS/Hyber for Polycast."""
