"""The package of a new provider, written from its spec: complete, and honest about its gaps."""
