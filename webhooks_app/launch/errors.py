"""The error for a failed start."""


class CannotStart(Exception):
    """The message is one line for the operator: what is wrong, and what to do."""
