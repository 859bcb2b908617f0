"""What musicnn says of each patch: `teacher.py OUT MTT_musicnn.h5`

Reads OUT/patches.u16 (patches.ts), writes OUT/teacher.f16: for each patch its 50 scores and the 200 activations before them.
The weights are Quint-e/musicnn_keras's (ISC) and no part of this repository. Needs tensorflow-cpu and h5py.
Goes on where it was stopped.
"""

import sys
from pathlib import Path

import h5py
import numpy as np
import tensorflow as tf

frames, bands = 187, 96
steps_per_unit = 10_000
epsilon = 0.001
batch = 16


class Weights:
    def __init__(self, path: str):
        self.root = h5py.File(path)["model_weights"]

    def of(self, layer: str):
        group = self.root[layer][layer]
        return {key.split(":")[0].removesuffix("_1"): group[key][()] for key in group}

    def scale(self, layer: str):
        """A normalisation as a factor and an offset."""
        w = self.of(layer)
        factor = w["gamma"] / np.sqrt(w["moving_variance"] + epsilon)
        return factor.astype(np.float32), (w["beta"] - w["moving_mean"] * factor).astype(np.float32)


def build(path: str):
    weights = Weights(path)

    def normal(name, x):
        factor, offset = weights.scale(name)
        return x * factor + offset

    def convolve(name, norm, x, padding):
        w = weights.of(name)
        y = tf.nn.conv2d(x, w["kernel"], 1, padding)
        return normal(norm, tf.nn.relu(y + w["bias"]))

    def front(name, norm, x, padding):
        return tf.reduce_max(convolve(name, norm, x, padding), axis=2)

    def middle(name, norm, x):
        y = convolve(name, norm, tf.pad(x, [[0, 0], [3, 3], [0, 0]])[..., None], "VALID")
        return y[:, :, 0, :]

    @tf.function(input_signature=[tf.TensorSpec([None, frames, bands])])
    def run(patches):
        entry = normal("batch_normalization", patches[..., None])
        padded = tf.pad(entry, [[0, 0], [3, 3], [0, 0], [0, 0]])
        parts = [
            front("conv2d", "batch_normalization_1", padded, "VALID"),
            front("conv2d_1", "batch_normalization_2", padded, "VALID"),
            front("conv2d_2", "batch_normalization_3", entry, "SAME"),
            front("conv2d_3", "batch_normalization_4", entry, "SAME"),
            front("conv2d_4", "batch_normalization_5", entry, "SAME"),
        ]
        first = tf.concat(parts, axis=2)
        one = middle("midend_conv1", "bn_midend_conv1", first)
        two = middle("midend_conv2", "bn_midend_conv2", one) + one
        three = middle("midend_conv3", "bn_midend_conv3", two) + two
        every = tf.concat([first, one, two, three], axis=2)
        # Flattened, maximum and mean alternate channel by channel.
        pooled = tf.stack([tf.reduce_max(every, axis=1), tf.reduce_mean(every, axis=1)], axis=2)
        x = normal("bn_flatpool", tf.reshape(pooled, [-1, 2 * every.shape[2]]))
        dense = weights.of("dense")
        hidden = tf.nn.relu(x @ dense["kernel"] + dense["bias"])
        last = weights.of("dense_1")
        return tf.sigmoid(normal("bn_dense", hidden) @ last["kernel"] + last["bias"]), hidden

    return run


def main(out: Path, path: str) -> None:
    patches = np.memmap(out / "patches.u16", np.uint16, "r").reshape(-1, frames, bands)
    run = build(path)
    target = out / "teacher.f16"
    done = target.stat().st_size // 500 if target.exists() else 0
    with open(target, "r+b" if target.exists() else "wb") as file:
        file.truncate(done * 500)
        file.seek(done * 500)
        for start in range(done, len(patches), batch):
            scores, hidden = run(patches[start : start + batch].astype(np.float32) / steps_per_unit)
            rows = np.concatenate([scores.numpy(), hidden.numpy()], axis=1)
            file.write(rows.astype("<f2").tobytes())
            file.flush()


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    tf.config.threading.set_intra_op_parallelism_threads(2)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    main(Path(sys.argv[1]), sys.argv[2])
