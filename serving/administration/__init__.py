"""``python -m serving models``: lists versions, and changes which of them serve.

Every command reads the model server's configuration file, adds newly published models, and replaces the file
atomically. If a one-machine server runs on the same folder, the command finds it and switches it step by
step, so that no request fails, and then reports what serves. Otherwise the change takes effect at the next
start.
"""

from serving.administration.command import main

__all__ = ["main"]
