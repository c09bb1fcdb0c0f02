"""Lays the built binaries out as build/<function>/bootstrap, the folders that CodeUri points at.

    layout.py [folder with the binaries]      default: target/release
    layout.py --sizes [folder]                what each function weighs as a zip, and whether that is too much
"""

from __future__ import annotations

import shutil
import sys
import zlib
from dataclasses import dataclass
from pathlib import Path

import functions
from settings import BINARIES, BUILD

ZIP_BYTES_MAX = 5_000_000
ZIP_BYTES_MAX_REPORTS = 8_000_000  # they carry fonts and a PDF writer
REPORTS = {"kpi-report"}


def lay_out(binaries: Path) -> int:
    missing = []
    for function in functions.load():
        # cargo-lambda makes a folder of each.
        source = next((path for path in (binaries / function.folder / "bootstrap", binaries / function.folder) if path.is_file()), None)
        target = BUILD / function.folder / "bootstrap"
        if source is None:
            missing.append(function.folder)
            continue
        was = target.stat() if target.exists() else None
        now = source.stat()
        if was and (was.st_size, was.st_mtime_ns) == (now.st_size, now.st_mtime_ns):
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        fresh = target.with_suffix(".new")
        shutil.copy2(source, fresh)
        fresh.replace(target)  # never write into a binary that runs
    if missing:
        print(f"no binary for {', '.join(missing)} in {binaries}", file=sys.stderr)
    return 1 if missing else 0


@dataclass(frozen=True)
class Weight:
    """A function as it is uploaded."""

    name: str
    raw: int
    zipped: int
    limit: int

    @property
    def ok(self) -> bool:
        return self.zipped <= self.limit


def weights(binaries: Path) -> list[Weight]:
    """Of those that are built."""
    found = []
    for function in functions.load():
        paths = (binaries / function.folder, binaries / function.folder / "bootstrap")
        if path := next((path for path in paths if path.is_file()), None):
            code = path.read_bytes()
            limit = ZIP_BYTES_MAX_REPORTS if function.folder in REPORTS else ZIP_BYTES_MAX
            found.append(Weight(function.folder, len(code), len(zlib.compress(code, 9)), limit))
    return found


def sizes(binaries: Path) -> int:
    found = weights(binaries)
    for weight in found:
        print(f"{weight.name:<16} {weight.raw / 1e6:6.1f} MB  {weight.zipped / 1e6:5.2f} MB zipped  {'ok' if weight.ok else 'TOO HEAVY'}")
    for name in sorted({function.folder for function in functions.load()} - {weight.name for weight in found}):
        print(f"{name:<16} not built")
    return 0 if all(weight.ok for weight in found) else 1


if __name__ == "__main__":
    arguments = sys.argv[1:]
    if arguments[:1] == ["--sizes"]:
        sys.exit(sizes(Path(arguments[1]) if len(arguments) > 1 else BUILD))
    sys.exit(lay_out(Path(arguments[0]) if arguments else BINARIES))
