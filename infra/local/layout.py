"""Lays the built binaries out as build/<function>/bootstrap, the folders that CodeUri points at.

    layout.py [folder with the binaries]      default: target/release
    layout.py --sizes [folder]                what each function weighs as a zip, and whether that is too much
"""

from __future__ import annotations

import shutil
import sys
import zlib
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


def sizes(binaries: Path) -> int:
    heavy = 0
    for function in functions.load():
        found = [path for path in (binaries / function.folder, binaries / function.folder / "bootstrap") if path.is_file()]
        if not found:
            print(f"{function.folder:<16} not built")
            continue
        code = found[0].read_bytes()
        zipped = len(zlib.compress(code, 9))
        limit = ZIP_BYTES_MAX_REPORTS if function.folder in REPORTS else ZIP_BYTES_MAX
        heavy += zipped > limit
        print(f"{function.folder:<16} {len(code) / 1e6:6.1f} MB  {zipped / 1e6:5.2f} MB zipped  {'TOO HEAVY' if zipped > limit else 'ok'}")
    return 1 if heavy else 0


if __name__ == "__main__":
    arguments = sys.argv[1:]
    if arguments[:1] == ["--sizes"]:
        sys.exit(sizes(Path(arguments[1]) if len(arguments) > 1 else BUILD))
    sys.exit(lay_out(Path(arguments[0]) if arguments else BINARIES))
