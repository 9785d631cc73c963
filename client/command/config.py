"""The configuration file, which sets defaults for options, in INI form.

    [mnist-classify]
    url = https://classifier.example.org
    api_key_file = ~/.mnist-key
    model = fashion_mnist

The command line takes precedence, then the environment (``MNIST_URL``, ``MNIST_API_KEY``), then this file.
"""

from __future__ import annotations

from pathlib import Path

import click

SECTION = "mnist-classify"
KEYS = {"api_key_file", "batch_size", "concurrency", "fit", "model"}
KEYS |= {"output", "retries", "timeout", "top_k", "url"}


def default_path() -> Path:
    """Where the file is, unless ``--config`` names another."""
    import platformdirs

    return platformdirs.user_config_path("mnist-classify") / "config.ini"


def _exists(path: Path) -> bool:
    """Whether a file exists; False in a folder that this user may not enter, such as another user's home."""
    try:
        return path.is_file()
    except OSError:
        return False


def read(path: Path | None) -> dict[str, str]:
    """Read the defaults; empty if no file is named and the user has none.

    Raises:
        click.UsageError: the message names the file and what is wrong in it.
    """
    where = path or default_path()
    if path is None and not _exists(where):
        return {}
    import configparser

    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(where.read_text(encoding="utf-8"), str(where))
        values = {name.replace("-", "_"): value for name, value in parser[SECTION].items()}
    except OSError as error:
        raise click.UsageError(f"The configuration {where} cannot be read: {error.strerror}.") from error
    except KeyError:
        raise click.UsageError(f"The configuration {where} has no section [{SECTION}].") from None
    except (configparser.Error, UnicodeDecodeError) as error:
        raise click.UsageError(f"The configuration {where} cannot be read: {error}.") from error
    unknown = sorted(set(values) - KEYS)
    if unknown:
        known = ", ".join(sorted(KEYS))
        raise click.UsageError(
            f"The configuration {where} sets {unknown[0]!r}, which is not one of: {known}."
        )
    if "api_key_file" in values:
        values["api_key_file"] = str(Path(values["api_key_file"]).expanduser())
    return values
