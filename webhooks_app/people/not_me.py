"""What happens when a person says that they did not make a change to their account."""

from sqlalchemy.orm import Session

from webhooks_app.organisations.audit_log import Actor, act_as, record_in_all
from webhooks_app.people import alarms, passwords, second_factor, sessions


def raise_alarm(session: Session, token: str) -> str:
    """End all sessions of the mail's recipient and remove the second factor it was about.

    Committed. Returns the token of a link that resets the password. Raises `NotFound`.
    """
    alarm = alarms.read(session, token)
    act_as(Actor.person(alarm.user))
    record_in_all(session, alarm.user, "member.alarm_raised")
    sessions.end_all(session, alarm.user.id)
    second_factor.disown(session, alarm.user, alarm.factor)
    reset = passwords.new_reset(session, alarm.user)
    session.commit()
    return reset
