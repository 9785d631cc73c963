"""``python -m serving models``: which versions there are, and which of them serve.

Every command reads the model server's configuration file, completes it with what is published, and changes it
in one move. A one-machine server that runs on the same folder is found and taken along, step by step, so that
no request fails; then the command says what serves. Without one it says that the change takes effect at the
next start.
"""

from serving.administration.command import main

__all__ = ["main"]
