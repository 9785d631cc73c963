"""The models to serve: their folders, and the model server's configuration file for them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

from serving.saying import say
from serving.stack.processes import StackError
from serving.store import configuration, layout, ledger
from serving.store.configuration import CONFIG_FILE
from serving.store.errors import StoreError

NOTICE_FILE = "NOTICE.txt"
_PREFERRED = ("mnist", "fashion_mnist")


def model_names(models_dir: Path) -> list[str]:
    """The models that have at least one version, starting with the usual default.

    Raises:
        StackError: there is no such folder, or no model in it.
    """
    if not models_dir.is_dir():
        raise StackError(f"there is no folder {models_dir}; train a model first: python -m training train")
    names = layout.models(models_dir)
    for folder in layout.misnamed(models_dir):
        say(f"WARNING: {folder} does not serve: {layout.NAMING}. Rename it.")
    if not names:
        raise StackError(f"no model is published in {models_dir}; train one first: python -m training train")
    return sorted(names, key=lambda name: (_rank(name), name))


def models_config(folder: Path, models_dir: Path) -> Path:
    """Write the configuration file, with every published model, and return its path.

    It is the file that ``python -m serving models`` changes. Versions that are not what was published under
    their number are set aside first.

    Args:
        folder: where to write the file if the folder of the models is read-only.
        models_dir: the folder of the models.

    Raises:
        StackError: a model has no version that may serve.
    """
    models_dir = models_dir.resolve()
    kept = models_dir / CONFIG_FILE
    try:
        with configuration.locked(models_dir):
            for line in _set_aside(models_dir):
                say(line)
            config = configuration.read(kept, models_dir)
            for entry in config.model_config_list.config:
                _require_a_version(entry.name, configuration.loaded(entry), configuration.versions(entry))
            return _written(config, kept, folder / CONFIG_FILE)
    except StoreError as error:
        raise StackError(str(error)) from error


def add_new_models(models_dir: Path, file: Path) -> list[str]:
    """Add newly published models to the file that the model server re-reads.

    Returns:
        Their names; empty while ``python -m serving models`` is changing the file.

    Raises:
        StoreError: the file cannot be read or written.
    """
    models_dir = models_dir.resolve()
    with configuration.locked(models_dir, wait=False) as mine:
        if not mine and file.parent == models_dir:
            return []
        before = configuration.names(configuration.parse(file))
        config = configuration.read(file, models_dir)
        new = [name for name in configuration.names(config) if name not in before]
        if new:
            configuration.write(config, file)
        return new


def write_names(file: Path, names: list[str]) -> Path:
    """Write the file with the models that the gateway lists, atomically; returns its path.

    Raises:
        StoreError: the folder cannot be written.
    """
    configuration.replace(file, "".join(f"{name}\n" for name in names).encode())
    return file


def notice(models_dir: Path) -> str:
    """The notice that the first training wrote for the page; empty if it cannot be read."""
    try:
        return (models_dir / NOTICE_FILE).read_text("utf-8", errors="replace").strip()
    except OSError:
        return ""


def _written(config: configuration.Config, kept: Path, instead: Path) -> Path:
    try:
        configuration.write(config, kept)
    except StoreError:
        configuration.write(config, instead)
        return instead
    return kept


def _set_aside(models_dir: Path) -> Iterator[str]:
    """Rename versions that are not what was published, and yield a warning for each."""
    for name in layout.models(models_dir):
        model = models_dir / name
        for version in layout.versions(model):
            if ledger.changed(model, version):
                aside = _free(model / f".changed-{version}")
                said = f"version {version} of {name} is not what was published under this number"
                try:
                    (model / str(version)).rename(aside)
                except OSError as error:
                    raise StoreError(f"{said} and cannot be renamed: {error.strerror}") from error
                yield f"WARNING: {said}; it is set aside as {aside} and does not serve."


def _free(path: Path) -> Path:
    """The path, with a further number if it is taken by an earlier one."""
    others = (path.with_name(f"{path.name}-{number}") for number in itertools.count(2))
    return next(each for each in itertools.chain([path], others) if not each.exists())


def _require_a_version(name: str, chosen: set[int], there: list[int]) -> None:
    if not chosen:
        known = ", ".join(map(str, there)) or "none"
        raise StackError(
            f"{name}: the configuration names no published version; there are: {known}. "
            f"Choose one: python -m serving models promote {name} VERSION"
        )


def _rank(name: str) -> int:
    return _PREFERRED.index(name) if name in _PREFERRED else len(_PREFERRED)
