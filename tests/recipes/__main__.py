"""``python -m tests.recipes``: write the digests of new recipes and new pictures."""

from __future__ import annotations

import argparse

from serving.contract import RECIPES
from tests import recipes
from tests.recipes import digests


def main() -> None:
    """Write them and print the recipes."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.recipes",
        description=recipes.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--replace", choices=RECIPES, help="a recipe that was never released")
    written = digests.update(parser.parse_args().replace)
    print(f"{digests.FILE}: {', '.join(written) or 'nothing new'}")


if __name__ == "__main__":
    main()
