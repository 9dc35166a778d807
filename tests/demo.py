"""The sample workspace for tests: made once a session, copied as files for each test that changes it."""

import shutil
import tempfile
from functools import cache
from pathlib import Path

from rules_engine.bootstrap import Product, open_product
from rules_engine.config import Settings
from rules_engine.ports import Clock
from rules_engine.sample_workspace import set_up
from tests.builtin_systems import Watch


@cache
def _template() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="o2o-demo-"))
    product = open_product(Settings(folder=folder), Watch())
    set_up(product)
    product.matcher.close()
    product.engine.dispose()  # the last connection that closes writes SQLite's log into the file
    return folder


def new_demo(folder: Path, clock: Clock) -> Product:
    """The sample workspace on files of its own below `folder`."""
    shutil.copytree(_template(), folder, dirs_exist_ok=True)
    return open_product(Settings(folder=folder), clock)
