"""The first command: `python3 -m rules_engine` makes the environment and starts the demo."""

import sys

from rules_engine.setup_environment import start

if __name__ == "__main__":
    sys.exit(start("core", ["o2o", "demo", *sys.argv[1:]]))
