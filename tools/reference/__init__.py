"""Writes the reference of the SDK, which is the reference of the services too: `python -m tools.reference`."""
