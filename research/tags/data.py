"""What render.py, patches.ts and teacher.py left in a folder, and the words that are learned from it."""

import json
from pathlib import Path

import numpy as np

frames, bands = 187, 96
steps_per_unit = 10_000
embedding_size = 128
# Mean score from which the teacher counts as having said so. Its scores are as low as its words are rare, and its labels stand in
# the order of how often people said them: the first 15 of one clip in 15 and more. Chosen on what is learned from.
common_labels, says_common, says_rare = 15, 0.2, 0.1
vocabulary = json.loads((Path(__file__).parent / "vocabulary.json").read_text())


def words_of(labels):
    """The teacher's 50 words as ours: each with the teacher's that mean it; and those that the teacher has no word for."""
    merged = vocabulary["merged"]
    taken = {label for those in merged.values() for label in those}
    words = dict(merged)
    words.update({label: [label] for label in labels if label not in taken})
    return words, vocabulary["own"]


class Data:
    """`patches`: [n, frames, bands]; `targets`: [n, words], the teacher's where it is music; `hidden`: [n, 200];
    `says`: [words], from where a target is a yes."""

    def __init__(self, folder: Path, labels_path: Path):
        self.recordings = [json.loads(line) for line in open(folder / "recordings.jsonl")]
        self.patches = np.memmap(folder / "patches.u16", np.uint16, "r").reshape(-1, frames, bands)
        rows = np.fromfile(folder / "teacher.f16", "<f2").reshape(-1, 250).astype(np.float32)
        count = min(len(rows), len(self.patches))
        self.recordings = [one for one in self.recordings if one["first"] + one["patches"] <= count]
        labels = json.loads(labels_path.read_text())
        words, own = words_of(labels)
        self.words = [*words, *own]
        common = set(labels[:common_labels])
        self.says = np.array([says_common if common & set(those) else says_rare for those in words.values()] + [0.5] * len(own))
        musical = [rows[:, [labels.index(label) for label in those]].max(axis=1) for those in words.values()]
        self.targets = np.zeros((count, len(self.words)), np.float32)
        self.targets[:, : len(words)] = np.stack(musical, axis=1)
        self.hidden = rows[:, 50:]
        self.recording_of = np.full(count, -1)
        for index, one in enumerate(self.recordings):
            here = slice(one["first"], one["first"] + one["patches"])
            self.recording_of[here] = index
            # Of speech, noise and tones it is known what they are, and the teacher has never heard of any.
            if one["kind"] != "music":
                self.targets[here] = 0
                if one["kind"] in own:
                    self.targets[here, self.words.index(one["kind"])] = 1

    def patches_of(self, wanted):
        """The indices of all patches of the recordings that are wanted."""
        chosen = np.array([wanted(one) for one in self.recordings])
        return np.flatnonzero((self.recording_of >= 0) & chosen[self.recording_of])

    def means(self, rows):
        """Per recording, of rows per patch."""
        return np.stack([rows[one["first"] : one["first"] + one["patches"]].mean(axis=0) for one in self.recordings])
