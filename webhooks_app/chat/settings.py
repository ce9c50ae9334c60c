"""What an organisation listens for in its chats: read, check, try out and save."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import re2
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, SUPPORTED_REGIONS
from sqlalchemy.orm import Session

from webhooks_app.chat.contacts import Contact, contacts_in
from webhooks_app.chat.listening import APPOINTMENT_PATTERNS, ESCALATION_PATTERNS, first_match
from webhooks_app.events.subjects import subject_id_faults
from webhooks_app.lib.pointers import Fault, Invalid, pointer
from webhooks_app.lib.times import utcnow
from webhooks_app.matching.budget import Budget, Spent
from webhooks_app.models import ChatSettings
from webhooks_app.organisations.audit_log import Target, record

MOST_PATTERNS = 50
LONGEST_PATTERN = 300
MOST_CHATBOTS = 200
# A country's two letters and its calling code.
REGIONS = dict(
    sorted(
        (region, code)
        for code, regions in COUNTRY_CODE_TO_REGION_CODE.items()
        for region in regions
        if region in SUPPORTED_REGIONS
    )
)


@dataclass(frozen=True, slots=True)
class ChatSettingsInput:
    """The settings as people enter them.

    `region` is the country of phone numbers without a country code, or empty; `regions` are pairs
    of a chatbot's id and its own region.
    """

    escalation: Sequence[str] = ESCALATION_PATTERNS
    appointment: Sequence[str] = APPOINTMENT_PATTERNS
    region: str = ""
    regions: Sequence[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class TriedOut:
    """What was found in a text; for each request the first pattern that matches, or None."""

    escalation: str | None
    appointment: str | None
    contacts: Sequence[Contact]


def read(session: Session, organisation_id: str) -> ChatSettingsInput:
    row = session.get(ChatSettings, organisation_id)
    if row is None:
        return ChatSettingsInput()
    return ChatSettingsInput(
        escalation=row.escalation_patterns,
        appointment=row.appointment_patterns,
        region=row.region or "",
        regions=sorted(row.regions.items()),
    )


def save(session: Session, organisation_id: str, wanted: ChatSettingsInput) -> None:
    """Save and commit; applies from the next message on. Raises `Invalid`, see `check`."""
    check(wanted)
    values = _values(wanted)
    if values == _values(read(session, organisation_id)):
        return
    now = utcnow()
    session.merge(ChatSettings(organisation_id=organisation_id, updated_at=now, **values))
    record(session, "chat_settings.updated", Target(organisation_id, organisation_id, "Chats"))
    session.commit()


def _values(wanted: ChatSettingsInput) -> dict[str, object]:
    return {
        "escalation_patterns": list(wanted.escalation),
        "appointment_patterns": list(wanted.appointment),
        "region": wanted.region or None,
        "regions": dict(wanted.regions),
    }


def try_out(wanted: ChatSettingsInput, text: str) -> TriedOut:
    """What would be found in a visitor's message to a chatbot without its own country.

    Raises `Invalid`, see `check`.
    """
    check(wanted)
    return TriedOut(
        escalation=_tried(wanted.escalation, text),
        appointment=_tried(wanted.appointment, text),
        contacts=contacts_in(text, wanted.region or None),
    )


def _tried(patterns: Sequence[str], text: str) -> str | None:
    """As for a real message, a pattern that costs too much counts as not found."""
    try:
        return first_match(patterns, text, Budget())
    except Spent:
        return None


def check(wanted: ChatSettingsInput) -> None:
    """Raises `Invalid` with all faults, each at its member."""
    faults = [
        *_faults_of_patterns("escalation", wanted.escalation),
        *_faults_of_patterns("appointment", wanted.appointment),
        *_faults_of_regions(wanted),
    ]
    if faults:
        raise Invalid(*faults)


def _faults_of_patterns(name: str, patterns: Sequence[str]) -> Iterator[Fault]:
    at = pointer(name)
    if len(patterns) > MOST_PATTERNS:
        yield Fault(at, f"There are {len(patterns)} patterns; use at most {MOST_PATTERNS}.")
        return
    for number, pattern in enumerate(patterns, 1):
        if len(pattern) > LONGEST_PATTERN:
            yield Fault(at, f"Line {number} has more than {LONGEST_PATTERN} characters.")
        elif "\0" in pattern:
            yield Fault(at, f"Line {number} has a control character.")
        else:
            try:
                first_match([pattern], "", Budget())
            except re2.error as error:
                why = error.args[0].decode() if error.args else "not a pattern"
                # We add these flags, so people do not see them.
                yield Fault(
                    at, f"Line {number} is not a valid pattern: {why.replace('(?is)', '', 1)}."
                )


def _faults_of_regions(wanted: ChatSettingsInput) -> Iterator[Fault]:
    if wanted.region and wanted.region not in REGIONS:
        yield Fault("#/region", "Choose a country from the list.")
    if len(wanted.regions) > MOST_CHATBOTS:
        yield Fault("#/regions", f"Use at most {MOST_CHATBOTS} lines.")
        return
    for number, (chatbot_id, region) in enumerate(wanted.regions, 1):
        if region not in REGIONS:
            detail = (
                "has no country: add a two-letter country code after the chatbot's id, for "
                "example “bot_1 SE”."
            )
            yield Fault("#/regions", f"Line {number} {detail}")
        for fault in subject_id_faults(chatbot_id):
            yield Fault("#/regions", f"Line {number}: {fault.detail}")
