"""Distils the tagging model from its teacher: `train.py OUT labels.json [--epochs 30] [--check]`

Reads what render.py, patches.ts and teacher.py left in OUT, and learns from the packages that are not held out alone. Writes
OUT/student.json and OUT/student.f32 (convolutions with their normalisation folded in: what convert.ts reads). With
--check, a fifth of the training packages is set aside and nothing is written: for choosing how to train.

The network is that of services/tagging/training/build-network.ts. Needs tensorflow-cpu. Seeded.
"""

import argparse
import hashlib
import json
import time
from pathlib import Path

import numpy as np
import tensorflow as tf

from data import Data, bands, embedding_size, frames, steps_per_unit

layers = tf.keras.layers
batch = 48
# filters, kernel, stride
convolutions = [(16, (5, 5), (2, 2)), (32, (3, 3), (2, 2)), (48, (3, 3), (2, 2)), (64, (3, 3), (1, 2)), (96, (3, 4), (1, 1))]
hidden_units = 128
top_rate = 0.003


def build(words: int):
    start = layers.Input((frames, bands))
    x = layers.Reshape((frames, bands, 1))(start)
    x = layers.Rescaling(0.5, -0.75)(x)
    for index, (filters, kernel, stride) in enumerate(convolutions):
        x = layers.Conv2D(filters, kernel, stride, use_bias=False, name=f"conv{index}")(x)
        x = layers.BatchNormalization(momentum=0.95, name=f"norm{index}")(x)
        x = layers.ReLU()(x)
    x = layers.Reshape((x.shape[1], x.shape[3]))(x)
    x = layers.Concatenate()([layers.GlobalAveragePooling1D()(x), layers.GlobalMaxPooling1D()(x)])
    x = layers.Dropout(0.25, seed=2)(x)
    x = layers.Dense(hidden_units, activation="relu", name="hidden")(x)
    tags = layers.Dense(words, name="tags")(x)
    embedding = layers.Dense(embedding_size, name="embedding")(x)
    return tf.keras.Model(start, [tags, embedding])


class Projection:
    """The teacher's 200 activations as 128 numbers of variance 1 in all: standardised, principal components."""

    def __init__(self, hidden: np.ndarray):
        self.mean, self.std = hidden.mean(axis=0), hidden.std(axis=0) + 1e-3
        standard = (hidden - self.mean) / self.std
        values, vectors = np.linalg.eigh(np.cov(standard.T))
        self.basis = vectors[:, ::-1][:, :embedding_size] / np.sqrt(values[::-1][:embedding_size].mean())
        self.kept = values[::-1][:embedding_size].sum() / values.sum()

    def of(self, hidden: np.ndarray) -> np.ndarray:
        return ((hidden - self.mean) / self.std @ self.basis).astype(np.float32)


def vary(random, x):
    """A level of up to 5 dB more or less; a stretch of bands or of time that can't be heard; the top cut off."""
    for row in x:
        power = np.expm1(row * np.float32(np.log(10))) * np.float32(10 ** random.uniform(-0.5, 0.5))
        row[:] = np.log1p(power) * np.float32(1 / np.log(10))
        if random.random() < 0.4:
            at = random.integers(bands - 12)
            row[:, at : at + random.integers(2, 12)] = 0
        if random.random() < 0.4:
            at = random.integers(frames - 30)
            row[at : at + random.integers(5, 30)] = 0
        if random.random() < 0.15:
            row[:, random.integers(64, 92) :] = 0
    return x


