"""The columns of the audit log as a file."""

from webhooks_app.lib.times import rfc3339
from webhooks_app.models import AuditEntry
from webhooks_app.web.table_file import Columns

COLUMNS: Columns[AuditEntry] = {
    "time": lambda entry: rfc3339(entry.created_at),
    "actor_kind": lambda entry: entry.actor_kind,
    "actor": lambda entry: entry.actor,
    "actor_id": lambda entry: entry.actor_id,
    "action": lambda entry: entry.action,
    "target_kind": lambda entry: entry.target_type,
    "target": lambda entry: entry.target_name,
    "target_id": lambda entry: entry.target_id,
    "mode": lambda entry: entry.mode,
    "ip": lambda entry: entry.ip,
    "browser": lambda entry: entry.user_agent,
    "details": lambda entry: entry.detail or None,
}
