"""/members and /invitations: who belongs to the organisation, and as what."""

from typing import Annotated, NoReturn

import msgspec
from flask import Response, url_for
from msgspec import Meta

from webhooks_app.api import auth, bodies, queries, rate
from webhooks_app.api.answers import PageAnswer, answer, no_content
from webhooks_app.api.blueprint import bp
from webhooks_app.api.operation import Operation, operation
from webhooks_app.api.shapes import Moment
from webhooks_app.extensions import db
from webhooks_app.lib.errors import BadAccount
from webhooks_app.lib.pointers import Fault, Invalid
from webhooks_app.lib.times import rfc3339
from webhooks_app.models import Invitation, Membership
from webhooks_app.people import invitations, members, members_by_key
from webhooks_app.vocabulary import Role

ROLES = {"enum": list(Role)}
NOT_OWNERS = "An API key cannot make or change owners; an owner can, in the dashboard."


class MemberPatch(msgspec.Struct, forbid_unknown_fields=True):
    """Changes to a member."""

    role: Annotated[Role, Meta(description="`admin` or `viewer`.")]


class InvitationBody(msgspec.Struct, forbid_unknown_fields=True):
    """Whom to invite."""

    email: Annotated[str, Meta(description="They get a link by mail, valid for 7 days.")]
    role: Annotated[Role, Meta(description="`admin` or `viewer`.")] = Role.VIEWER


class RemovalQuery(msgspec.Struct, forbid_unknown_fields=True):
    revoke_keys: Annotated[
        bool, Meta(description="Whether to revoke the API keys that they created.")
    ] = False


class MemberAnswer(msgspec.Struct, frozen=True):
    """A member of the organisation."""

    id: str
    email: str
    name: Annotated[str, Meta(description="The member's name. It is empty until they enter one.")]
    role: Annotated[str, Meta(extra_json_schema=ROLES)]


class InvitationAnswer(msgspec.Struct, frozen=True):
    """An open invitation."""

    id: str
    email: str
    role: Annotated[str, Meta(extra_json_schema=ROLES)]
    invited_by: str
    created_at: Moment
    expires_at: Moment
    works: Annotated[
        bool,
        Meta(
            description="Whether the link works. It does not when it has expired, or when the "
            "sender may no longer invite. Then send it again."
        ),
    ]


@bp.get("/members")
@operation(
    Operation(
        summary="List members",
        tag="Members",
        answers={200: PageAnswer[MemberAnswer]},
        description="Sorted by e-mail address, all on one page.",
    )
)
@auth.requires("members:read")
def list_members() -> Response:
    found = members.list_members(db.session(), _organisation_id())
    return answer(PageAnswer([_shown(one) for one in found], None))


@bp.get("/members/<member_id>")
@operation(Operation(summary="Read a member", tag="Members", answers={200: MemberAnswer}))
@auth.requires("members:read")
def read_member(member_id: str) -> Response:
    return answer(_shown(_load(member_id)))


@bp.patch("/members/<member_id>")
@operation(
    Operation(
        summary="Change a member's role",
        tag="Members",
        body=MemberPatch,
        answers={200: MemberAnswer},
        description="Works only with a key that an owner created. Invitations that the member "
        f"may no longer send are withdrawn. {NOT_OWNERS}",
        problems=("conflict",),
    )
)
@auth.requires("members:write")
@auth.requires_live
def update_member(member_id: str) -> Response:
    row = _load(member_id)
    role = bodies.read(MemberPatch).role
    members_by_key.change_role(db.session(), auth.key_id(), row, role)
    return answer(_shown(row))


@bp.delete("/members/<member_id>")
@operation(
    Operation(
        summary="Remove a member",
        tag="Members",
        query=RemovalQuery,
        answers={204: None},
        description="The member's invitations are withdrawn. Their API keys keep working, unless "
        f"`revoke_keys` is true. {NOT_OWNERS}",
        problems=("conflict",),
    )
)
@auth.requires("members:write")
@auth.requires_live
def remove_member(member_id: str) -> Response:
    query = queries.read(RemovalQuery)
    members_by_key.remove(db.session(), _load(member_id), revoke_keys=query.revoke_keys)
    return no_content()


@bp.get("/invitations")
@operation(
    Operation(
        summary="List invitations",
        tag="Members",
        answers={200: PageAnswer[InvitationAnswer]},
        description="The open invitations, sorted by e-mail address, all on one page.",
    )
)
@auth.requires("members:read")
def list_invitations() -> Response:
    found = invitations.list_invitations(db.session(), _organisation_id())
    return answer(PageAnswer([_invitation(one.invitation, one.works) for one in found], None))


@bp.get("/invitations/<invitation_id>")
@operation(Operation(summary="Read an invitation", tag="Members", answers={200: InvitationAnswer}))
@auth.requires("members:read")
def read_invitation(invitation_id: str) -> Response:
    found = invitations.find_listed(db.session(), _organisation_id(), invitation_id)
    return answer(_invitation(found.invitation, found.works))


@bp.post("/invitations")
@operation(
    Operation(
        summary="Invite someone",
        tag="Members",
        body=InvitationBody,
        answers={201: InvitationAnswer},
        description=f"Mails a link that makes its recipient a member. {NOT_OWNERS}",
        problems=("conflict", "too-many-requests"),
        location=True,
    )
)
@auth.requires("members:write")
@auth.requires_live
def invite() -> Response:
    body = bodies.read(InvitationBody)
    rate.limit_mail("invitation", _organisation_id(), body.email[:254].lower())
    try:
        made = members_by_key.invite(db.session(), _organisation_id(), body.email, body.role)
    except BadAccount as error:
        _refuse(error)
    response = answer(_invitation(made, works=True), 201)
    response.headers["Location"] = url_for("api.read_invitation", invitation_id=made.id)
    return response


@bp.post("/invitations/<invitation_id>/resend")
@operation(
    Operation(
        summary="Send an invitation again",
        tag="Members",
        answers={200: InvitationAnswer},
        description="Mails a new link. The old link no longer works.",
        problems=("conflict", "too-many-requests"),
    )
)
@auth.requires("members:write")
@auth.requires_live
def resend_invitation(invitation_id: str) -> Response:
    row = members_by_key.load_invitation(db.session(), _organisation_id(), invitation_id)
    rate.limit_mail("invitation", _organisation_id(), row.email)
    invitations.resend(db.session(), row)
    return answer(_invitation(row, works=True))


@bp.delete("/invitations/<invitation_id>")
@operation(
    Operation(
        summary="Withdraw an invitation",
        tag="Members",
        answers={204: None},
        description="The link no longer works.",
        problems=("conflict",),
    )
)
@auth.requires("members:write")
@auth.requires_live
def withdraw_invitation(invitation_id: str) -> Response:
    row = members_by_key.load_invitation(db.session(), _organisation_id(), invitation_id)
    invitations.revoke(db.session(), row)
    return no_content()


def _organisation_id() -> str:
    return auth.tenant().organisation_id


def _load(member_id: str) -> Membership:
    return members.find_member(db.session(), _organisation_id(), member_id)


def _refuse(error: BadAccount) -> NoReturn:
    raise Invalid(Fault("#/email", str(error))) from error


def _shown(row: Membership) -> MemberAnswer:
    return MemberAnswer(row.user.id, row.user.email, row.user.name, row.role)


def _invitation(row: Invitation, works: bool) -> InvitationAnswer:
    return InvitationAnswer(
        id=row.id,
        email=row.email,
        role=row.role,
        invited_by=row.invited_by,
        created_at=rfc3339(row.created_at),
        expires_at=rfc3339(row.expires_at),
        works=works,
    )
