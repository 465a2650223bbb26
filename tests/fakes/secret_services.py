"""A real Secret Service on a bus of its own: gnome-keyring, unlocked or locked, and commands that run beside it."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.fakes.patience import PATIENCE

_ON_THE_BUS = """\
set -eu
password=$1; shift
printf '%s' "$password" | gnome-keyring-daemon --unlock --components=secrets --daemonize >/dev/null 2>&1
exec "$@"
"""
ON_A_BUS = ("dbus-run-session", "--", "sh", "-c", _ON_THE_BUS, "sh", "a password")
"""A command that runs the command of its further arguments on a bus of its own, with the keyring unlocked."""
LOCK = """\
import secretstorage
connection = secretstorage.dbus_init()
collection = secretstorage.get_default_collection(connection)
collection.lock()
assert collection.is_locked()
connection.close()
"""
"""A program that locks the keyring of its session."""


@dataclass(frozen=True)
class SecretService:
    """Runs Python programs in sessions that share one keyring on disk."""

    folder: Path

    def run(self, program: str, *arguments: str, stdin: str = "", **environ: str) -> subprocess.CompletedProcess[str]:
        """A program on a bus of its own with the keyring unlocked at its start."""
        return subprocess.run(
            [*ON_A_BUS, sys.executable, "-c", program, *arguments],
            env=self.environment(**environ),
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )

    def environment(self, **more: str) -> dict[str, str]:
        """Nothing of the user's desktop; everything in the test's folder."""
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "XDG_DATA_HOME": str(self.folder / "data"),
            "XDG_RUNTIME_DIR": str(self.folder),
            "HEAPSCIM_CONFIG_DIR": str(self.folder / "config"),
            "HEAPSCIM_STATE_DIR": str(self.folder / "state"),
            **{name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")},
            **more,
        }


def secret_service(folder: Path) -> SecretService:
    """A Secret Service; in CI a missing one is a failure, elsewhere the test is skipped."""
    missing = [name for name in ("dbus-run-session", "gnome-keyring-daemon") if shutil.which(name) is None]
    if missing:
        assert not os.environ.get("CI"), f"{missing} missing: .ci/run installs them"
        pytest.skip(f"{', '.join(missing)} not installed")
    folder.chmod(0o700)
    return SecretService(folder)
