"""Why it cannot start."""


class CannotStart(Exception):
    """The message is one line for the operator: what is wrong, and what to do."""
