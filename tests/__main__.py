"""The second command: `python3 -m tests` makes the environment and runs the tests, or those that its arguments name."""

import sys

from rules_engine.setup_environment import start

if __name__ == "__main__":
    sys.exit(start("dev", ["python", "-m", "pytest", *sys.argv[1:]]))
