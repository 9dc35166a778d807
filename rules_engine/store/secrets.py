"""Encryption of what connections must keep secret, under a key that lies outside the database."""

import hmac
import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from rules_engine.model.errors import Permanent

KEY_FILE = "secrets.key"


class Secrets:
    """Encrypts with the first key and reads with any, so that keys can be changed. Shows nothing of them."""

    def __init__(self, keys: tuple[str, ...]) -> None:
        self._first = keys[0].encode() if keys else b""
        try:
            self._fernet = MultiFernet([Fernet(each) for each in keys])
        except ValueError:
            # Without the original error: its text and frames could hold the key.
            raise Permanent(f"a secret key is not 32 bytes in URL-safe base64: {_remedy()}") from None

    def __repr__(self) -> str:
        return "Secrets(...)"

    def __reduce__(self) -> str:
        raise TypeError("secrets are not copied out of the process")

    def encrypt(self, secrets: Mapping[str, str]) -> str:
        """The named secrets as one text that only the key opens; "" for none."""
        return self._fernet.encrypt(json.dumps(dict(secrets)).encode()).decode() if secrets else ""

    def decrypt(self, text: str) -> dict[str, str]:
        """The named secrets. Raises Permanent where no key fits."""
        if not text:
            return {}
        try:
            found = json.loads(self._fernet.decrypt(text.encode()))
        except InvalidToken:
            raise Permanent(f"no secret key fits what is kept in the database: {_remedy()}") from None
        return {str(name): str(value) for name, value in found.items()}

    def key_for(self, purpose: str) -> bytes:
        """32 bytes for something other than encryption, always the same; nothing leads from them to the key itself."""
        return hmac.digest(self._first, purpose.encode(), "sha256")

    def encrypt_anew(self, text: str) -> str:
        """The same secrets under the first key, for a change of keys."""
        return self.encrypt(self.decrypt(text))


def _remedy() -> str:
    return f"put back the file `{KEY_FILE}` or the setting `O2O_SECRET_KEYS` that it was written with"


def open_secrets(folder: Path, keys: str = "") -> Secrets:
    """With `keys` (one or several, separated by commas, the first encrypts), else with the key file of the folder.

    The file is made where it is not there, readable by its owner only. Raises Permanent where others can read it.
    """
    if keys:
        return Secrets(tuple(each.strip() for each in keys.split(",") if each.strip()))
    path = folder / KEY_FILE
    folder.mkdir(parents=True, exist_ok=True)
    _make(path)
    if path.stat().st_mode & 0o077:
        raise Permanent(f"others can read the secret key `{path}`: take their rights away with `chmod 600 {path}`")
    return Secrets(tuple(path.read_text().split()))


def _make(path: Path) -> None:
    """A new key at `path` unless there is one; of two processes that start together one makes it."""
    if path.exists():
        return
    number, name = tempfile.mkstemp(prefix=path.name, dir=path.parent)  # readable by its owner only
    draft = Path(name)
    with os.fdopen(number, "wb") as file:
        file.write(Fernet.generate_key() + b"\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        # A link, unlike a rename, never replaces the key that somebody else has just made.
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
