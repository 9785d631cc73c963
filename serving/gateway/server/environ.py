"""The WSGI environment (PEP 3333) of a request that arrived by ASGI."""

from __future__ import annotations

import sys
from functools import lru_cache
from typing import Any

from serving.gateway.server.bodies import Body

ARRIVED = "gateway.arrived"
"""Key of the monotonic time at which the request's first byte arrived, in seconds."""

Environ = dict[str, Any]

_CONSTANT: Environ = {
    "SCRIPT_NAME": "",
    "wsgi.version": (1, 0),
    "wsgi.url_scheme": "http",
    "wsgi.errors": sys.stderr,
    "wsgi.multithread": False,
    "wsgi.multiprocess": True,
    "wsgi.run_once": False,
    "wsgi.input_terminated": True,
}


def environ_of(scope: dict[str, Any], body: Body) -> Environ:
    """The environment for an ASGI scope whose body is complete."""
    path, server, client = scope["path"], scope["server"] or ("", 0), scope["client"] or ("", 0)
    if not path.isascii():
        path = path.encode("utf-8", "surrogateescape").decode("latin-1")
    environ = {
        **_CONSTANT,
        "REQUEST_METHOD": scope["method"],
        "PATH_INFO": path,
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1]),
        "REMOTE_ADDR": client[0],
        "wsgi.input": body.opened(),
        ARRIVED: scope["state"]["arrived"],
    }
    for name, value in scope["headers"]:
        key = _key(name)
        if key is not None:
            text = value.decode("latin-1")
            environ[key] = f"{environ[key]},{text}" if key in environ else text
    if "HTTP_TRANSFER_ENCODING" in environ:  # the length is known by now
        environ["CONTENT_LENGTH"] = str(body.size)
        del environ["HTTP_TRANSFER_ENCODING"]
    return environ


@lru_cache(maxsize=256)
def _key(name: bytes) -> str | None:
    """The variable of a header; None for a name with an underscore, which could pass for another header's."""
    if b"_" in name:
        return None
    key = name.decode("latin-1").upper().replace("-", "_")
    return key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"
