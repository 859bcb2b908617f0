"""Cuts patches of sound out of Debian packages: `render.py OUT UNPACKED`

UNPACKED has a folder for each package, as `dpkg-deb -x` leaves it. Writes OUT/audio.s16 (stretches of 48,128 samples,
16 kHz mono, one after another: what a patch of 187 frames sees) and a line for each recording into OUT/recordings.jsonl:
`package`, `path`, `sha256`, `kind` (music, speech, noise, tone), `title`, `artist`, `genre` (where the file says so),
`seconds`, `first` and `patches` (where its stretches lie in audio.s16), `heldOut`. Goes on where it was stopped, by packages.

Music is what lasts 25 s and is neither speech nor noise by where it lies; modules are played by libopenmpt. Of each
recording 8 stretches are taken, spread evenly, without the silent ones, and of each package 16 recordings. Speech is prompts,
twelve in a row; noise is sounds that say in their names what they are; noise and tones are made here too.
Packages are held out by the hash of their name, so that nobody chose them; what is made is learned from only. The same bytes
are taken once. Nothing of this is to be committed: the licences are the packages' own.

Needs numpy, scipy and soundfile (0.12 or later), ffmpeg, and libopenmpt (Debian: libopenmpt0).
"""

import ctypes
import hashlib
import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import soundfile
from scipy.signal import resample_poly

rate_hz, stretch = 16_000, 186 * 256 + 512
per_recording, most_of_a_package, prompts_together = 8, 16, 12
shortest_music_sec, longest_module_sec = 25, 240
silent_db = -60

modules = re.compile(r"\.(mod|xm|s3m|it|mtm|stm)$", re.I)
files = re.compile(r"\.(ogg|oga|opus|mp3|flac|wav|g722|gsm|mod|xm|s3m|it|mtm|stm)$", re.I)
speech_places = re.compile(
    r"asterisk/sounds/(?!.*/(silence|beep|ascending|descending|tones))|klettres/|ktuberling/sounds/|fillets-ng/sound/.*/(cs|nl|en)/|hedgewars/.*/voices/"
)
noise_names = re.compile(
    r"(^|[-_/ ])(\w*)(rain|wind|ocean|waves?|sea|water|stream|river|waterfall|thunder|storm|fire|flames?|crowd|applause|cheer|engine|motor|static|noise|"
    r"hiss|rumble|machine|vinyl|burning|rocket|jet|thrust)\d*[-_ ]?[\w-]*\.(ogg|wav|flac|mp3)$",
    re.I,
)
not_noise = re.compile(r"music|song|track|/bgm|soundtrack|theme", re.I)

library = ctypes.CDLL("libopenmpt.so.0")
library.openmpt_module_create_from_memory2.restype = ctypes.c_void_p
library.openmpt_module_read_interleaved_float_stereo.restype = ctypes.c_size_t
for name in ("get_duration_seconds", "set_position_seconds"):
    getattr(library, f"openmpt_module_{name}").restype = ctypes.c_double


def is_held_out(package: str) -> bool:
    """Three packages in ten. Speech of one origin in two encodings is one package."""
    name = re.sub(r"-(wav|g722)$", "", package)
    return not name.startswith("made-") and hashlib.sha256(name.encode()).digest()[0] < 77


def to_16k(samples: np.ndarray, rate: int) -> np.ndarray:
    mono = samples.mean(axis=1) if samples.ndim == 2 else samples
    return mono if rate == rate_hz else resample_poly(mono, rate_hz, rate)


def spread(seconds: float, count: int):
    """Where stretches begin, in seconds."""
    last = seconds - stretch / rate_hz - 0.1
    if last <= 0:
        return []
    fitting = min(count, max(1, int(last / (stretch / rate_hz))))
    return [last * (i + 0.5) / fitting for i in range(fitting)]


class Module:
    def __init__(self, path: Path):
        none = ctypes.c_void_p(None)
        data = path.read_bytes()
        handle = library.openmpt_module_create_from_memory2(
            data, ctypes.c_size_t(len(data)), none, none, none, none, none, none, none
        )
        if not handle:
            raise ValueError("libopenmpt can't read it")
        self.handle = ctypes.c_void_p(handle)
        self.seconds = min(longest_module_sec, library.openmpt_module_get_duration_seconds(self.handle))
        self.says = {}

    def read(self, at: float) -> np.ndarray:
        rate = 48_000
        count = stretch * 3 + 4_800
        library.openmpt_module_set_position_seconds(self.handle, ctypes.c_double(max(0, at - 2)))
        lead = int(min(2, at) * rate)
        buffer = (ctypes.c_float * (2 * (lead + count)))()
        got = library.openmpt_module_read_interleaved_float_stereo(
            self.handle, ctypes.c_int32(rate), ctypes.c_size_t(lead + count), buffer
        )
        samples = np.frombuffer(buffer, np.float32).reshape(-1, 2)[lead:got]
        return to_16k(samples, rate)[:stretch]

    def close(self):
        library.openmpt_module_destroy(self.handle)


