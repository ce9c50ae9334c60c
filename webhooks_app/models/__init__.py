"""The tables: one file per aggregate."""

from webhooks_app.models.answered_request import AnsweredRequest
from webhooks_app.models.audit_entry import AuditEntry
from webhooks_app.models.chat import ChatMessage, ChatSettings, Conversation
from webhooks_app.models.database_identity import DatabaseIdentity
from webhooks_app.models.delivery import Attempt, Delivery
from webhooks_app.models.device_log_in import DeviceLogIn
from webhooks_app.models.digest import Digest
from webhooks_app.models.encryption_key import EncryptionKey
from webhooks_app.models.event import Event, EventKey
from webhooks_app.models.event_type import CustomEventType
from webhooks_app.models.inbox import Inbox, InboxRequest
from webhooks_app.models.listener import Listener
from webhooks_app.models.mail import Mail
from webhooks_app.models.mail_recipient import DailyCount, MailRecipient
from webhooks_app.models.notification import Notification, NotificationRead
from webhooks_app.models.object_state import ObjectState
from webhooks_app.models.organisation import ApiKey, Invitation, Membership, Organisation
from webhooks_app.models.outage import Outage
from webhooks_app.models.periodic import PeriodicRun
from webhooks_app.models.queued import Queued
from webhooks_app.models.replay import ReplayBatch
from webhooks_app.models.running_engine import RunningEngine
from webhooks_app.models.saved_view import SavedView
from webhooks_app.models.second_factor import AuthenticatorApp, Passkey, RecoveryCode
from webhooks_app.models.stats import DeliveryStat
from webhooks_app.models.subject import Subject
from webhooks_app.models.subscription import SendAllowance, Subscription, SubscriptionHealth
from webhooks_app.models.usage import Usage
from webhooks_app.models.user import FailedLogIn, PasswordReset, User, UserSession

__all__ = [
    "AnsweredRequest",
    "ApiKey",
    "Attempt",
    "AuditEntry",
    "AuthenticatorApp",
    "ChatMessage",
    "ChatSettings",
    "Conversation",
    "CustomEventType",
    "DailyCount",
    "DatabaseIdentity",
    "Delivery",
    "DeliveryStat",
    "DeviceLogIn",
    "Digest",
    "EncryptionKey",
    "Event",
    "EventKey",
    "FailedLogIn",
    "Inbox",
    "InboxRequest",
    "Invitation",
    "Listener",
    "Mail",
    "MailRecipient",
    "Membership",
    "Notification",
    "NotificationRead",
    "ObjectState",
    "Organisation",
    "Outage",
    "Passkey",
    "PasswordReset",
    "PeriodicRun",
    "Queued",
    "RecoveryCode",
    "ReplayBatch",
    "RunningEngine",
    "SavedView",
    "SendAllowance",
    "Subject",
    "Subscription",
    "SubscriptionHealth",
    "Usage",
    "User",
    "UserSession",
]
