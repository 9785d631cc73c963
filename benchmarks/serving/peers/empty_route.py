"""An empty Flask route under gunicorn: what is left for everything else.

gunicorn --workers 2 --threads 16 'benchmarks.serving.peers.empty_route:application()'
"""

from __future__ import annotations

from flask import Flask, Response


def application() -> Flask:
    """The application with one route that answers the same bytes to everything."""
    app = Flask(__name__)

    @app.post("/predict")
    def predict() -> Response:
        return Response(b'{"predictions":[{"label":"none"}]}', content_type="application/json")

    return app
