"""Subscriptions of every kind that can be stored, for Hypothesis."""

from hypothesis import strategies as st
from msgspec.structs import replace

from webhooks_app.catalogue import CATALOGUE
from webhooks_app.channels.retry_policy import POLICIES
from webhooks_app.channels.webhook.formats import FORMATS
from webhooks_app.events.subjects import subject_id_faults
from webhooks_app.lib.times import time_zones
from webhooks_app.matching.operators import OPERATORS, VALUELESS
from webhooks_app.subscriptions.spec import (
    AnySpec,
    ConditionMembers,
    EmailSpec,
    ScheduleMembers,
    Scope,
    WebhookSpec,
)
from webhooks_app.vocabulary import SUBJECT_TYPES, Frequency, Match

TYPES = sorted(name for name, kind in CATALOGUE.items() if not kind.is_system)
TEXT = st.characters(exclude_categories=["Cs", "Cc"])
ANY_TEXT = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
PRINTABLE = st.text(TEXT.filter(str.isprintable), min_size=1, max_size=30)

names = PRINTABLE.map(str.strip).filter(bool)
paths = st.text(ANY_TEXT, min_size=1, max_size=12).filter(lambda path: ".." not in f".{path}.")
numbers = st.one_of(
    st.integers(-(2**53), 2**53),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([1e19, -0.0, 1234567.5]),
)
scalars = st.one_of(st.booleans(), numbers, st.text(ANY_TEXT, min_size=1, max_size=15))


@st.composite
def conditions(draw: st.DrawFn) -> ConditionMembers:
    operator = draw(st.sampled_from(sorted(OPERATORS)))
    field = draw(st.one_of(paths, st.sampled_from(["lead.email", "data.a, b", "x"])))
    if operator in VALUELESS:
        return ConditionMembers(field, operator)
    if OPERATORS[operator].takes_list:
        return ConditionMembers(
            field, operator, tuple(draw(st.lists(scalars, min_size=1, max_size=4)))
        )
    if operator == "matches":
        return ConditionMembers(
            field, operator, draw(st.sampled_from(["^a+$", "[0-9]{3}", " x, y "]))
        )
    return ConditionMembers(field, operator, draw(scalars))


delays = st.one_of(
    st.integers(1, 7 * 24 * 3600),
    st.floats(1, 7 * 24 * 3600),
)
policies = st.one_of(
    st.sampled_from(sorted(POLICIES)),
    st.builds(lambda found: {"delays": found}, st.lists(delays, max_size=5)),
    st.builds(
        lambda most, base: {"max_retries": most, "retry_delay_ms": base},
        st.integers(0, 20),
        st.integers(100, 3_600_000),
    ),
)
scopes = st.builds(
    Scope,
    st.one_of(st.sampled_from(SUBJECT_TYPES), st.from_regex(r"\A[a-z][a-z0-9_.-]{0,12}\Z")),
    st.text(TEXT, min_size=1, max_size=20).filter(lambda id_: not any(subject_id_faults(id_))),
)
shared = {
    "name": names,
    "description": st.text(ANY_TEXT, max_size=40),
    "event_types": st.lists(st.sampled_from(TYPES), min_size=1, max_size=4, unique=True).map(tuple),
    "scope": st.none() | scopes,
    "conditions": st.lists(conditions(), max_size=4).map(tuple),
    "match": st.sampled_from(Match),
    "changed_fields": st.lists(paths, max_size=4, unique=True).map(tuple),
    "retry_policy": policies,
    "rate_limit": st.none() | st.floats(0.1, 1000),
    "failure_mail": st.booleans(),
    "metadata": st.dictionaries(
        st.from_regex(r"\A[A-Za-z0-9_.-]{1,40}\Z"), names.filter(len), max_size=3
    ),
    "enabled": st.booleans(),
}
tokens = st.from_regex(r"\AX-[A-Za-z0-9!#$%&'*+.^_`|~-]{1,12}\Z")
webhooks = st.builds(
    WebhookSpec,
    **shared,
    url=st.from_regex(r"\Ahttps://receiver\.example/[a-z0-9/?&=%+-]{0,20}\Z"),
    wire_format=st.sampled_from(sorted(FORMATS)),
    timeout=st.none() | st.floats(1, 60),
    headers=st.dictionaries(
        tokens,
        st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=12),
        max_size=3,
    ).filter(lambda found: len(set(map(str.lower, found))) == len(found)),
)
schedules = st.builds(
    ScheduleMembers,
    st.sampled_from(Frequency),
    st.integers(0, 23),
    st.integers(0, 6),
    st.none() | st.sampled_from(sorted(time_zones())),
    st.booleans(),
)
emails = st.builds(
    EmailSpec,
    **shared,
    email_to=st.lists(
        st.from_regex(r"\A[a-z]{1,8}@example\.(com|org)\Z"), min_size=1, max_size=4, unique=True
    ).map(tuple),
    email_subject=st.none() | names.filter(lambda text: "{{" not in text and "}}" not in text),
    schedule=st.none() | schedules,
)


def as_action(spec: AnySpec) -> AnySpec:
    """An action has one event type; a digest has its own."""
    if isinstance(spec, EmailSpec) and spec.schedule is not None:
        return replace(spec, event_types=("action.digest",))
    return replace(spec, event_types=spec.event_types[:1])


actions = st.one_of(webhooks, emails).map(as_action)
