"""The limit of `ingest`: a Flask view that takes JSON and answers JSON, and nothing else."""

from flask import Flask, Response, jsonify, request

app = Flask(__name__)


@app.post("/events")
def events() -> tuple[Response, int]:
    return jsonify(type=request.get_json()["type"]), 202


@app.get("/healthz")
def healthz() -> Response:
    return jsonify(status="ok")
