"""A machine of its own, in a folder, that runs a page's shell blocks as they are written."""

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.docs.pages import ROOT
from tests.fakes.patience import PATIENCE
from tests.fakes.tenants import TOKEN

TENANT = "https://heapanalytics.com/scim/v2/1234567"
DATABASE = "postgresql://heapscim@db.example.com/heapscim"


def blocks(page: str, language: str) -> list[str]:
    """Returns the blocks of a how-to in one language, in their order."""
    text = (ROOT / "docs" / "how-to" / page).read_text("utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Machine:
    """Runs scripts in a shell, in a folder that holds its settings and its ledger."""

    folder: Path
    places: Mapping[str, str] = field(default_factory=dict)
    """What a page names, and what stands for it here."""
    around: tuple[str, ...] = ()
    """A command that takes the shell's as its last arguments, such as one that starts a keyring first."""
    environ: Mapping[str, str] = field(default_factory=dict)

    def run(self, script: str, *, exit_code: int = 0, stdin: str = "", **environ: str) -> str:
        """Returns what a script says on stdout and then on stderr; it must end with the exit code."""
        for there, here in self.places.items():
            script = script.replace(there, here)
        own = {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(self.folder),
            "HEAPSCIM_CONFIG_DIR": str(self.folder / "config"),
            "HEAPSCIM_STATE_DIR": str(self.folder / "state"),
            "HEAPSCIM_TOKEN": TOKEN,
        }
        ran = subprocess.run(
            [*self.around, "bash", "-euo", "pipefail", "-c", script],
            cwd=self.folder,
            env={**own, **self.environ, **environ},
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )
        assert ran.returncode == exit_code, f"{script}\n{ran.stdout}\n{ran.stderr}"
        return ran.stdout + ran.stderr
