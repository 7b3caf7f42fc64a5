"""One Python API for bulk-messaging providers."""
