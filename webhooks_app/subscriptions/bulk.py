"""Switch, delete or restore many at once. Each is a separate change."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from webhooks_app.lib.errors import Conflict, PlanLimit
from webhooks_app.models import Subscription


@dataclass(slots=True)
class Outcome:
    """`changed` are ids; `same` had the requested state before; `refused` are names and reasons."""

    changed: list[str] = field(default_factory=list)
    same: int = 0
    refused: list[tuple[str, str]] = field(default_factory=list)


def change_all(
    session: Session,
    rows: Iterable[Subscription],
    is_same: Callable[[Subscription], bool],
    change: Callable[[Subscription], None],
) -> Outcome:
    """Change those that do not have the requested state yet.

    One that cannot be changed stops no other.
    """
    outcome = Outcome()
    for row in rows:
        id_, name = row.id, row.name
        if is_same(row):
            outcome.same += 1
            continue
        try:
            change(row)
        except (Conflict, PlanLimit) as error:
            session.rollback()
            outcome.refused.append((name, str(error)))
        else:
            outcome.changed.append(id_)
    return outcome
