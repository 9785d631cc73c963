"""A gunicorn worker whose application only ever sees whole requests.

gunicorn's own threaded worker gives a thread to every connection that has begun to speak, so a few
slow or idle ones stop it. Here one event loop per process reads requests and writes what a slow reader
has not taken; the application gets a request once its headers and its body are complete. Light requests
(``Limits.light_paths``) are answered on the loop, each in a fiber that lets others go on while it waits;
all others go to threads.

    accept -> loop: arrivals (head: gunicorn's parser, body: bodies, chunks) -> crew, threads -> responses
                 <- loop: sends the rest to slow readers, waits for the next request <-

Framing and header rules are gunicorn's (``gunicorn.http``), so what it rejects as ambiguous is rejected.
Every wait has a time limit and every buffer a bound: ``Limits``.
"""

from serving.gateway.worker.limits import Limits
from serving.gateway.worker.loop import GatewayWorker, with_limits

__all__ = ["GatewayWorker", "Limits", "with_limits"]
