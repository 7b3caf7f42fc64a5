"""What generated clients run on: the public API for plugins."""
