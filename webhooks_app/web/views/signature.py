"""/tools/signature: paste a request and see whether its signature verifies, and why.

The pasted text contains a secret: it is neither stored nor logged.
"""

from flask import Blueprint, render_template

from webhooks_app.inbox import signature_tool
from webhooks_app.lib.times import utcnow
from webhooks_app.web.forms.signature import SignatureForm
from webhooks_app.web.htmx import wants_fragment
from webhooks_app.web.tenancy import member_required

bp = Blueprint("signature", __name__, url_prefix="/tools")


@bp.get("/signature")
@member_required
def show() -> str:
    return render_template("tools/signature.html", form=SignatureForm(), result=None)


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
    """Browsers send text areas with CR LF; the pasted text usually had LF."""
    return signature_tool.diagnose(
        form.secret.data.strip(),
        signature_tool.read_headers(form.headers.data),
        (form.body.data or "").replace("\r\n", "\n").encode(errors="replace"),
        int(utcnow().timestamp()),
        form.wire_format.data,
    )
