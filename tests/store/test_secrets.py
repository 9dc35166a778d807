"""Secrets are kept encrypted, their key outside the database and readable by its owner only."""

import pickle
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from rules_engine.model.errors import Permanent
from rules_engine.store.secrets import KEY_FILE, Secrets, open_secrets


def test_secrets_come_back_and_the_kept_text_shows_nothing(tmp_path: Path) -> None:
    secrets = open_secrets(tmp_path)
    kept = secrets.encrypt({"password": "Krähe-17"})
    assert "Kr" not in kept
    assert open_secrets(tmp_path).decrypt(kept) == {"password": "Krähe-17"}
    assert secrets.decrypt(secrets.encrypt({})) == {}


def test_the_key_file_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    open_secrets(tmp_path / "new")
    path = tmp_path / "new" / KEY_FILE
    assert path.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in path.parent.iterdir()] == [KEY_FILE]
    path.chmod(0o640)
    with pytest.raises(Permanent, match="chmod 600"):
        open_secrets(tmp_path / "new")


def test_of_eight_who_start_at_once_all_have_the_same_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda _: open_secrets(tmp_path), range(8)))
    kept = found[0].encrypt({"a": "b"})
    assert all(each.decrypt(kept) == {"a": "b"} for each in found)


def test_keys_can_be_changed(tmp_path: Path) -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    kept = open_secrets(tmp_path, old).encrypt({"a": "b"})
    both = open_secrets(tmp_path, f"{new}, {old}")
    assert open_secrets(tmp_path, new).decrypt(both.encrypt_anew(kept)) == {"a": "b"}
    assert not (tmp_path / KEY_FILE).exists()


def test_a_key_that_does_not_fit_is_said_with_the_remedy(tmp_path: Path) -> None:
    kept = open_secrets(tmp_path).encrypt({"a": "b"})
    with pytest.raises(Permanent, match="put back the file `secrets.key`"):
        open_secrets(tmp_path, Fernet.generate_key().decode()).decrypt(kept)


def test_nothing_shows_a_key() -> None:
    key = Fernet.generate_key().decode()
    secrets = Secrets((key,))
    assert key not in repr(secrets) + str(secrets)
    with pytest.raises(TypeError):
        pickle.dumps(secrets)
    with pytest.raises(Permanent) as caught:
        Secrets(("not-a-key-but-secret",))
    assert "not-a-key" not in str(caught.value)
    assert caught.value.__suppress_context__
