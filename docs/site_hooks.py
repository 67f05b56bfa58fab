"""What the site adds to the pages in ``docs/``: the pages of the repository's root, and links that work on both."""

from __future__ import annotations

import os
import re
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from mkdocs.structure.files import File, Files

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[1]
FROM_ROOT = {
    "README.md": "index.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
    "examples/README.md": "examples.md",
}
_LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\((?!https?://|#|mailto:)([^)\s#]+)(#[^)\s]*)?\)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages of the root to those of ``docs/``."""
    for source, page in FROM_ROOT.items():
        files.append(File.generated(config, page, content=(ROOT / source).read_text(encoding="utf-8")))
    return files


def on_page_markdown(markdown: str, page: Page, **_: Any) -> str:
    """Lead every link to the page of the site; what the site does not hold stays as text."""
    where = page.file.src_uri
    written_in = next((source for source, name in FROM_ROOT.items() if name == where), f"docs/{where}")
    return _LINK.sub(lambda link: _on_site(link, PurePosixPath(written_in), PurePosixPath(where)), markdown)


def _on_site(link: re.Match[str], written_in: PurePosixPath, page: PurePosixPath) -> str:
    image, text, target, anchor = link[1], link[2], link[3], link[4] or ""
    path = os.path.normpath(written_in.parent / target)
    if (ROOT / path).is_dir():
        path = f"{path}/README.md"
    on_site = FROM_ROOT.get(path) or (path.removeprefix("docs/") if path.startswith("docs/") else None)
    if on_site is None or not (on_site in FROM_ROOT.values() or (ROOT / path).is_file()):
        return text
    return f"{image}[{text}]({os.path.relpath(on_site, page.parent)}{anchor})"
