"""TextIt and RapidPro for Polycast."""
