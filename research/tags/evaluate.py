"""How far the model is to be believed, on packages it has not heard: `evaluate.py OUT labels.json [--report FILE]`

Reads what score.ts wrote (OUT/scores.f32: the product's own scores), and the teacher's. A recording's score is the mean over its
patches, as in the product. The truth of a musical tag is what the teacher says of the same patches (`says` of data.py); that of speech
and noise is what the recording is.

Thresholds are chosen by cross-validation over packages: what is reported of a fold was decided by thresholds that the
others gave. The one that ships is chosen on all of them. A tag ships where, of what is reported in folds that were left out, enough
is right (`wanted_precision`; `least_precision` at the lower end of the interval, which is a bootstrap over packages), it is
found in several packages, and often enough. Writes OUT/thresholds.json (for convert.ts) and the report, as Markdown.
"""

import argparse
import json
from pathlib import Path

import numpy as np

from data import Data
from train import Projection

wanted_precision = 0.75
least_precision = 0.6
least_recall = 0.2
least_packages = {"speech": 2}
otherwise_least_packages = 4
folds = 10
resamples = 1000


def choose_threshold(scores, truths):
    """Where F0.5 is highest, which counts precision for more than recall; halfway down to the next score. None where there is none."""
    order = np.argsort(-scores, kind="stable")
    sorted_scores, hits = scores[order], np.cumsum(truths[order])
    reported, positives = np.arange(1, len(order) + 1), truths.sum()
    below = np.append(sorted_scores[1:], 0)
    measure = np.where((below < sorted_scores) & (hits >= 3), 1.25 * hits / (reported + 0.25 * positives), -1)
    best = int(np.argmax(measure))
    return float((sorted_scores[best] + below[best]) / 2) if measure[best] > 0 else None


def auc(scores, truths) -> float:
    if truths.all() or not truths.any():
        return float("nan")
    order = np.argsort(np.argsort(scores, kind="stable"))
    positives = truths.sum()
    return float((order[truths].sum() - positives * (positives - 1) / 2) / (positives * (~truths).sum()))


def interval(measure, groups):
    """95 % of a measure of recordings, packages drawn anew."""
    random = np.random.default_rng(1)
    names = np.unique(groups)
    members = {name: np.flatnonzero(groups == name) for name in names}
    values = []
    for _ in range(resamples):
        drawn = np.concatenate([members[name] for name in random.choice(names, len(names))])
        values.append(measure(drawn))
    return np.nanpercentile(values, [2.5, 97.5])


def share(hits, of):
    return hits / of if of else float("nan")


def judge_tag(scores, truths, packages, least):
    names = np.unique(packages)
    fold_of = {name: index % folds for index, name in enumerate(np.random.default_rng(2).permutation(names))}
    fold = np.array([fold_of[package] for package in packages])
    reported = np.zeros(len(scores), bool)
    for index in range(folds):
        threshold = choose_threshold(scores[fold != index], truths[fold != index])
        if threshold is not None:
            reported[fold == index] = scores[fold == index] >= threshold
    precision = share((reported & truths).sum(), reported.sum())
    recall = share((reported & truths).sum(), truths.sum())
    low, high = interval(lambda i: share((reported[i] & truths[i]).sum(), reported[i].sum()), packages)
    threshold = choose_threshold(scores, truths)
    heard_in = len(np.unique(packages[truths & reported]))
    ships = (
        threshold is not None
        and precision >= wanted_precision
        and low >= least_precision
        and recall >= least_recall
        and heard_in >= least
    )
    return {
        "true": int(truths.sum()),
        "packages": heard_in,
        "auc": auc(scores, truths),
        "precision": precision,
        "interval": [low, high],
        "recall": recall,
        "threshold": threshold if ships else None,
    }


def neighbours(vectors, packages, queries, count=5):
    """Of each query, the share of its nearest by angle that are of its own package."""
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    near = unit @ unit.T
    np.fill_diagonal(near, -2)
    return np.array([(packages[np.argsort(-near[query])[:count]] == packages[query]).mean() for query in queries])


