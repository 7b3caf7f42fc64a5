"""Settings: read from arguments, the environment and files."""
