"""Many at once: switch, delete, recover; and Undo."""

from collections.abc import Callable, Sequence

from flask import abort, redirect, render_template, request, url_for
from flask_login import current_user

from webhooks_app.deliveries import replays
from webhooks_app.extensions import db
from webhooks_app.models import Subscription
from webhooks_app.subscriptions import queries, service, switching, undo
from webhooks_app.subscriptions.bulk import Outcome, change_all
from webhooks_app.web.htmx import wants_fragment
from webhooks_app.web.tenancy import editor_required, here
from webhooks_app.web.toasts import Undo, toast
from webhooks_app.web.views.subscriptions.blueprint import Answer, bp, kind
from webhooks_app.web.views.subscriptions.reading import listed
from webhooks_app.web.views.subscriptions.recovery import recoverable, recovery_of

MOST = 100
WORDS = {"on": "switched on", "off": "switched off", "delete": "deleted", "undo": "back"}
ASKS_FIRST = ("delete", "recover")


@bp.post("/bulk")
@editor_required
def bulk() -> Answer:
    """Change those that are chosen. Deleting and recovering ask first."""
    do, rows = request.form.get("do", ""), _chosen()
    if do not in WORDS and do != "recover":
        abort(400)
    if not rows:
        toast(f"Select one or more {kind().noun}s first.")
        return redirect(url_for(".index"))
    if do in ASKS_FIRST and "confirmed" not in request.form:
        found = {row.id: recoverable(row) for row in rows} if do == "recover" else {}
        return render_template("subscriptions/bulk.html", do=do, rows=rows, found=found)
    if do == "recover":
        return _recover(rows)
    outcome = CHANGES[do](rows)
    toast(_said(outcome, do), undo_of(do, outcome.changed))
    return redirect(url_for(".index"))


@bp.post("/undo")
@editor_required
def take_back() -> Answer:
    """Bring back what was switched off or deleted a moment ago."""
    rows = _chosen(deleted=True) or abort(400)
    outcome = change_all(
        db.session(),
        rows,
        lambda row: undo.is_done(db.session(), row),
        lambda row: undo.bring_back(db.session(), row, current_user.email),
    )
    toast(_said(outcome, "undo"))
    if wants_fragment() and len(rows) == 1:
        return listed(rows[0])
    if len(rows) == 1 and outcome.changed:
        return redirect(url_for(".show", subscription_id=outcome.changed[0]))
    return redirect(url_for(".index"))


def undo_of(do: str, ids: Sequence[str], swaps: str = "") -> Undo | None:
    """The Undo of a change of these."""
    if not ids:
        return None
    chosen = [("subscription_id", id_) for id_ in ids]
    if do == "on":
        return Undo(url_for(".bulk"), [*chosen, ("do", "off")], swaps)
    return Undo(url_for(".take_back"), chosen, swaps)


def _chosen(*, deleted: bool = False) -> Sequence[Subscription]:
    ids = request.form.getlist("subscription_id")
    if len(ids) > MOST:
        abort(400)
    return queries.find_chosen(db.session(), here().tenant, kind().kind, ids, deleted=deleted)


def _switch(enabled: bool) -> Callable[[Sequence[Subscription]], Outcome]:
    return lambda rows: change_all(
        db.session(),
        rows,
        lambda row: row.enabled == enabled,
        lambda row: switching.set_enabled(db.session(), row, enabled),
    )


def _delete(rows: Sequence[Subscription]) -> Outcome:
    return change_all(
        db.session(),
        rows,
        lambda row: row.deleted_at is not None,
        lambda row: service.delete_subscription(db.session(), row),
    )


CHANGES = {"on": _switch(True), "off": _switch(False), "delete": _delete}


def _recover(rows: Sequence[Subscription]) -> Answer:
    """A replay for each; a single one is shown."""
    started = [
        replays.start(db.session(), here().tenant, current_user.email, recovery_of(row).filters)
        for row in rows
        if row.enabled
    ]
    if len(started) == 1 == len(rows):
        return redirect(url_for("replays.show", batch_id=started[0].id))
    off = len(rows) - len(started)
    toast(
        _counted(len(started), "replay started")
        + (f", {off} skipped because off" if off else "")
        + "."
    )
    return redirect(url_for("deliveries.index"))


def _said(outcome: Outcome, do: str) -> str:
    """`2 webhooks switched off, 1 was already. Old CRM: cannot be read.`"""
    parts = []
    if outcome.changed:
        many = len(outcome.changed)
        parts.append(f"{many} {kind().noun}{'' if many == 1 else 's'} {WORDS[do]}")
    if outcome.same:
        parts.append(f"{outcome.same} {'was' if outcome.same == 1 else 'were'} already {WORDS[do]}")
    refused = [f"{name}: {reason}" for name, reason in outcome.refused]
    return " ".join([*([", ".join(parts) + "."] if parts else []), *refused])


def _counted(many: int, what: str) -> str:
    noun, _, verb = what.partition(" ")
    return f"{many} {noun}{'' if many == 1 else 's'} {verb}"
