"""The tenant: whose rows."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tenant:
    """An organisation in one mode."""

    organisation_id: str
    mode: str

    def page(self, path: str) -> str:
        """The path of one of its pages, such as `/events/`."""
        return f"/o/{self.organisation_id}/{self.mode}{path}"
