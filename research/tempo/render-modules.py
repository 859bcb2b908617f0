"""Renders tracker modules to audio with exact tempi: `render-modules.py OUT PACKAGE...`

Downloads Debian packages (apt-get download), unpacks them, and renders each module's first minute with libopenmpt 0.4 or
later (package libopenmpt0). Writes OUT/NAME.ogg and a row for each into OUT/truth.csv. Needs ffmpeg, apt and dpkg-deb.

A module's rows are its grid: how many pass in a second is measured while it plays, which takes speed and tempo commands
and swing into account. Four rows are a beat (three where --ternary names the file), doubled or halved into 65 to 185 BPM.
Left out are those whose rows keep to no one pace, and those shorter than 20 s. Nothing of this is to be committed: the
licences are the packages' own.
"""

import csv
import ctypes
import re
import subprocess
import sys
import tempfile
from pathlib import Path

rate_hz = 44_100
longest_sec = 60
shortest_sec = 20
chunk_frames = 64
slowest_bpm, fastest_bpm = 65, 185
suffixes = re.compile(r"\.(mod|xm|s3m|it|mtm)$", re.I)
columns = ["file", "source", "groove", "bpm", "key", "mode", "package", "path"]

library = ctypes.CDLL("libopenmpt.so.0")
library.openmpt_module_create_from_memory2.restype = ctypes.c_void_p
library.openmpt_module_read_interleaved_stereo.restype = ctypes.c_size_t
library.openmpt_module_get_duration_seconds.restype = ctypes.c_double


def play(data: bytes):
    """The samples of the first minute, and when each row begins, in seconds; None where it can't be read."""
    none = ctypes.c_void_p(None)
    module = library.openmpt_module_create_from_memory2(
        data, ctypes.c_size_t(len(data)), none, none, none, none, none, none, none
    )
    if not module:
        return None
    module = ctypes.c_void_p(module)
    buffer = (ctypes.c_int16 * (2 * chunk_frames))()
    samples, rows = bytearray(), []
    before = None
    while len(samples) < longest_sec * rate_hz * 4:
        count = library.openmpt_module_read_interleaved_stereo(
            module, ctypes.c_int32(rate_hz), ctypes.c_size_t(chunk_frames), buffer
        )
        if count == 0:
            break
        row = (
            library.openmpt_module_get_current_order(module),
            library.openmpt_module_get_current_row(module),
        )
        if row != before:
            rows.append(len(samples) / 4 / rate_hz)
            before = row
        samples += bytes(buffer)[: count * 4]
    library.openmpt_module_destroy(module)
    return bytes(samples), rows


def rows_per_second(rows):
    """By spans of 16 rows; None where they differ by more than 1 %, but for one in ten."""
    spans = sorted((after - before) / 16 for before, after in zip(rows, rows[16:]))
    if len(spans) < 32:
        return None
    tenth = len(spans) // 20
    low, middle, high = spans[tenth], spans[len(spans) // 2], spans[-1 - tenth]
    if high / low > 1.01:
        return None
    inner = [span for span in spans if abs(span / middle - 1) <= 0.01]
    return len(inner) / sum(inner)


def tempo_of(per_second: float, rows_per_beat: int) -> float:
    bpm = per_second * 60 / rows_per_beat
    while bpm < slowest_bpm:
        bpm *= 2
    while bpm > fastest_bpm:
        bpm /= 2
    return bpm


def encode(samples: bytes, path: Path) -> None:
    source = ["-f", "s16le", "-ar", str(rate_hz), "-ac", "2", "-i", "pipe:0"]
    subprocess.run(
        ["ffmpeg", "-v", "error", "-y", *source, "-c:a", "libvorbis", "-q:a", "4", str(path)], input=samples, check=True
    )


def modules_in(package: str, folder: Path):
    subprocess.run(["apt-get", "download", "-q", package], cwd=folder, check=True, capture_output=True)
    [archive] = folder.glob("*.deb")
    subprocess.run(["dpkg-deb", "-x", str(archive), str(folder / "x")], check=True)
    return sorted(path for path in (folder / "x").rglob("*") if suffixes.search(path.name) and not path.is_symlink())


def main(out: Path, packages, ternary) -> None:
    out.mkdir(parents=True, exist_ok=True)
    with open(out / "truth.csv", "w", newline="") as file:
        table = csv.DictWriter(file, columns)
        table.writeheader()
        for package in packages:
            with tempfile.TemporaryDirectory() as folder:
                for path in modules_in(package, Path(folder)):
                    played = play(path.read_bytes())
                    pace = played and rows_per_second(played[1])
                    if not pace or len(played[0]) < shortest_sec * rate_hz * 4:
                        print(f"left out: {package} {path.name}: no one pace, or too short", file=sys.stderr)
                        continue
                    name = re.sub(r"[^\w-]+", "-", f"{package}-{path.name}") + ".ogg"
                    encode(played[0], out / name)
                    is_ternary = path.name in ternary
                    groove = "ternary" if is_ternary else "binary"
                    bpm = round(tempo_of(pace, 3 if is_ternary else 4), 3)
                    row = [name, "module", groove, bpm, "", "", package, str(path.relative_to(Path(folder) / "x"))]
                    table.writerow(dict(zip(columns, row)))


if __name__ == "__main__":
    arguments = sys.argv[1:]
    given = [argument for argument in arguments if not argument.startswith("--ternary=")]
    named = {argument.removeprefix("--ternary=") for argument in arguments if argument.startswith("--ternary=")}
    if len(given) < 2:
        sys.exit(__doc__)
    main(Path(given[0]), given[1:], named)
