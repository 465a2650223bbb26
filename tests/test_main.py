"""The way in, in a process of its own."""

import subprocess
import sys
from pathlib import Path

from heapscim import __version__


def test_the_program_and_the_module_are_the_same() -> None:
    script = Path(sys.executable).with_name("heapscim")
    for program in ([str(script)], [sys.executable, "-m", "heapscim"]):
        for arguments, code, out in ((["--version"], 0, f"heapscim {__version__}\n"), (["nothing"], 2, "")):
            done = subprocess.run([*program, *arguments], capture_output=True, text=True, check=False)
            assert (done.returncode, done.stdout) == (code, out)