def judge_embedding(data: Data, heard, hidden, embeddings):
    packages = np.array([data.recordings[index]["package"] for index in heard])
    counts = {name: (packages == name).sum() for name in np.unique(packages)}
    queries = np.flatnonzero([counts[name] >= 6 for name in packages])
    training = data.patches_of(lambda one: not one["heldOut"])
    projection = Projection(data.hidden[training])
    standard = (hidden - projection.mean) / projection.std
    of = {"this model, 128": embeddings, "teacher, 200": standard, "teacher, 128": standard @ projection.basis}
    rows = []
    for name, vectors in of.items():
        found = neighbours(vectors, packages, queries)
        rows.append((name, found.mean(), *interval(lambda i: found[i].mean(), packages[queries])))
    chance = np.mean([(counts[packages[query]] - 1) / (len(packages) - 1) for query in queries])
    rows.append(("chance", chance, float("nan"), float("nan")))
    return rows, len(queries), len(packages), sum(count >= 6 for count in counts.values())


def number(value, digits=2):
    return "" if value is None or np.isnan(value) else f"{value:.{digits}f}"


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("out", type=Path)
    arguments.add_argument("labels", type=Path)
    arguments.add_argument("--report", type=Path)
    given = arguments.parse_args()
    data = Data(given.out, given.labels)
    width = len(data.words)
    rows = np.fromfile(given.out / "scores.f32", "<f4").reshape(-1, width + 128)
    scores, embeddings = data.means(rows[:, :width]), data.means(rows[:, width:])
    teacher, hidden = data.means(data.targets), data.means(data.hidden)
    held = np.array([one["heldOut"] for one in data.recordings])
    kinds = np.array([one["kind"] for one in data.recordings])
    packages = np.array([one["package"] for one in data.recordings])
    lines, thresholds = [], {}
    header = ["tag", "true of", "packages", "AUC", "precision", "95 %", "recall", "threshold"]
    lines += [f"| {' | '.join(header)} |", f"|{'---|' * len(header)}"]
    judged = {}
    for index, word in enumerate(data.words):
        truths = teacher[held, index] >= data.says[index]
        judged[word] = judge_tag(scores[held, index], truths, packages[held], least_packages.get(word, otherwise_least_packages))
        thresholds[word] = judged[word]["threshold"] and round(judged[word]["threshold"], 3)
    for word, found in sorted(judged.items(), key=lambda item: (item[1]["threshold"] is None, -item[1]["true"])):
        low, high = found["interval"]
        cells = [word, str(found["true"]), str(found["packages"]), number(found["auc"]), number(found["precision"])]
        cells += [f"{number(low)} to {number(high)}" if not np.isnan(low) else "", number(found["recall"])]
        lines.append(f"| {' | '.join([*cells, number(found['threshold'], 3) or 'not reported'])} |")
    heard = np.flatnonzero(held & (kinds == "music"))
    places, queries, among, of_packages = judge_embedding(data, heard, hidden[heard], embeddings[heard])
    lines += ["", f"{queries} recordings of {of_packages} packages, among {among}:", ""]
    lines += ["| embedding | of the five nearest, of the same package | 95 % |", "|---|---|---|"]
    lines += [f"| {name} | {number(value)} | {number(low)} to {number(high)} |" for name, value, low, high in places]
    counts = {kind: (int((held & (kinds == kind)).sum()), len(np.unique(packages[held & (kinds == kind)]))) for kind in np.unique(kinds)}
    lines += ["", "Held out: " + ", ".join(f"{count} of {kind} ({of} packages)" for kind, (count, of) in counts.items() if count)]
    made = np.char.startswith(packages, "made-")
    heard_of = ~held & ~made
    learned = f"{int(heard_of.sum())} recordings of {len(np.unique(packages[heard_of]))} Debian packages and {int(made.sum())} made sounds"
    lines += ["", f"Learned from: {learned}"]
    text = "\n".join(lines)
    print(text)
    if given.report:
        given.report.write_text(text + "\n")
    judges = f"{int(held.sum())} recordings of {len(np.unique(packages[held]))} others"
    training = f"Distilled by research/tags from musicnn (ISC) on {learned}; thresholds by {judges}."
    (given.out / "thresholds.json").write_text(json.dumps({"labels": thresholds, "training": training}, indent=1))


if __name__ == "__main__":
    main()
