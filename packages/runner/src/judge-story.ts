/**
 * What a message's story means for its next attempt.
 *
 * - Failures that the file or the step may be to blame for: `maxFailures` of them are enough.
 * - `starved` attempts say something about the machine and nothing about the file: however many, they end no track.
 * - Attempts that never ended look the same whether the file crashed the worker or the node was taken away: after the
 *   first, the next attempts run in quarantine, where a crash is seen for what it is and counts as a failure. After
 *   `maxFailures` of them there is a pause before each, of half a minute to eight minutes: a time in which many nodes are taken
 *   away passes, and a file that ends workers in spite of the quarantine does not. Only a message that loses twice
 *   `maxFailures` of its workers even so is given up.
 */
import type { Story } from "@segue/artifacts";

export function isExhausted(story: Story, maxFailures: number): boolean {
  const starved = story.entries.filter(({ error }) => error.code === "starved").length;
  const failures = story.entries.length - story.crashes - starved;
  return failures >= maxFailures || hasCrashedTooOften(story, maxFailures);
}

/** Whether it is time to wait before it is tried once more. */
export function hasCrashedOften(story: Story, maxFailures: number): boolean {
  return story.crashes >= maxFailures;
}

export function hasCrashedTooOften(story: Story, maxFailures: number): boolean {
  return story.crashes >= 2 * maxFailures;
}

/** Whether the message has ended, or may have ended, a thread or a process. */
export function needsQuarantine(story: Story): boolean {
  return story.entries.some(
    ({ error }) => error.code === "worker-crashed" || error.code === "memory-budget-exceeded",
  );
}
