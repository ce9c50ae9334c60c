"""What clients send to /webhooks. Types only: what the members mean is for the services."""

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, UnsetType

from webhooks_app.api.event_bodies import SubjectBody

LONGEST_OVERLAP_HOURS = 7 * 24


class WebhookPatch(msgspec.Struct, forbid_unknown_fields=True):
    """Members that are absent stay as they are."""

    name: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    url: str | UnsetType = UNSET
    event_types: list[str] | UnsetType = UNSET
    scope: SubjectBody | UnsetType | None = UNSET
    conditions: list[dict[str, Any]] | UnsetType = UNSET
    match: str | UnsetType = UNSET
    changed_fields: list[str] | UnsetType = UNSET
    wire_format: str | UnsetType = UNSET
    retry_policy: str | dict[str, Any] | UnsetType = UNSET
    rate_limit: float | UnsetType | None = UNSET
    timeout: float | UnsetType | None = UNSET
    failure_mail: bool | UnsetType = UNSET
    headers: dict[str, str] | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET

    def given(self) -> dict[str, Any]:
        """The members that are there, as builtins."""
        fields: dict[str, Any] = msgspec.to_builtins(self)
        return fields


class WebhookBody(WebhookPatch, kw_only=True):
    name: str
    url: str
    event_types: list[str]
    secret: str | UnsetType = UNSET


class TestBody(msgspec.Struct, forbid_unknown_fields=True):
    event_type: str | None = None


class RotateBody(msgspec.Struct, forbid_unknown_fields=True):
    overlap_hours: Annotated[int, msgspec.Meta(ge=0, le=LONGEST_OVERLAP_HOURS)] = 24
    secret: str | None = None
