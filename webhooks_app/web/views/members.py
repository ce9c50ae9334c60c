"""/members: the organisation's members, their roles, and invitations."""

from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from webhooks_app.extensions import db
from webhooks_app.lib.errors import BadAccount
from webhooks_app.lib.times import utcnow
from webhooks_app.models import Invitation, Membership
from webhooks_app.parts import parts
from webhooks_app.people import departures, invitations
from webhooks_app.people import members as service
from webhooks_app.vocabulary import Role
from webhooks_app.web import limits, shown_once
from webhooks_app.web.forms.members import InviteForm, KeysForm, RoleForm
from webhooks_app.web.fresh import fresh_required
from webhooks_app.web.sorting import Column, Sorting
from webhooks_app.web.tenancy import editor_required, here, member_required, owner_required

bp = Blueprint("members", __name__, url_prefix="/members")

COLUMNS = {"name": Column("Name"), "email": Column("E-mail"), "role": Column("Role")}
KEYS: Mapping[str, Callable[[Membership], Any]] = {
    "name": lambda membership: (membership.user.name or membership.user.email).casefold(),
    "email": lambda membership: membership.user.email,
    "role": lambda membership: list(Role).index(Role(membership.role)),
}


@bp.get("/")
@member_required
def index() -> str:
    return _index(InviteForm())


@bp.route("/<user_id>/role", methods=["GET", "POST"])
@owner_required
@fresh_required
def change_role(user_id: str) -> Response | str:
    """A lesser role asks for confirmation if invitations or keys of the member would end."""
    form = RoleForm()
    asked = form.role.data or request.args.get("role", Role.VIEWER.value)
    membership, role = _load(user_id), _role(asked)
    left = departures.left_open(db.session(), membership, role)
    if request.method == "GET":
        return render_template("members/role.html", membership=membership, role=role, left=left)
    if (left.invitations or left.keys) and not form.confirmed.data:
        return redirect(url_for(".change_role", user_id=user_id, role=role))
    service.change_role(db.session(), membership, role, form.key_id.data or ())
    flash(f"{membership.user.email} is now {role}.")
    return redirect(url_for(".index"))


@bp.route("/<user_id>/remove", methods=["GET", "POST"])
@editor_required
@fresh_required
def remove(user_id: str) -> Response | str:
    membership = _load(user_id)
    if not here().may_manage(membership.role):
        abort(403)
    if request.method == "GET":
        left = departures.left_open(db.session(), membership, None)
        return render_template("members/remove.html", membership=membership, left=left)
    service.remove(db.session(), membership, KeysForm().key_id.data or ())
    flash(f"{membership.user.email} is no longer a member.")
    return redirect(url_for(".index"))


@bp.route("/leave", methods=["GET", "POST"])
@member_required
def leave() -> Response | str:
    if request.method == "GET":
        return render_template("members/leave.html")
    service.leave(db.session(), _load(current_user.id))
    flash(f"You have left {here().organisation.name}.")
    return redirect(url_for("home.show"))


@bp.post("/invitations")
@editor_required
@fresh_required
def invite() -> Response | tuple[str, int]:
    """Limits the mails of someone who invites and withdraws again and again."""
    form = InviteForm()
    role, email = _role(form.role.data), form.email.data or ""
    if not here().may_manage(role):
        abort(403)
    if limits.count("invitation", here().organisation.id, email[:254].lower()).exceeded:
        abort(429)
    try:
        made, link = invitations.invite_by_link(db.session(), here().organisation, email, role)
    except BadAccount as error:
        form.email.errors = [str(error)]
        return _index(form), 422
    return _shown_once(made, link)


@bp.post("/invitations/<invitation_id>/resend")
@editor_required
@fresh_required
def resend(invitation_id: str) -> Response:
    invitation = _load_invitation(invitation_id)
    if limits.count("invitation", here().organisation.id, invitation.email).exceeded:
        abort(429)
    return _shown_once(invitation, invitations.resend(db.session(), invitation))


@bp.post("/invitations/<invitation_id>/revoke")
@editor_required
@fresh_required
def revoke(invitation_id: str) -> Response:
    invitation = _load_invitation(invitation_id)
    invitations.revoke(db.session(), invitation)
    flash(f"The invitation of {invitation.email} was withdrawn.")
    return redirect(url_for(".index"))


def _shown_once(invitation: Invitation, link: str) -> Response:
    """The page shows the link once, for those whose mail does not arrive."""
    shown_once.keep(invitation.id, link, "invited")
    return redirect(url_for(".index", invited=invitation.id))


def _index(form: InviteForm) -> str:
    organisation_id = here().organisation.id
    roles = [role for role in Role if here().may_manage(role)]
    form.offer(reversed(roles))
    sorting = Sorting(COLUMNS, "E-mail")
    return render_template(
        "members/index.html",
        sorting=sorting,
        members=sorting.arranged(service.list_members(db.session(), organisation_id), KEYS),
        invitations=invitations.list_invitations(db.session(), organisation_id),
        roles=roles,
        now=utcnow(),
        form=form,
        link=shown_once.take(request.args.get("invited", "")),
        mails_leave=bool(parts().settings.smtp_host),
    )


def _load(user_id: str) -> Membership:
    return service.find_member(db.session(), here().organisation.id, user_id)


def _load_invitation(invitation_id: str) -> Invitation:
    """Only someone who may invite that role may send the invitation again or withdraw it."""
    invitation = invitations.find(db.session(), here().organisation.id, invitation_id)
    if not here().may_manage(invitation.role):
        abort(403)
    return invitation


def _role(asked: str | None) -> Role:
    """A 400 for a role that our forms do not offer."""
    return Role(asked) if asked in set(Role) else abort(400)
