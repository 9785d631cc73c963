"""The page at ``/``: draw, drop, paste, choose or photograph a picture, and read the answer.

It is plain HTML, CSS and ES modules, with no build step and no other host. Links are relative, so that the
page also works behind a proxy that adds a path. The content security policy allows nothing inline. File names
and the gateway's answers are written as text, never as markup.
"""

from __future__ import annotations

from pathlib import Path

from flask import Blueprint, Response, send_file

FOLDER = Path(__file__).parent
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(), microphone=(), camera=(self)",
}
"""The page's own headers; ``middleware`` adds those that all answers have."""

blueprint = Blueprint("page", __name__, static_folder="static", static_url_path="/page")


@blueprint.get("/")
def index() -> Response:
    """The page itself."""
    return send_file(FOLDER / "index.html", mimetype="text/html")


@blueprint.after_request
def protect(response: Response) -> Response:
    """Restrict the page to its own files and the gateway."""
    response.headers.update(HEADERS)
    return response
