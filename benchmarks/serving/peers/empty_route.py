"""An empty Flask route under gunicorn, as the limit for any Flask application.

gunicorn --workers 2 --threads 16 'benchmarks.serving.peers.empty_route:application()'
"""

from __future__ import annotations

from flask import Flask, Response


def application() -> Flask:
    """Build the application, with a route that answers the same bytes to every request."""
    app = Flask(__name__)

    @app.post("/predict")
    def predict() -> Response:
        return Response(b'{"predictions":[{"label":"none"}]}', content_type="application/json")

    return app
