"""Thirty recordings that the model has not heard, with what it says of them: `table.py OUT labels.json MODEL > table.md`

Of held-out packages, drawn by the hash of their names so that nobody chose them: two of each at most, music before speech and noise.
Beside the model's tags are the words that the teacher says (evaluate.py) and the model does not, and the nearest three by the embedding among all
music that was held out; in bold, those of the same package.
"""

import hashlib
import json
import sys
from pathlib import Path

import numpy as np

from data import Data

rows_wanted = 30


def drawn(recordings, held):
    order = sorted(held, key=lambda i: hashlib.sha256(recordings[i]["path"].encode()).digest())
    taken, chosen = {}, []
    for most in (1, 2):
        for kind in ("music", "speech", "noise"):
            for index in order:
                one = recordings[index]
                key = (one["package"], kind)
                if one["kind"] == kind and taken.get(key, 0) < most and index not in chosen and len(chosen) < rows_wanted:
                    taken[key] = taken.get(key, 0) + 1
                    chosen.append(index)
    return sorted(chosen, key=lambda i: (recordings[i]["kind"] != "music", recordings[i]["package"], recordings[i]["path"]))


def short(one, parts=1) -> str:
    return "/".join(Path(one["path"].split(" and ")[0]).parts[-parts:])


def main(out: Path, labels: Path, model: Path) -> None:
    data = Data(out, labels)
    width = len(data.words)
    rows = np.fromfile(out / "scores.f32", "<f4").reshape(-1, width + 128)
    scores, places = data.means(rows[:, :width]), data.means(rows[:, width:])
    teacher = data.means(data.targets)
    shipped = {one["tag"]: one["threshold"] for one in json.loads((model / "manifest.json").read_text())["labels"]}
    held = [i for i, one in enumerate(data.recordings) if one["heldOut"]]
    music = np.array([i for i in held if data.recordings[i]["kind"] == "music"])
    unit = places / np.linalg.norm(places, axis=1, keepdims=True)
    print("| package | recording | tags | the teacher says, it does not | nearest |\n|---|---|---|---|---|")
    for i in drawn(data.recordings, held):
        one = data.recordings[i]
        said = [(score, word) for word, score in zip(data.words, scores[i]) if shipped[word] is not None and score >= shipped[word]]
        tags = [f"{word} {score:.2f}" for score, word in sorted(said, reverse=True)]
        right = {word for word, score, says in zip(data.words, teacher[i], data.says) if score >= says}
        also = sorted(right - {word for _, word in said})
        tags = [tag if tag.rsplit(" ", 1)[0] in right else f"*{tag}*" for tag in tags]
        near = [k for k in music[np.argsort(-(unit[music] @ unit[i]), kind="stable")] if k != i][:3]
        names = [data.recordings[k]["package"] + ": " + short(data.recordings[k]) for k in near]
        names = [f"**{name}**" if data.recordings[k]["package"] == one["package"] else name for k, name in zip(near, names)]
        cells = [one["package"], short(one, 2), ", ".join(tags) or "none", ", ".join(also), "; ".join(names)]
        print(f"| {' | '.join(cells)} |")


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*map(Path, sys.argv[1:]))
