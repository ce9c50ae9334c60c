"""The tenant: whose rows."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tenant:
    """An organisation in one mode."""

    organisation_id: str
    mode: str
