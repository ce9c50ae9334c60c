"""Create organisations and users."""

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from webhooks_app.lib.errors import BadAccount
from webhooks_app.lib.ids import new_id
from webhooks_app.lib.names import checked_name
from webhooks_app.lib.times import time_zones, utcnow
from webhooks_app.models import Membership, Organisation, User
from webhooks_app.notices import notifications
from webhooks_app.organisations.audit_log import Target, record, record_in_all
from webhooks_app.organisations.plans import plan_beside
from webhooks_app.people.password_rules import checked_password
from webhooks_app.vocabulary import Role

LONGEST_NAME = 200
MOST_OWNED = 20


def create_organisation(
    session: Session, name: str, owner_email: str, password: str
) -> Organisation:
    """A new organisation with a new user as its owner, committed. Raises `BadAccount`."""
    organisation = Organisation(
        id=new_id("org"), name=checked_name(name, "An organisation"), created_at=utcnow()
    )
    owner = _new_user(session, owner_email, password)
    join(session, organisation, owner, Role.OWNER)
    return organisation


def open_organisation(
    session: Session, owner: User, like: Organisation, name: str, time_zone: str
) -> Organisation:
    """Another organisation of a user, who works in `like`; committed. Raises `BadAccount`."""
    owned = select(func.count()).where(
        Membership.user_id == owner.id, Membership.role == Role.OWNER.value
    )
    if (session.scalar(owned) or 0) >= MOST_OWNED:
        raise BadAccount(f"You own {MOST_OWNED} organisations, which is the limit.")
    if time_zone not in time_zones():
        raise BadAccount(f"There is no time zone called {time_zone[:100]!r}.")
    organisation = Organisation(
        id=new_id("org"),
        name=checked_name(name, "An organisation"),
        plan=plan_beside(like.plan).name,
        time_zone=time_zone,
        created_at=utcnow(),
    )
    join(session, organisation, owner, Role.OWNER)
    return organisation


def add_member(
    session: Session, organisation: Organisation, email: str, password: str, role: Role
) -> User:
    """A new user in an organisation, committed. Raises `BadAccount`."""
    user = _new_user(session, email, password)
    join(session, organisation, user, role)
    return user


def make_operator(session: Session, email: str) -> None:
    """Make the user with that e-mail (in any case) an operator, committed.

    Raises `BadAccount` if there is none.
    """
    user = session.scalar(select(User).where(User.email == email.strip().lower()))
    if user is None:
        raise BadAccount(f"Nobody has an account with the e-mail {email.strip()!r}.")
    user.is_operator = True
    record_in_all(session, user, "member.made_operator")
    session.commit()


def rename(session: Session, user: User, name: str) -> None:
    """Committed. Raises `BadAccount`."""
    user.name = checked_name(name, "A person")
    session.commit()


def join(session: Session, organisation: Organisation, user: User, role: Role) -> None:
    """Create a user as a member, committed. Raises `BadAccount` for a taken e-mail."""
    address = user.email
    session.add(Membership(organisation=organisation, user=user, role=role.value))
    try:
        session.flush()
        joined = Target(organisation.id, user.id, address)
        notifications.skip_all(session, organisation.id, user.id)
        record(session, "member.joined", joined, role=role.value)
        session.commit()
    except IntegrityError as error:
        session.rollback()
        raise _taken(address) from error


def _new_user(session: Session, email: str, password: str) -> User:
    address = checked_address(email)
    checked_password(password, address)
    if session.scalar(select(User.id).where(User.email == address)):
        raise _taken(address)
    user = User(id=new_id("usr"), email=address, created_at=utcnow())
    user.set_password(password)
    return user


def _taken(address: str) -> BadAccount:
    return BadAccount(f"{address} already has an account.")


def checked_address(email: str) -> str:
    """The address in lower case. Raises `BadAccount`.

    Deliverability is not checked: that needs the network.
    """
    try:
        return validate_email(email.strip(), check_deliverability=False).normalized.lower()
    except EmailNotValidError as error:
        raise BadAccount(f"{email.strip()!r} is not an e-mail address: {error}") from error
