"""The one blueprint that all endpoints hang on."""

from flask import Blueprint

bp = Blueprint("api", __name__, url_prefix="/api/v1")
