"""Proofs of who a person is: a password, a code, or a passkey's signature."""

from collections.abc import Iterator
from contextlib import contextmanager

from flask import session
from flask_login import current_user

from webhooks_app.extensions import db
from webhooks_app.lib.rate import Allowance
from webhooks_app.models import User
from webhooks_app.organisations.audit_log import Actor, act_as
from webhooks_app.parts import parts
from webhooks_app.people import log_ins, passkeys, second_factor, sessions
from webhooks_app.people.passkeys import BadPasskey
from webhooks_app.people.second_factor import Factors, WrongCode
from webhooks_app.web import challenges, limits, security
from webhooks_app.web.forms.accounts import ProofForm

WRONG_CODE = "This code is wrong or was already used. Enter the newest one."
WRONG_PASSKEY = "This passkey was not accepted. Try again, or use another way."
WRONG_PASSWORD = "Wrong password."  # noqa: S105 - a sentence


class NotProven(Exception):
    """The proof is wrong; `status` is the answer's status."""

    def __init__(self, message: str, status: int = 422) -> None:
        super().__init__(message)
        self.status = status


def check_second_factor(user: User) -> None:
    """Check a waiting log-in's second factor: a code or a passkey. Raises `NotProven`."""
    _bounded(limits.by_account("second factor", user.email))
    act_as(Actor.person(user))
    with _recorded(user, "second factor"):
        _factor(user, ProofForm())
    limits.forget_tries("second factor", user.email)


def confirm() -> None:
    """Check the logged-in user's password or second factor. Raises `NotProven`.

    For a short while they may then do what needs a fresh proof. The session gets a new id.
    """
    key = ("confirm", current_user.id, session[security.SESSION])
    _bounded(limits.count(*key))
    with _recorded(current_user, "confirmation"):
        form = ProofForm()
        if form.password.data:
            _password(current_user, form.password.data)
        else:
            _factor(current_user, form)
    limits.forget(*key)
    row = security.visitor().session
    sessions.prove(db.session(), row)
    security.follow(row)


def log_in_by_passkey() -> User:
    """The passkey's owner, who needs no other proof. Raises `NotProven`."""
    try:
        answer = ProofForm().passkey.data or ""
        site, challenge = challenges.needed_site(), challenges.take("log in")
        return passkeys.prove(db.session(), site, answer, challenge)
    except BadPasskey as error:
        raise NotProven(WRONG_PASSKEY) from error


def form_of(factors: Factors, fault: str = "") -> ProofForm:
    """The page that asks for a proof; with `fault`, again."""
    form = ProofForm() if fault else ProofForm(formdata=None)
    if fault:
        form.refuse(fault)
    if factors.app:
        form.code.label.text = "Code"
    return form


def _bounded(tries: Allowance) -> None:
    if tries.exceeded:
        raise NotProven(f"Too many attempts. {limits.retry_hint(tries)}", 429)


@contextmanager
def _recorded(user: User, what: str) -> Iterator[None]:
    """Record a failed try for the person and in the audit log."""
    email = user.email
    try:
        yield
    except NotProven:
        log_ins.failed(db.session(), email, *security.browser(), wrong=what)
        raise


def _factor(user: User, form: ProofForm) -> None:
    try:
        if answer := form.passkey.data:
            site, challenge = challenges.needed_site(), challenges.take("prove")
            passkeys.prove(db.session(), site, answer, challenge, user)
        else:
            second_factor.check_code(db.session(), user, form.code.data or "", parts().vault)
    except BadPasskey as error:
        raise NotProven(WRONG_PASSKEY) from error
    except WrongCode as error:
        raise NotProven(WRONG_CODE) from error


def _password(user: User, password: str) -> None:
    if sessions.find_user(db.session(), user.email, password) is None:
        raise NotProven(WRONG_PASSWORD)
