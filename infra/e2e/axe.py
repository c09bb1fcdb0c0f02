"""axe-core, the accessibility checker, fetched by npm when tests run and kept out of the repository."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tarfile
import tempfile
from functools import cache
from pathlib import Path

from chromium import Page

VERSION = "4.14.1"
SHA256 = "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c"
KEPT = Path(__file__).resolve().parents[2] / f".local/tools/axe-core-{VERSION}.min.js"
# Everything axe knows of WCAG 2.2 A and AA, and its advice on good practice.
# What fades in is looked at when it is there.
STILL = """Promise.all([document, ...[...document.querySelectorAll('*')].map(part => part.shadowRoot).filter(Boolean)]
  .flatMap(root => root.getAnimations()).filter(moving => moving.effect.getComputedTiming().endTime !== Infinity)
  .map(moving => moving.finished.catch(() => 0)))"""
RUN = f"{STILL}.then(() => axe.run(document, {{resultTypes: ['violations']}})).then(found => found.violations)"


def missing() -> str | None:
    """Why there is no axe-core here, after an attempt to fetch it."""
    if KEPT.is_file():
        return None
    if not shutil.which("npm"):
        return "npm is not here, which fetches axe-core"
    with tempfile.TemporaryDirectory() as folder:
        fetched = subprocess.run(
            ["npm", "pack", "--silent", f"axe-core@{VERSION}"], cwd=folder, capture_output=True, text=True, timeout=120
        )
        if fetched.returncode:
            return f"npm could not fetch axe-core {VERSION}"
        with tarfile.open(next(Path(folder).glob("*.tgz"))) as package:
            member = package.extractfile("package/axe.min.js")
            content = member.read() if member else b""
    if hashlib.sha256(content).hexdigest() != SHA256:
        raise AssertionError(f"axe-core {VERSION} is not the one that was looked at")
    KEPT.parent.mkdir(parents=True, exist_ok=True)
    KEPT.write_bytes(content)
    return None


@cache
def _source() -> str:
    return KEPT.read_text()


def findings(page: Page) -> list[str]:
    """What is wrong with the page as it stands, a line each: rule, what it asks for, where."""
    page.js(f"{_source()}; undefined")
    return [
        f"{found['id']}: {found['help']} at {' '.join(str(node['target']) for node in found['nodes'][:3])}: {found['nodes'][0].get('failureSummary', '')}"
        for found in page.js(RUN)
    ]
