"""Settings, read once from the environment; every name starts with `O2O_`."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rules_engine.model.errors import Permanent


@dataclass(frozen=True)
class Settings:
    """`database` is an SQLAlchemy URL; `folder` holds the SQLite file, the key of the secrets and the lock.

    `allow_internal` lets connectors call addresses inside the operator's own network. `public_url` is how the
    outside reaches us, "" where nobody does.
    """

    folder: Path = Path("var")
    database: str = ""
    host: str = "127.0.0.1"
    port: int = 8070
    allow_internal: bool = False
    public_url: str = ""
    # Keys of the connections' secrets, separated by commas; without any, those of the key file in `folder`.
    secret_keys: str = field(default="", repr=False)

    @property
    def database_url(self) -> str:
        return self.database or f"sqlite:///{(self.folder / 'o2o.sqlite').resolve()}"


def read_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """Settings from the variables `O2O_...`; docs/reference/settings.md says what each is for.

    Raises Permanent where a value cannot be read.
    """
    default = Settings()
    port = environment.get("O2O_PORT", str(default.port))
    if not port.isdigit() or not 0 < int(port) < 65536:
        raise Permanent(f"`O2O_PORT` is `{port}`; it must be a whole number from 1 to 65535")
    internal = environment.get("O2O_ALLOW_INTERNAL", "no").lower()
    if internal not in ("yes", "no"):
        raise Permanent(f"`O2O_ALLOW_INTERNAL` is `{internal}`; it must be yes or no")
    return Settings(
        folder=Path(environment.get("O2O_FOLDER", str(default.folder))),
        database=environment.get("O2O_DATABASE", default.database),
        host=environment.get("O2O_HOST", default.host),
        port=int(port),
        allow_internal=internal == "yes",
        secret_keys=environment.get("O2O_SECRET_KEYS", ""),
        public_url=environment.get("O2O_PUBLIC_URL", default.public_url),
    )
