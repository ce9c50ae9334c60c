"""The event types that people choose from."""

from wtforms.fields.choices import SelectChoice

from webhooks_app.catalogue import CATALOGUE

EVENT_TYPES = [kind for kind in CATALOGUE.values() if not kind.is_system]
GROUPS = {
    group: [kind for kind in EVENT_TYPES if kind.group == group]
    for group in dict.fromkeys(kind.group for kind in EVENT_TYPES)
}
EVENT_CHOICES = [
    SelectChoice(kind.name, f"{kind.title} ({kind.name})", optgroup=kind.group)
    for kind in EVENT_TYPES
]
