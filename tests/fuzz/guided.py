"""`python -m tests.fuzz.guided TARGET --seconds N`: a reader under texts that its own coverage leads to.

It needs atheris (Apache-2.0; Linux, Python 3.11 and 3.12), which is no part of the project's environments. Without
`--corpus` the texts that reached something new are forgotten; a text that breaks the reader is kept and named.
"""

import argparse
import sys
import tempfile
from pathlib import Path

NAMES = ("yaml", "ruleset", "judged", "mapping", "cases", "catalog", "connector", "record", "canonical")
MISSING = (
    "atheris is not installed: make an environment of its own, install the project and `atheris` there, "
    "and start this command with its Python"
)


def main() -> int:
    asked = _arguments()
    try:
        import atheris
    except ImportError:
        print(MISSING, file=sys.stderr)
        return 3
    with atheris.instrument_imports(include=["rules_engine"]):
        # Whatever is imported here is instrumented; before it nothing of ours may be.
        from tests.fuzz.targets import WORDS, read_or_refused, seeds

    def check(data: bytes) -> None:
        try:
            text = data.decode("utf-8", "surrogatepass")
        except UnicodeDecodeError:
            text = data.decode("utf-8", "replace")
        read_or_refused(asked.target, text)

    with tempfile.TemporaryDirectory() as folder:
        corpus = asked.corpus or Path(folder) / "corpus"
        corpus.mkdir(parents=True, exist_ok=True)
        for number, text in enumerate(seeds(asked.target)):
            (corpus / f"seed-{number}").write_text(text, "utf-8")
        words = Path(folder) / "words"
        words.write_text("".join(f'"{_escaped(each)}"\n' for each in WORDS if each), "utf-8")
        options = [f"-max_total_time={asked.seconds}", f"-dict={words}", "-max_len=20000", "-timeout=20",
                   "-rss_limit_mb=2048", "-print_final_stats=1"]  # fmt: skip
        atheris.Setup([sys.argv[0], *options, str(corpus)], check)
        atheris.Fuzz()
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.guided", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("target", choices=NAMES)
    parser.add_argument("--seconds", type=int, default=60, help="how long (60)")
    parser.add_argument("--corpus", type=Path, help="a folder to keep the texts in that reached something new")
    return parser.parse_args()


def _escaped(word: str) -> str:
    """As libFuzzer's dictionaries write bytes."""
    return "".join(f"\\x{each:02x}" for each in word.encode("utf-8", "surrogatepass"))


if __name__ == "__main__":
    sys.exit(main())
