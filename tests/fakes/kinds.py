"""Installs kinds of directory that exist only in a test."""

from pathlib import Path


def install(folder: Path, name: str, module: str, *, leads_to: str = "KIND") -> None:
    """Puts a package into a folder for the import path: a module, and an entry point ``name`` that leads into it."""
    (folder / f"{name}_kind.py").write_text(module, "utf-8")
    metadata = folder / f"heapscim_{name}-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: heapscim-{name}\nVersion: 1.0\n", "utf-8")
    entry = f"[heapscim.directories]\n{name} = {name}_kind:{leads_to}\n"
    (metadata / "entry_points.txt").write_text(entry, "utf-8")
