"""The command line: errors in arguments and folders are reported before TensorFlow is imported."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from serving.contract import RECIPE_NONE, Card, Thresholds
from serving.store.layout import EXTRA_FOLDER, card_path
from training.__main__ import parser
from training.architectures import ARCHITECTURES
from training.commands import train
from training.errors import BadArgument

ROOT = Path(__file__).resolve().parents[3]
# Runs a command, then prints whether TensorFlow was imported.
RUN_AND_REPORT = """
import sys
from training.__main__ import main
try:
    code = main(sys.argv[1:])
except SystemExit as end:
    code = end.code
print("imported", "tensorflow" in sys.modules)
sys.exit(code)
"""


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", RUN_AND_REPORT, *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("command", [(), ("train",), ("evaluate",), ("verify",), ("sweep",)])
def test_help_is_quick_and_shows_how(command: tuple[str, ...]) -> None:
    done = run(*command, "--help")
    assert done.returncode == 0
    assert "imported False" in done.stdout
    assert "python -m training" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("train", "--dataset", "cifar"),
            "--dataset 'cifar' is unknown; choose from mnist, fashion_mnist, digits",
        ),
        (("train", "--dataset", ""), "--dataset '' is unknown; choose from mnist"),
        (("train", "--model", "vgg"), "--model 'vgg' is unknown"),
        (("train", "--target-accuracy", "99"), "--target-accuracy must be from 0 to 1"),
        (("train", "--epochs", "none"), "invalid int value: 'none'"),
        (("train", "--model", "mine.py"), "--model mine.py: there is no such file"),
        (("train", "--optimizer", "lbfgs"), "--optimizer 'lbfgs' is unknown; choose from adam, adamw, sgd"),
        (("train", "--loss", "hinge"), "--loss 'hinge' is unknown"),
        (("train", "--augmentation", "much"), "--augmentation 'much' is unknown"),
        (("train", "--keep", "0"), "--keep must be at least 1"),
        (("train", "--layers", "3"), "--layers has no effect on cnn: it takes --units, --dropout"),
        (("evaluate", "--saved-model", "nowhere"), "--saved-model nowhere: there is no such folder"),
        ((), "the following arguments are required: COMMAND"),
    ],
)
def test_a_bad_argument_exits_with_2_and_one_sentence(arguments: tuple[str, ...], message: str) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert "imported False" in done.stdout


def test_evaluate_asks_for_the_path_of_own_pictures(tmp_path: Path) -> None:
    card = Card("letters", ("a", "b"), RECIPE_NONE, Thresholds(0.5))
    (tmp_path / "1" / EXTRA_FOLDER).mkdir(parents=True)
    card_path(tmp_path / "1").write_text(card.to_json())
    done = run("evaluate", "--saved-model", str(tmp_path / "1"))
    assert done.returncode == 2
    assert "was trained on own pictures, 'letters': pass their path with --dataset" in done.stderr


def test_a_name_that_cannot_be_encoded_is_printed_with_escapes() -> None:
    program = "from training.__main__ import main; main(['sweep', '--results-dir', '.', '--seeds', '0'])"
    program += r"; print('\udcff')"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.stdout == "\\udcff\n"


def test_an_unwritable_models_folder_exits_with_1_before_any_training(tmp_path: Path) -> None:
    (tmp_path / "models").write_text("a file")
    done = run("train", "--models-dir", str(tmp_path / "models"))
    assert done.returncode == 1
    assert f"the models folder {tmp_path / 'models' / 'mnist'} cannot be written" in done.stderr
    assert "imported False" in done.stdout


@pytest.mark.parametrize(
    ("given", "model"),
    [
        ([], "cnn"),
        (["--dataset", "fashion_mnist"], "cnn-wide"),
        (["--dataset", "fashion_mnist", "--model", "resnet"], "resnet"),
    ],
)
def test_the_default_model_suits_the_data_set(given: list[str], model: str) -> None:
    arguments = parser().parse_args(["train", *given])
    assert train.config_from(arguments).model == model


def test_the_options_of_the_command_line_change_the_recipe() -> None:
    given = [
        "--no-normalise",
        "--optimizer",
        "plain-sgd",
        "--loss",
        "mean-squared-error",
        "--augmentation",
        "none",
    ]
    config = train.config_from(parser().parse_args(["train", *given]))
    assert not config.options.normalise
    recipe = config.recipe()
    assert (recipe.optimizer, recipe.loss, recipe.augmentation) == ("plain-sgd", "mean-squared-error", "none")


def test_without_options_the_profile_decides() -> None:
    config = train.config_from(parser().parse_args(["train"]))
    assert config.options.normalise
    assert config.overrides == {}


@pytest.mark.parametrize("option", ["--units", "--layers", "--dropout"])
def test_an_option_without_effect_on_a_file_of_layers_is_refused(option: str, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("")
    arguments = parser().parse_args(["train", "--model", str(tmp_path / "mine.py"), option, "1"])
    with pytest.raises(BadArgument, match=f"{option} has no effect on .*mine.py"):
        train.config_from(arguments)


@pytest.mark.parametrize("model", [name for name in ARCHITECTURES if not name.startswith("dense")])
def test_layers_are_refused_where_there_are_no_hidden_dense_ones(model: str) -> None:
    with pytest.raises(BadArgument, match="--layers has no effect"):
        train.config_from(parser().parse_args(["train", "--model", model, "--layers", "2"]))
