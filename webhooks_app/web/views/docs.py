"""/docs/<page>: what users and operators read, as it is written."""

from pathlib import Path

from flask import Blueprint, Response, abort

bp = Blueprint("docs", __name__, url_prefix="/docs")

PAGES = {page.stem: page for page in sorted((Path(__file__).parents[3] / "docs").glob("*.md"))}


@bp.get("/<name>")
def show(name: str) -> Response:
    """Markdown, with `.md` or without."""
    page = PAGES.get(name.removesuffix(".md")) or abort(404)
    return Response(page.read_text(), content_type="text/markdown; charset=utf-8")
