"""Make virtual environments quickly: their packages are links to those of the tests."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import devtui

DEVTUI = "devtui"


def make(folder: Path, *packages: str, python: str = sys.executable) -> Path:
    """Make an environment with these packages and what they need; return its Python."""
    command = [python, "-m", "venv", "--without-pip", str(folder)]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    (site,) = folder.glob("lib/python3*/site-packages")
    for file in {file for name in needed(packages) for file in linked(name)}:
        (site / file.name).symlink_to(file)
    if DEVTUI in packages:
        script = folder / "bin" / "devtui"
        code = "import sys\nfrom devtui.__main__ import main\nsys.exit(main())\n"
        script.write_text(f"#!{folder}/bin/python\n{code}")
        script.chmod(0o755)
    return folder / "bin" / "python"


def needed(packages: tuple[str, ...]) -> set[str]:
    """The packages with all that they require, without extras."""
    found: set[str] = set()
    waiting = list(packages)
    while waiting:
        name = waiting.pop().lower()
        if name in found:
            continue
        try:
            requires = metadata.requires(name) or []
        except metadata.PackageNotFoundError:  # for another system or Python
            continue
        found.add(name)
        waiting += [
            re.split(r"[^\w.-]", one)[0] for one in requires if "extra ==" not in one.split(";")[-1]
        ]
    return found


def linked(name: str) -> Iterator[Path]:
    """The entries of a package in site-packages: its modules and its metadata."""
    distribution = metadata.distribution(name)
    tops = {file.parts[0] for file in distribution.files or () if file.parts[0] not in ("..", "/")}
    if name == DEVTUI:  # it may be installed from its checkout
        tops = {top for top in tops if top.endswith(".dist-info")}
        yield Path(devtui.__file__).parent
    for top in tops - {"__pycache__"}:
        yield Path(str(distribution.locate_file(top)))
