"""/tools/signature: paste a request, and see whether and why its signature verifies.

What is pasted holds a secret: it is neither stored nor logged.
"""

from flask import Blueprint, render_template, request

from webhooks_app.inbox import signature_tool
from webhooks_app.inbox.signature_check import SIGNATURE_HEADERS
from webhooks_app.lib.times import utcnow
from webhooks_app.web.htmx import wants_fragment
from webhooks_app.web.tenancy import member_required

LONGEST = {"secret": 1024, "headers": 64 * 1024, "body": 256 * 1024}

FORMATS = tuple(SIGNATURE_HEADERS)

bp = Blueprint("signature", __name__, url_prefix="/tools")


@bp.get("/signature")
@member_required
def show() -> str:
    return render_template("tools/signature.html", formats=FORMATS, faults={}, result=None)


@bp.post("/signature")
@member_required
def check() -> tuple[str, int]:
    faults, result = _faults(), None
    if not faults:
        try:
            result = _diagnosis()
        except signature_tool.BadHeaders as error:
            faults["headers"] = str(error)
    template = "tools/_signature_result.html" if wants_fragment() else "tools/signature.html"
    page = render_template(template, formats=FORMATS, faults=faults, result=result)
    return page, 422 if faults else 200


def _faults() -> dict[str, str]:
    form = request.form
    faults = {
        name: f"This is longer than {most // 1024} KB."
        for name, most in LONGEST.items()
        if len(form.get(name, "")) > most
    }
    for name in ("secret", "headers"):
        if not form.get(name, "").strip():
            faults[name] = f"Paste the {name} here."
    if form.get("wire_format", "") not in {"", *FORMATS}:
        faults["wire_format"] = "Choose one of the formats."
    return faults


def _diagnosis() -> signature_tool.Diagnosis:
    """Browsers send the lines of a text area with CR LF; what was pasted had LF, as a rule."""
    form = request.form
    return signature_tool.diagnose(
        form["secret"].strip(),
        signature_tool.read_headers(form["headers"]),
        form.get("body", "").replace("\r\n", "\n").encode(errors="replace"),
        int(utcnow().timestamp()),
        form.get("wire_format", ""),
    )
