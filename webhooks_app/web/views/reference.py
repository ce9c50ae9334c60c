"""/docs/reference: a page for each operation of the API.

/docs/errors: one for each kind of problem.

All are also available as Markdown.
"""

from flask import Blueprint, Response, abort, render_template, request, url_for

from webhooks_app.web import reference
from webhooks_app.web.documents import Document
from webhooks_app.web.forms.reference import TryForm, form_for
from webhooks_app.web.reference import OPERATIONS, PREFIX, PROBLEMS
from webhooks_app.web.tenancy import arrive_if_known

bp = Blueprint("reference", __name__, url_prefix="/docs")
bp.before_request(arrive_if_known)


@bp.get("/reference/")
def index() -> str:
    return render_template("docs/reference/index.html", groups=list(reference.by_tag()))


@bp.get("/reference/<slug>")
def show(slug: str) -> str:
    return page_of(slug, form_for(OPERATIONS.get(slug) or abort(404)))


@bp.get("/reference/<slug>.md")
def source(slug: str) -> Response:
    return _markdown(operation_document(slug))


@bp.get("/errors/<slug>")
def problem(slug: str) -> str:
    return _page(problem_document(slug), url_for(".problem_source", slug=slug))


@bp.get("/errors/<slug>.md")
def problem_source(slug: str) -> Response:
    return _markdown(problem_document(slug))


def page_of(slug: str, form: TryForm, result: object = None) -> str:
    """The page of an operation, with its form and the result."""
    arrive_if_known()
    source = url_for("reference.source", slug=slug)
    return _page(operation_document(slug), source, form=form, result=result)


def operation_document(slug: str) -> Document:
    one = OPERATIONS.get(slug) or abort(404)
    base = request.host_url.rstrip("/")
    text = render_template("docs/reference/operation.md", one=one, base=base, prefix=PREFIX)
    return Document(slug, text)


def problem_document(slug: str) -> Document:
    kind = PROBLEMS.get(slug) or abort(404)
    example = {
        "type": f"/docs/api#{slug}",
        "title": kind.title,
        "status": kind.status,
        "detail": kind.helps,
    }
    text = render_template(
        "docs/reference/problem.md",
        kind=kind,
        example=reference.shown(example),
        operations=[one for one in OPERATIONS.values() if kind in one.problems()],
    )
    return Document(slug, text)


def _page(document: Document, source: str, **more: object) -> str:
    groups = list(reference.by_tag())
    return render_template(
        "docs/reference/show.html", document=document, source=source, groups=groups, **more
    )


def _markdown(document: Document) -> Response:
    return Response(document.text, content_type="text/markdown; charset=utf-8")