def fit(model, data: Data, indices, embeddings, epochs: int) -> None:
    random = np.random.default_rng(1)
    # Speech and noise are few beside the music: each is heard as often as a tenth of it.
    kinds = np.array([one["kind"] for one in data.recordings])[data.recording_of[indices]]
    pool = [indices[kinds == "music"]]
    for kind in ("speech", "noise"):
        those = indices[kinds == kind]
        if len(those):
            pool.append(random.choice(those, max(len(those), len(pool[0]) // 10)))
    pool = np.concatenate(pool)
    steps = len(pool) // batch
    rate = tf.keras.optimizers.schedules.CosineDecay(1e-4, epochs * steps, warmup_target=top_rate, warmup_steps=steps)
    optimizer = tf.keras.optimizers.AdamW(rate, weight_decay=0.01)

    @tf.function(jit_compile=False)
    def learn(x, y, e):
        with tf.GradientTape() as tape:
            tags, embedding = model(x, training=True)
            by_tag = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(y, tags))
            by_place = tf.reduce_mean(tf.square(embedding - e))
            loss = 4 * by_tag + 0.5 * by_place
        optimizer.apply_gradients(zip(tape.gradient(loss, model.trainable_variables), model.trainable_variables))
        return by_tag, by_place

    for epoch in range(epochs):
        started, sums = time.process_time(), np.zeros(2)
        order = random.permutation(pool)
        for step in range(steps):
            chosen = order[step * batch : (step + 1) * batch]
            x = vary(random, data.patches[chosen].astype(np.float32) / steps_per_unit)
            sums += [float(value) for value in learn(x, data.targets[chosen], embeddings[chosen])]
        took = time.process_time() - started
        print(f"epoch {epoch + 1}: tags {sums[0] / steps:.4f}, embedding {sums[1] / steps:.4f}, {took:.0f} CPU-s", flush=True)


def predict(model, patches, indices):
    tags, places = [], []
    for start in range(0, len(indices), 64):
        x = patches[indices[start : start + 64]].astype(np.float32) / steps_per_unit
        logits, embedding = model(x, training=False)
        tags.append(tf.sigmoid(logits).numpy())
        places.append(embedding.numpy())
    return np.concatenate(tags), np.concatenate(places)


def golden_patch() -> np.ndarray:
    """What a conversion is tried on; services/tagging/src/golden.test.ts has the same."""
    t, b = np.mgrid[0:frames, 0:bands].astype(np.float64)
    return (1.5 + np.sin(t * 0.3 + b * 0.05) + 0.5 * np.cos(b * 0.4) * np.where(t % 12 < 3, 1, 0)).astype(np.float32)


def save(model, words, out: Path) -> None:
    """Kernels and biases, the normalisations folded in."""
    names, arrays = [], []
    for index in range(len(convolutions)):
        [kernel] = model.get_layer(f"conv{index}").get_weights()
        norm = model.get_layer(f"norm{index}")
        gamma, beta, mean, variance = norm.get_weights()
        factor = gamma / np.sqrt(variance + norm.epsilon)
        names.append(f"conv{index}")
        arrays += [kernel * factor, beta - mean * factor]
    for name in ("hidden", "tags", "embedding"):
        names.append(name)
        arrays += model.get_layer(name).get_weights()
    shapes = [list(array.shape) for array in arrays]
    logits, embedding = model(golden_patch()[None], training=False)
    golden = {"scores": tf.sigmoid(logits).numpy()[0].tolist(), "embedding": embedding.numpy()[0].tolist()}
    (out / "student.json").write_text(json.dumps({"words": words, "layers": names, "shapes": shapes, "golden": golden}))
    np.concatenate([array.ravel() for array in arrays]).astype("<f4").tofile(out / "student.f32")


def set_aside(package: str) -> bool:
    return hashlib.sha256(f"check {package}".encode()).digest()[0] < 51


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("out", type=Path)
    arguments.add_argument("labels", type=Path)
    arguments.add_argument("--epochs", type=int, default=30)
    arguments.add_argument("--check", action="store_true")
    given = arguments.parse_args()
    tf.keras.utils.set_random_seed(1)
    data = Data(given.out, given.labels)

    def is_for_training(one) -> bool:
        return not one["heldOut"] and not (given.check and set_aside(one["package"]))

    indices = data.patches_of(is_for_training)
    projection = Projection(data.hidden[indices])
    print(f"{len(indices)} patches to learn from; the projection keeps {projection.kept:.3f} of the variance")
    model = build(len(data.words))
    print(f"{model.count_params()} weights")
    fit(model, data, indices, projection.of(data.hidden), given.epochs)
    if given.check:
        others = data.patches_of(lambda one: not one["heldOut"] and set_aside(one["package"]))
        tags, places = predict(model, data.patches, others)
        truth = data.targets[others]
        entropy = -(truth * np.log(tags + 1e-6) + (1 - truth) * np.log(1 - tags + 1e-6)).mean()
        print(f"set aside: tags {entropy:.4f}, embedding {np.square(places - projection.of(data.hidden[others])).mean():.4f}")
        for index, word in enumerate(data.words):
            print(f"{word:15} {np.corrcoef(truth[:, index], tags[:, index])[0, 1]:.2f} mean {truth[:, index].mean():.3f}")
        return
    save(model, data.words, given.out)


if __name__ == "__main__":
    tf.config.threading.set_intra_op_parallelism_threads(2)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    main()
