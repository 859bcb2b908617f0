/** Area under the ROC curve: the chance that a true example scores above a false one; ties count half. NaN without both. */
export function measureAuc(scores: readonly number[], truths: readonly boolean[]): number {
  const order = scores
    .map((score, i) => ({ score, truth: truths[i] === true }))
    .sort((a, b) => a.score - b.score);
  const positives = order.filter(({ truth }) => truth).length;
  const negatives = order.length - positives;
  let rankSum = 0;
  for (let i = 0; i < order.length; ) {
    let end = i;
    while (end < order.length && order[end]?.score === order[i]?.score) end++;
    for (let k = i; k < end; k++) if (order[k]?.truth) rankSum += (i + end + 1) / 2;
    i = end;
  }
  return (rankSum - (positives * (positives + 1)) / 2) / (positives * negatives);
}

/**
 * The lowest threshold from `lowest` on whose precision reaches `precision`, halfway down to the next score, and the
 * recall there; null where none does with 5 % recall.
 */
export function chooseThreshold(
  scores: readonly number[],
  truths: readonly boolean[],
  precision: number,
  lowest: number,
): { threshold: number; precision: number; recall: number } | null {
  const order = scores
    .map((score, i) => ({ score, truth: truths[i] === true }))
    .sort((a, b) => b.score - a.score);
  const positives = order.filter(({ truth }) => truth).length;
  let best: { threshold: number; precision: number; recall: number } | null = null;
  let hits = 0;
  order.forEach(({ score, truth }, i) => {
    if (truth) hits++;
    const below = order[i + 1]?.score ?? 0;
    if (score < lowest || below === score) return;
    const found = {
      threshold: Math.max(lowest, (score + below) / 2),
      precision: hits / (i + 1),
      recall: hits / positives,
    };
    if (found.precision >= precision && found.recall >= 0.05) best = found;
  });
  return best;
}
