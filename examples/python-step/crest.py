"""Peak, RMS and crest factor of canonical PCM, per channel. Python's standard library only.

What comes on stdin and what goes to stdout: docs/command-steps.md.
"""

import array
import json
import math
import operator
import sys
import wave

FULL_SCALE = 32768


def say(message):
    """Flushes: a checkpoint that lies in a buffer is none."""
    print(json.dumps(message, allow_nan=False), flush=True)


def to_db(amplitude):
    return round(20 * math.log10(amplitude), 2)


def describe(peak, energy, frames):
    if peak == 0:
        return {"peakDb": None, "rmsDb": None, "crestDb": None}
    rms = math.sqrt(energy / frames)
    # Rounding may not make a square wave's crest negative.
    crest = max(0.0, to_db(peak / rms))
    return {"peakDb": to_db(peak / FULL_SCALE), "rmsDb": to_db(rms / FULL_SCALE), "crestDb": crest}


def measure(samples, channel, channels, peak, energy):
    """Adds a stretch of interleaved samples. Sums are whole numbers: the order of stretches never shows."""
    mine = samples[channel::channels]
    loudest = max(peak, max(mine), -min(mine))
    return loudest, energy + sum(map(operator.mul, mine, mine))


def run(request):
    with wave.open(request["inputs"]["pcm"]["path"], "rb") as wav:
        if wav.getsampwidth() != 2:
            raise ValueError(f"expected 16-bit samples, got {8 * wav.getsampwidth()}")
        channels = wav.getnchannels()
        chunk_frames = request["params"]["chunkSec"] * wav.getframerate()
        state = (request["resume"] or {}).get("state") or {"frames": 0, "sums": [[0, 0]] * channels}
        frames, sums = state["frames"], state["sums"]
        wav.setpos(frames)
        while chunk := wav.readframes(chunk_frames):
            samples = array.array("h")
            samples.frombytes(chunk)
            if sys.byteorder == "big":
                samples.byteswap()
            sums = [measure(samples, channel, channels, *sums[channel]) for channel in range(channels)]
            frames += len(samples) // channels
            say({"type": "checkpoint", "state": {"frames": frames, "sums": sums}})
    if frames == 0:
        say({"type": "error", "code": "no-samples-decoded", "message": "the PCM holds not one sample"})
        return
    say({"type": "result", "facts": {"channels": [describe(peak, energy, frames) for peak, energy in sums]}})


if __name__ == "__main__":
    run(json.load(sys.stdin))
