"""What client libraries call an operation: a resource and one of its methods."""

from collections.abc import Mapping

OWN_NAMES: Mapping[str, str] = {
    "clearInbox": "inboxes.clear",
    "createEvent": "events.send",
    "createEvents": "events.send_batch",
    "createMessages": "messages.report",
    "eraseEvent": "events.erase",
    "explainEvent": "events.explain",
    "readAllNotifications": "notifications.read_all",
    "readStats": "stats.get",
    "readWhoami": "whoami",
    "showDocument": "openapi",
}
OF_CHATBOTS = "/chatbots/{chatbot_id}/"
OF_A_LIST = {"GET": "list", "POST": "create", "DELETE": "delete"}
OF_ONE = {"GET": "get", "POST": "create", "PUT": "put", "PATCH": "update", "DELETE": "delete"}


def call_of(path: str, method: str, id_: str) -> str:
    """`webhooks.rotate_secret` for POST /webhooks/{webhook_id}/rotate-secret."""
    if id_ in OWN_NAMES:
        return OWN_NAMES[id_]
    prefix = "chatbot_" if path.startswith(OF_CHATBOTS) else ""
    noun, *rest = path.removeprefix(OF_CHATBOTS).strip("/").replace("-", "_").split("/")
    return f"{prefix}{noun}.{_method_of(rest, method)}"


def _method_of(rest: list[str], method: str) -> str:
    """`rest` is the path below the resource."""
    names = [step for step in rest if not step.startswith("{")]
    is_one = bool(rest) and rest[-1].startswith("{")
    verb = (OF_ONE if is_one else OF_A_LIST)[method] if is_one or not names else ""
    if not names:
        return verb
    if is_one:
        return f"{verb}_{names[-1].removesuffix('s')}"
    return names[-1] if method in ("GET", "POST") else f"{OF_ONE[method]}_{names[-1]}"
