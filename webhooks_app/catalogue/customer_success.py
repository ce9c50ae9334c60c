"""What happens to customers, their contacts, onboardings and tasks."""

from webhooks_app.catalogue.event_type import EventType
from webhooks_app.catalogue.schema import (
    Field,
    Fields,
    amount,
    count,
    day,
    described,
    email,
    moment,
    one_of,
    text,
    texts,
)

GROUP = "Customer success"

CUSTOMER = {
    "id": "cus_40d1",
    "name": "Harbour Logistics",
    "health": "healthy",
    "plan": "growth",
    "annual_value": 24000,
    "currency": "EUR",
    "owner": "ines.duarte@example.com",
    "renews_on": "2026-11-30",
}
CONTACT = {
    "id": "con_93aa",
    "customer_id": "cus_40d1",
    "name": "Jun Watanabe",
    "email": "jun.watanabe@example.com",
    "title": "Head of operations",
}
ONBOARDING = {
    "id": "onb_17c4",
    "customer_id": "cus_40d1",
    "template": "Standard launch",
    "phase": "Data import",
    "progress_percent": 45,
    "due_on": "2026-04-15",
}
TASK = {
    "id": "task_6b20",
    "onboarding_id": "onb_17c4",
    "customer_id": "cus_40d1",
    "title": "Upload the product list",
    "assignee": "jun.watanabe@example.com",
    "due_on": "2026-03-20",
    "status": "open",
}

CUSTOMER_FIELDS = {
    "id": text("The customer."),
    "name": text("The name of the company."),
    "health": one_of("The health of the customer.", "healthy", "at_risk", "churned"),
    "plan": text("The plan of the customer."),
    "annual_value": amount("Revenue per year, in `currency`."),
    "currency": text("The currency, three letters (ISO 4217)."),
    "owner": email("The person on your team who is responsible for the customer."),
    "renews_on": day("When the contract renews."),
}
CONTACT_FIELDS = {
    "id": text("The contact."),
    "customer_id": text("The id of the customer."),
    "name": text("The person's name."),
    "email": email("The e-mail address."),
    "title": text("The person's job title."),
}
ONBOARDING_FIELDS = {
    "id": text("The onboarding."),
    "customer_id": text("The id of the customer."),
    "template": text("The name of the onboarding template."),
    "phase": text("The current phase."),
    "progress_percent": count("How much is done, in percent."),
    "due_on": day("When it should be done."),
}
TASK_FIELDS = {
    "id": text("The task."),
    "onboarding_id": text("The id of the onboarding."),
    "customer_id": text("The id of the customer."),
    "title": text("What has to be done."),
    "assignee": email("The person who has to do it."),
    "due_on": day("When it should be done."),
    "status": one_of("The status of the task.", "open", "done"),
}
# What single events have besides the fields of their object.
MORE_FIELDS: dict[str, Field] = {
    "changed": texts("The names of the fields that changed."),
    "reasons": texts("The reasons, in words."),
    "churned_on": day("The customer's last day."),
    "delayed_by_days": count("How many days it is late."),
    "previous_phase": text("The phase before this one."),
    "completed_at": moment("When it was completed."),
    "overdue_days": count("For how many days it has been due."),
}
OBJECTS: dict[str, tuple[Field, Fields]] = {
    "customer": (CUSTOMER, CUSTOMER_FIELDS),
    "contact": (CONTACT, CONTACT_FIELDS),
    "onboarding": (ONBOARDING, ONBOARDING_FIELDS),
    "phase": (ONBOARDING, ONBOARDING_FIELDS),
    "task": (TASK, TASK_FIELDS),
}
SUMMARIES = {
    "customer": ("name", "plan"),
    "contact": ("name", "email"),
    "onboarding": ("template", "phase"),
    "phase": ("template", "phase"),
    "task": ("title", "assignee"),
}


def _type(name: str, description: str, **more: object) -> EventType:
    """`more` are values of the sample that differ from the object's or are added to it."""
    title = name.replace(".", " ").replace("_", " ").capitalize()
    example, fields = OBJECTS[name.partition(".")[0]]
    on_top = {field: MORE_FIELDS[field] for field in more if field not in fields}
    return described(
        name,
        title,
        description,
        GROUP,
        example | more,
        {**fields, **on_top},
        summary=SUMMARIES[name.partition(".")[0]],
    )


EVENT_TYPES = (
    _type("customer.created", "A customer was added."),
    _type(
        "customer.updated",
        "Any field of a customer changed.",
        plan="scale",
        changed=["plan"],
    ),
    _type(
        "customer.at_risk",
        "A customer's health turned to at risk.",
        health="at_risk",
        reasons=["No log-in for 21 days", "Two tickets open"],
    ),
    _type(
        "customer.churned",
        "A customer left.",
        health="churned",
        churned_on="2026-03-01",
    ),
    _type("customer.renewed", "A customer renewed.", renews_on="2027-11-30"),
    _type("contact.created", "A contact was added to a customer."),
    _type(
        "contact.updated",
        "Any field of a contact changed.",
        title="Chief operating officer",
        changed=["title"],
    ),
    _type("contact.deleted", "A contact was removed."),
    _type("onboarding.created", "An onboarding was started.", progress_percent=0),
    _type(
        "onboarding.updated",
        "Any field of an onboarding changed.",
        changed=["progress_percent"],
    ),
    _type(
        "onboarding.delayed",
        "An onboarding is behind its due date.",
        delayed_by_days=6,
    ),
    _type(
        "onboarding.completed",
        "All tasks of an onboarding were completed.",
        progress_percent=100,
    ),
    _type(
        "phase.changed",
        "An onboarding went from one phase to another.",
        previous_phase="Kick-off",
    ),
    _type("task.created", "A task was added."),
    _type("task.updated", "Any field of a task changed.", changed=["due_on"]),
    _type(
        "task.completed",
        "A task was completed.",
        status="done",
        completed_at="2026-03-18T08:12:30Z",
    ),
    _type("task.overdue", "A task is past its due date and not completed.", overdue_days=2),
)
