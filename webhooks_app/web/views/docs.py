"""/docs: the documentation as pages and as Markdown.

/llms.txt lists it for programs (llmstxt.org).
"""

from flask import Blueprint, Response, abort, render_template, send_from_directory, url_for

from webhooks_app.web.documents import DOCUMENTS, FOLDER, GROUPS, Document
from webhooks_app.web.reference import OPERATIONS
from webhooks_app.web.tenancy import arrive_if_known

bp = Blueprint("docs", __name__)
bp.before_request(arrive_if_known)


@bp.get("/docs/")
def index() -> str:
    return render_template("docs/index.html", groups=GROUPS)


@bp.get("/docs/<name>")
def show(name: str) -> str:
    return render_template("docs/show.html", document=_find(name), groups=GROUPS)


@bp.get("/docs/<name>.md")
def source(name: str) -> Response:
    return text_of(_find(name))


@bp.get("/llms.txt")
def list_all() -> Response:
    lists = {"groups": GROUPS, "operations": OPERATIONS.values()}
    return _text(render_template("docs/llms.txt", **lists))


@bp.get("/llms-full.txt")
def show_all() -> Response:
    return _text("\n".join(document.text for document in DOCUMENTS.values()))


@bp.get("/docs/screenshots/<name>.png")
def picture(name: str) -> Response:
    return send_from_directory(FOLDER / "screenshots", f"{name}.png")


@bp.get("/docs/<name>/llms.txt")
def list_parts(name: str) -> Response:
    document = _find(name)
    page = url_for(".show", name=name, _external=True)
    parts = [f"- [{words}]({page}#{anchor})\n" for anchor, words in document.headings]
    return _text(f"# {document.title}\n\n> {document.summary}\n\n{''.join(parts)}")


def text_of(document: Document) -> Response:
    return _text(document.text, "markdown")


def _find(name: str) -> Document:
    return DOCUMENTS.get(name) or abort(404)


def _text(text: str, kind: str = "plain") -> Response:
    return Response(text, content_type=f"text/{kind}; charset=utf-8")
