"""The command ``mnist-classify``: its subcommands, which are imported when they are called."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import ClassVar

import click

from client.command import FAILED, INTERRUPTED, exit_code
from client.errors import ClientError

NAME = "mnist-classify"
DISTRIBUTION = "mnist-serving"

_EPILOG = """\b
Examples:
  mnist-classify classify seven.png
  mnist-classify classify photos/ --recursive --output jsonl > answers.jsonl
  mnist-classify read note.jpg
  mnist-classify correct seven.png --label 7
  mnist-classify models
  mnist-classify health && echo ready
\b
A configuration file can set defaults for the options; see `mnist-classify classify --help`.
Exit codes: 0 success, 1 something failed, 2 wrong usage, 3 service not reachable, 130 on Ctrl-C.
"""

_COMPLETION_EPILOG = """\b
Examples:
  mnist-classify completion bash >> ~/.bashrc
  mnist-classify completion zsh >> ~/.zshrc
  mnist-classify completion fish > ~/.config/fish/completions/mnist-classify.fish
"""


class Commands(click.Group):
    """The subcommands, each imported only when it is needed, which keeps the start fast."""

    modules: ClassVar[dict[str, str]] = {
        "classify": "recognition",
        "read": "recognition",
        "correct": "correct",
        "models": "service",
        "health": "service",
        "bench": "bench",
        "completion": "entry",
    }

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """The names, in the order of the help."""
        return list(self.modules)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command with this name."""
        if cmd_name not in self.modules:
            return None
        command = getattr(import_module(f"client.command.{self.modules[cmd_name]}"), cmd_name)
        return command if isinstance(command, click.Command) else None


def version() -> str:
    """The version of the installed package, or of the checkout that is run in place."""
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import version as installed_version

    try:
        return installed_version(DISTRIBUTION)
    except PackageNotFoundError:
        project = Path(__file__).resolve().parents[2] / "pyproject.toml"
    lines = project.read_text(encoding="utf-8").splitlines() if project.is_file() else []
    return next((line.split('"')[1] for line in lines if line.startswith("version = ")), "unknown")


def _print_version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted:
        click.echo(f"{NAME} {version()}")
        ctx.exit()


@click.group(
    cls=Commands,
    name=NAME,
    help="Classify and read image files through the gateway.",
    epilog=_EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100, "show_default": True},
)
@click.option(
    "--version",
    "-V",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_print_version,
    help="Print the version.",
)
@click.option(
    "--config",
    type=click.Path(dir_okay=False, path_type=Path),
    envvar="MNIST_CONFIG",
    help="Configuration file [default: config.ini in the user's configuration folder].",
)
@click.pass_context
def command(ctx: click.Context, config: Path | None) -> None:
    """Read the configuration, which sets the defaults of the subcommands."""
    from client.command.config import read

    ctx.default_map = dict.fromkeys(Commands.modules, read(config))


@click.command(epilog=_COMPLETION_EPILOG, help="Print the completion script for a shell.")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the script; it calls the installed ``mnist-classify`` to complete."""
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell)
    assert kind is not None, "click completes in all three shells"
    # Click would run the shell to check its version; the script is the same without that.
    script = kind(command, {}, NAME, "_MNIST_CLASSIFY_COMPLETE")
    click.echo(script.source_template % script.source_vars())


def run(arguments: Sequence[str]) -> int:
    """Run the command line; returns the exit code."""
    try:
        code = command.main(list(arguments), prog_name=NAME, standalone_mode=False)
        return code if isinstance(code, int) else 0
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except BrokenPipeError:
        _discard_output()
        return FAILED
    except ClientError as error:
        click.echo(f"{NAME}: {error.detail}", err=True)
        return exit_code(error)
    except OSError as error:
        click.echo(f"{NAME}: the output cannot be written: {error.strerror or error}.", err=True)
        _discard_output()
        return FAILED


def _discard_output() -> None:
    """Nobody reads standard output any more: what is still buffered must not raise at exit."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, sys.stdout.fileno())
