"""The limit of `ingest`: a view behind the door that accepts JSON and answers JSON."""

from flask import Flask, Response, jsonify, request

from webhooks_app.server.door import Door

app = Flask(__name__)


@app.post("/events")
def events() -> tuple[Response, int]:
    return jsonify(type=request.get_json()["type"]), 202


@app.get("/healthz")
def healthz() -> Response:
    return jsonify(status="ok")


door = Door(app, 32)