class File:
    def __init__(self, path: Path):
        self.file = soundfile.SoundFile(path)
        self.seconds = self.file.frames / self.file.samplerate
        self.says = {key: value for key, value in self.file.copy_metadata().items() if key in ("title", "artist", "genre")}

    def read(self, at: float) -> np.ndarray:
        rate = self.file.samplerate
        self.file.seek(int(at * rate))
        samples = self.file.read(int((stretch / rate_hz + 0.1) * rate), dtype="float32", always_2d=True)
        return to_16k(samples, rate)[:stretch]

    def close(self):
        self.file.close()


def whole(path: Path) -> np.ndarray:
    """Up to a minute of a sound, at 16 kHz."""
    with soundfile.SoundFile(path) as file:
        samples = file.read(60 * file.samplerate, dtype="float32", always_2d=True)
        return to_16k(samples, file.samplerate)


def prompts(paths) -> np.ndarray:
    """Short files one after another, at 16 kHz. G.722 and GSM have no header: they are decoded as one, by ffmpeg."""
    suffix = paths[0].suffix[1:]
    if suffix not in ("g722", "gsm"):
        return np.concatenate([whole(path) for path in paths])
    command = ["ffmpeg", "-v", "error", "-f", suffix, "-i", "-", "-ar", str(rate_hz), "-ac", "1", "-f", "f32le", "-"]
    data = b"".join(path.read_bytes() for path in paths)
    return np.frombuffer(subprocess.run(command, check=True, capture_output=True, input=data).stdout, np.float32)


def is_audible(samples: np.ndarray) -> bool:
    return len(samples) == stretch and 10 * np.log10(np.mean(samples**2) + 1e-20) >= silent_db


def music_of(path: Path):
    source = Module(path) if modules.search(path.name) else File(path)
    try:
        if source.seconds < shortest_music_sec:
            return None
        found = [source.read(at) for at in spread(source.seconds, per_recording)]
        return source.seconds, source.says, [samples for samples in found if is_audible(samples)]
    finally:
        source.close()


def cut(samples: np.ndarray):
    found = (samples[at : at + stretch] for at in range(0, len(samples) - stretch + 1, stretch))
    return list(filter(is_audible, found))[:per_recording]


class Writer:
    def __init__(self, out: Path):
        out.mkdir(parents=True, exist_ok=True)
        lines = out / "recordings.jsonl"
        known = [json.loads(line) for line in open(lines)] if lines.exists() else []
        # The last package may be there in part.
        self.packages = {one["package"] for one in known} - {one["package"] for one in known[-1:]}
        known = [one for one in known if one["package"] in self.packages]
        self.seen = {one["sha256"] for one in known}
        self.count = sum(one["patches"] for one in known)
        self.audio = open(out / "audio.s16", "ab")
        self.audio.truncate(self.count * stretch * 2)
        self.list = open(lines, "w")
        for one in known:
            print(json.dumps(one), file=self.list)

    def add(self, package: str, path: str, sha256: str, kind: str, seconds: float, says, stretches) -> None:
        if not stretches:
            return
        self.seen.add(sha256)
        about = {"package": package, "path": path, "sha256": sha256, "kind": kind, **says, "seconds": round(seconds, 1)}
        place = {"first": self.count, "patches": len(stretches), "heldOut": is_held_out(package)}
        for samples in stretches:
            self.audio.write((np.clip(samples, -1, 1) * 32767).round().astype("<i2").tobytes())
        self.audio.flush()
        self.count += len(stretches)
        print(json.dumps(about | place), file=self.list, flush=True)


def by_hash(path: Path) -> bytes:
    """Of a package with many, not the first of the alphabet."""
    return hashlib.sha256(path.name.encode()).digest()


def digest_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def add_music(writer: Writer, package: str, root: Path, paths) -> None:
    taken = 0
    for path in sorted(paths, key=by_hash):
        if taken >= most_of_a_package:
            return
        sha256 = digest_of(path)
        if sha256 in writer.seen:
            continue
        try:
            made = music_of(path)
        except (soundfile.LibsndfileError, ValueError) as error:
            print(f"left out: {package} {path.name}: {error}", file=sys.stderr)
            continue
        if made:
            writer.add(package, str(path.relative_to(root)), sha256, "music", *made)
            taken += 1


