"""Renders MIDI files of Debian packages to audio with exact tempi: `render-midi.py OUT SOUNDFONT PACKAGE...`

Takes *.mid, and the music of Doom's *.wad files. A piece's tempo is that of its quarter notes, doubled or halved into 65 to
185 BPM; left out are those whose tempo changes by more than 1 % in the first minute, and those shorter than 20 s. Needs
mido (PyPI), fluidsynth with a soundfont (fluid-soundfont-gm, timgm6mb-soundfont), ffmpeg, apt and dpkg-deb. Nothing of this
is to be committed: the licences are the packages' own.
"""

import csv
import io
import re
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

import mido

longest_sec, shortest_sec = 60, 20
slowest_bpm, fastest_bpm = 65, 185
columns = ["file", "source", "groove", "bpm", "key", "mode", "package", "path"]


def songs_of(path: Path):
    """Names and contents of the MIDI files that a file is or holds."""
    data = path.read_bytes()
    if path.suffix.lower() == ".mid":
        return [(path.stem, data)]
    count, at = struct.unpack_from("<ii", data, 4)
    lumps = [struct.unpack_from("<ii8s", data, at + 16 * index) for index in range(count)]
    named = [(name.rstrip(b"\0").decode("ascii", "replace"), data[start : start + size]) for start, size, name in lumps]
    return [(f"{path.stem}-{name}", song) for name, song in named if song[:4] == b"MThd"]


def tempo_of(song: bytes):
    """Quarter notes a minute, and beats a bar; None where it has several tempi or is too short."""
    midi = mido.MidiFile(file=io.BytesIO(song), clip=True)
    spans, beats, now, first_note, micros = {}, {}, 0.0, None, 500_000
    last = 0.0
    for message in midi:
        if now < longest_sec:
            spans[micros] = spans.get(micros, 0) + min(message.time, longest_sec - now)
        now += message.time
        if message.type == "set_tempo":
            micros = message.tempo
        elif message.type == "time_signature" and now < longest_sec:
            beats[f"{message.numerator}/{message.denominator}"] = now
        elif message.type == "note_on" and message.velocity > 0:
            first_note = now if first_note is None else first_note
            last = now
    if first_note is None or min(last, longest_sec) - first_note < shortest_sec:
        return None
    total = sum(spans.values())
    main = max(spans, key=spans.get)
    same = sum(span for each, span in spans.items() if abs(each / main - 1) <= 0.01)
    if same < 0.9 * total:
        return None
    bpm = 60e6 / main
    while bpm < slowest_bpm:
        bpm *= 2
    while bpm > fastest_bpm:
        bpm /= 2
    metre = max(beats, key=beats.get) if beats else "4/4"
    return bpm, metre


def render(song: bytes, soundfont: str, path: Path, folder: Path) -> None:
    source, wav = folder / "song.mid", folder / "song.wav"
    source.write_bytes(song)
    synth = ["fluidsynth", "-q", "-i", "-n", "-F", str(wav), "-r", "44100", "-g", "0.5", soundfont, str(source)]
    subprocess.run(synth, check=True, capture_output=True, timeout=300)
    cut = ["ffmpeg", "-v", "error", "-y", "-t", str(longest_sec), "-i", str(wav), "-c:a", "libvorbis", "-q:a", "4"]
    subprocess.run([*cut, str(path)], check=True)


def main(out: Path, soundfont: str, packages) -> None:
    out.mkdir(parents=True, exist_ok=True)
    with open(out / "truth.csv", "w", newline="") as file:
        table = csv.DictWriter(file, columns)
        table.writeheader()
        for package in packages:
            with tempfile.TemporaryDirectory() as name:
                folder = Path(name)
                subprocess.run(["apt-get", "download", "-q", package], cwd=folder, check=True, capture_output=True)
                [archive] = folder.glob("*.deb")
                subprocess.run(["dpkg-deb", "-x", str(archive), str(folder / "x")], check=True)
                paths = [path for path in (folder / "x").rglob("*") if path.suffix.lower() in (".mid", ".wad")]
                for path in sorted(paths):
                    for title, song in songs_of(path):
                        try:
                            tempo = tempo_of(song)
                        except (OSError, EOFError, ValueError, KeyError) as error:
                            tempo = None
                            print(f"{package} {title}: {error}", file=sys.stderr)
                        if not tempo:
                            print(f"left out: {package} {title}", file=sys.stderr)
                            continue
                        target = out / (re.sub(r"[^\w-]+", "-", f"{package}-{title}") + ".ogg")
                        render(song, soundfont, target, folder)
                        bpm, metre = tempo
                        groove = "binary" if metre in ("4/4", "2/4", "2/2") else metre.replace("/", "-")
                        row = [target.name, "midi", groove, round(bpm, 3), "", "", package, title]
                        table.writerow(dict(zip(columns, row)))
                        file.flush()


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3:])
