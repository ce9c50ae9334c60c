"""/tools/signature: paste a request and see whether its signature verifies, and why.

The pasted text contains a secret: it is neither stored nor logged.
"""

from flask import Blueprint, render_template, request

from webhooks_app.deliveries import log
from webhooks_app.extensions import db
from webhooks_app.inbox import signature_tool
from webhooks_app.lib.times import utcnow
from webhooks_app.web import inspector
from webhooks_app.web.forms.signature import SignatureForm
from webhooks_app.web.htmx import wants_fragment
from webhooks_app.web.tenancy import here, member_required

bp = Blueprint("signature", __name__, url_prefix="/tools")


@bp.get("/signature")
@member_required
def show() -> str:
    """Filled in with the last request of a delivery, when its address names one."""
    form = SignatureForm()
    if delivery_id := request.args.get("delivery_id"):
        logged = log.find_delivery(db.session(), here().tenant, delivery_id)
        headers, form.body.data = inspector.last_request(logged)
        form.headers.data = "\n".join(f"{name}: {value}" for name, value in headers.items())
        form.wire_format.data = logged.delivery.wire_format
    return render_template("tools/signature.html", form=form, result=None)


@bp.post("/signature")
@member_required
def check() -> tuple[str, int]:
    form, result = SignatureForm(), None
    if form.validate():
        try:
            result = _diagnosis(form)
        except signature_tool.BadHeaders as error:
            form.headers.errors = [str(error)]
    template = "tools/_signature_result.html" if wants_fragment() else "tools/signature.html"
    page = render_template(template, form=form, result=result)
    return page, 422 if form.errors else 200


def _diagnosis(form: SignatureForm) -> signature_tool.Diagnosis:
    """Browsers send text areas with CR LF; the pasted text usually had LF.

    A whole request may be in the first field.
    """
    headers, body = form.headers.data.replace("\r\n", "\n"), form.body.data or ""
    if not body:
        headers, body = signature_tool.parts_of_request(headers)
    return signature_tool.diagnose(
        form.secret.data.strip(),
        signature_tool.read_headers(headers),
        body.replace("\r\n", "\n").encode(errors="replace"),
        int(utcnow().timestamp()),
        form.wire_format.data,
    )
