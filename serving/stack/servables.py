"""What there is to serve: the model folders and the model server's configuration file for them."""

from __future__ import annotations

from pathlib import Path

from serving.stack.processes import StackError

NOTICE_FILE = "NOTICE.txt"
CONFIG_FILE = "models.config"
_PREFERRED = ("mnist", "fashion_mnist")


def model_names(models_dir: Path) -> list[str]:
    """The folders that hold at least one version, the usual default first.

    Raises:
        StackError: when there is no such folder, or no model in it.
    """
    if not models_dir.is_dir():
        raise StackError(f"there is no folder {models_dir}; train a model first: python -m training train")
    names = [entry.name for entry in models_dir.iterdir() if entry.is_dir() and _has_version(entry)]
    if not names:
        raise StackError(f"no model is published in {models_dir}; train one first: python -m training train")
    return sorted(names, key=lambda name: (_rank(name), name))


def write_models_config(path: Path, models_dir: Path, names: list[str]) -> None:
    """Write TensorFlow Serving's ``model_config_list`` for these models as protobuf text."""
    entries = (
        f'  config {{ name: "{name}" base_path: "{models_dir.resolve() / name}" '
        f'model_platform: "tensorflow" }}\n'
        for name in names
    )
    path.write_text("model_config_list {\n" + "".join(entries) + "}\n")


def models_config(folder: Path, models_dir: Path) -> Path:
    """The configuration to serve by: the one that ``python -m serving models`` keeps, else one of all models.

    Args:
        folder: where to write the latter.
        models_dir: the folder of the models, and of the former.
    """
    kept = models_dir / CONFIG_FILE
    if kept.is_file():
        return kept
    path = folder / CONFIG_FILE
    write_models_config(path, models_dir, model_names(models_dir))
    return path


def notice(models_dir: Path) -> str:
    """The sentence that the first training left for the page, or an empty one."""
    file = models_dir / NOTICE_FILE
    return file.read_text().strip() if file.is_file() else ""


def _has_version(folder: Path) -> bool:
    return any(entry.name.isdigit() and (entry / "saved_model.pb").is_file() for entry in folder.iterdir())


def _rank(name: str) -> int:
    return _PREFERRED.index(name) if name in _PREFERRED else len(_PREFERRED)
