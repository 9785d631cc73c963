"""``mnist-classify completion``: the script with which a shell completes our options."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from client.command.exits import WRONG_USE

_EPILOG = """\b
Examples:
  mnist-classify completion bash >> ~/.bashrc
  mnist-classify completion zsh >> ~/.zshrc
  mnist-classify completion fish > ~/.config/fish/completions/mnist-classify.fish
"""

_NAME = "mnist-classify"
_VARIABLE = "_MNIST_CLASSIFY_COMPLETE"


@click.command(epilog=_EPILOG, help="Print the completion script for a shell.")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, /, shell: str) -> None:
    """Print the script; it calls the installed ``mnist-classify`` to complete."""
    kind = get_completion_class(shell)
    if kind is None:
        ctx.exit(WRONG_USE)
    # Click would check the shell's version by running it; the script is the same without.
    made = kind(ctx.find_root().command, {}, _NAME, _VARIABLE)
    click.echo(made.source_template % made.source_vars())
