"""The folders that travel with the product: `rulesets` and `fixtures`."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def shipped(name: str, package: Path = _PACKAGE) -> Path:
    """The folder `name`: in a clone beside the packages, in an installed wheel inside this one.

    Raises FileNotFoundError where neither is there, which only a broken installation can cause.
    """
    for place in (package / "_shipped" / name, package.parent / name):
        if place.is_dir():
            return place
    raise FileNotFoundError(f"the folder `{name}` did not come with this installation: install the product again")
