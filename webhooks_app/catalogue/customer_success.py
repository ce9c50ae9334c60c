"""What happens to customers, their contacts, onboardings and tasks."""

from typing import Any

from webhooks_app.catalogue.event_type import EventType

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


def _type(name: str, description: str, sample: dict[str, Any], **more: Any) -> EventType:
    title = name.replace(".", " ").replace("_", " ").capitalize()
    return EventType(name, title, description, GROUP, sample | more)


EVENT_TYPES = (
    _type("customer.created", "A customer was added.", CUSTOMER),
    _type(
        "customer.updated",
        "Any field of a customer changed.",
        CUSTOMER,
        plan="scale",
        changed=["plan"],
    ),
    _type(
        "customer.at_risk",
        "A customer's health turned to at risk.",
        CUSTOMER,
        health="at_risk",
        reasons=["No log-in for 21 days", "Two tickets open"],
    ),
    _type(
        "customer.churned",
        "A customer left.",
        CUSTOMER,
        health="churned",
        churned_on="2026-03-01",
    ),
    _type("customer.renewed", "A customer renewed.", CUSTOMER, renews_on="2027-11-30"),
    _type("contact.created", "A contact was added to a customer.", CONTACT),
    _type(
        "contact.updated",
        "Any field of a contact changed.",
        CONTACT,
        title="Chief operating officer",
        changed=["title"],
    ),
    _type("contact.deleted", "A contact was removed.", CONTACT),
    _type("onboarding.created", "An onboarding was started.", ONBOARDING, progress_percent=0),
    _type(
        "onboarding.updated",
        "Any field of an onboarding changed.",
        ONBOARDING,
        changed=["progress_percent"],
    ),
    _type(
        "onboarding.delayed",
        "An onboarding fell behind its date.",
        ONBOARDING,
        delayed_by_days=6,
    ),
    _type(
        "onboarding.completed",
        "All tasks of an onboarding are done.",
        ONBOARDING,
        progress_percent=100,
    ),
    _type(
        "phase.changed",
        "An onboarding went from one phase to another.",
        ONBOARDING,
        previous_phase="Kick-off",
    ),
    _type("task.created", "A task was added.", TASK),
    _type("task.updated", "Any field of a task changed.", TASK, changed=["due_on"]),
    _type(
        "task.completed",
        "A task was done.",
        TASK,
        status="done",
        completed_at="2026-03-18T08:12:30Z",
    ),
    _type("task.overdue", "A task's date passed and it is not done.", TASK, overdue_days=2),
)