def add_speech(writer: Writer, package: str, root: Path, paths) -> None:
    """A dozen prompts in a row make a recording, with the pauses that they have."""
    shuffled = sorted(paths, key=by_hash)
    for start in range(0, min(len(shuffled), most_of_a_package * prompts_together), prompts_together):
        those = shuffled[start : start + prompts_together]
        try:
            samples = prompts(those)
        except (subprocess.CalledProcessError, soundfile.LibsndfileError) as error:
            print(f"left out: {package} {those[0].name}: {error}", file=sys.stderr)
            continue
        name = f"{those[0].relative_to(root)} and {len(those) - 1} more"
        writer.add(package, name, digest_of(those[0]), "speech", len(samples) / rate_hz, {}, cut(samples))


def add_noise(writer: Writer, package: str, root: Path, paths) -> None:
    """What is shorter than a patch is repeated, as the product does."""
    for path in sorted(paths)[:most_of_a_package]:
        try:
            samples = whole(path)
        except soundfile.LibsndfileError:
            continue
        sha256 = digest_of(path)
        if len(samples) < rate_hz or sha256 in writer.seen:
            continue
        seconds = len(samples) / rate_hz
        if len(samples) < stretch:
            samples = np.resize(samples, stretch)
        writer.add(package, str(path.relative_to(root)), sha256, "noise", seconds, {}, cut(samples))


def add_made(writer: Writer) -> None:
    """Noise of many colours and movements, and tones that are no music."""
    random = np.random.default_rng(1)
    time = np.arange(stretch) / rate_hz
    frequencies = np.fft.rfftfreq(stretch, 1 / rate_hz)
    for index in range(150):
        colour = random.uniform(-1.2, 0.3)
        spectrum = np.fft.rfft(random.standard_normal(stretch)) * np.maximum(frequencies, 20) ** colour
        low, high = np.sort(np.exp(random.uniform(np.log(30), np.log(8000), 2)))
        if random.random() < 0.6 and high > 2 * low:
            spectrum *= (frequencies > low) & (frequencies < high)
        samples = np.fft.irfft(spectrum, stretch)
        if random.random() < 0.5:
            samples *= 1 + random.uniform(0.2, 0.9) * np.sin(2 * np.pi * random.uniform(0.05, 12) * time)
        samples *= 10 ** random.uniform(-2, -0.1) / np.abs(samples).max()
        writer.add("made-noise", f"{index}", f"made-noise-{index}", "noise", stretch / rate_hz, {}, [samples])
    for index in range(60):
        hz = np.exp(random.uniform(np.log(40), np.log(6000))) * np.exp(random.choice([0, 0, 1]) * random.uniform(-0.5, 0.5) * time)
        phase = 2 * np.pi * np.cumsum(hz) / rate_hz
        samples = np.sin(phase) if random.random() < 0.6 else np.tanh(3 * np.sin(phase))
        if random.random() < 0.3:
            samples = samples * (np.floor(time * random.uniform(0.5, 4)) % 2)
        samples = samples * 10 ** random.uniform(-2, -0.1)
        writer.add("made-tones", f"{index}", f"made-tone-{index}", "tone", stretch / rate_hz, {}, [samples])


def add_package(writer: Writer, root: Path) -> None:
    for archive in root.rglob("*.pk3"):
        with zipfile.ZipFile(archive) as packed:
            packed.extractall(archive.with_suffix(".unpacked"), [name for name in packed.namelist() if files.search(name)])
    paths = [path for path in root.rglob("*") if files.search(path.name) and path.is_file() and not path.is_symlink()]
    speech = {path for path in paths if speech_places.search(str(path.relative_to(root)))}
    noise = {
        path
        for path in set(paths) - speech
        if noise_names.search(path.name) and path.name not in mistaken and not not_noise.search(str(path.relative_to(root)))
    }
    add_speech(writer, root.name, root, speech)
    add_noise(writer, root.name, root, noise)
    add_music(writer, root.name, root, set(paths) - speech - noise)
    print(f"{root.name}: {writer.count} patches", file=sys.stderr)


def main(out: Path, unpacked: Path) -> None:
    writer = Writer(out)
    if "made-tones" not in writer.packages:
        add_made(writer)
    for root in sorted(unpacked.iterdir()):
        if root.suffix != ".tmp" and root.name not in writer.packages:
            add_package(writer, root)


# What is not what its name says: a piece of music, water that something falls into, fire from guns.
mistaken = {"amidst_the_raindrops.ogg", "jetpackboost.ogg", "beewater.ogg", "planewater.ogg", "rubberduck_water.ogg", "shotgunfire.ogg", "firepunch_hit.ogg"}

if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2]))
