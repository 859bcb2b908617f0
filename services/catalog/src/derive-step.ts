/**
 * What holds of a step, as a function of the set of its attempts:
 *
 * - A success is not undone by a failure: as long as there is one, one holds. That of the highest version, and among equals that which was made of what holds of
 *   the steps before it; where none was, at the address of the latest (a step whose params or model changed has a new address at the same version). What was asked
 *   for before a step's inputs were made anew may end after that, late as it comes.
 * - At that address, work beats finding the result there, and the latest work holds: a forced one has replaced what was there.
 * - Without a success, the failure of the highest version holds, the latest first.
 * - A failure of a higher version than what holds, or later than all successes of that version, is a failed upgrade; but not one at what was made of other inputs
 *   than what holds was. A fetch has none: once a track has its master, that one stays.
 */
import { type Failure, fetchStep } from "@segue/contracts";
import type { AttemptRow } from "./rows.ts";

export interface FailedUpgradeRow {
  readonly version: number;
  readonly address: string;
  readonly error: Failure | { readonly code: string; readonly message: string };
  readonly at: string;
}

export interface DerivedStep {
  readonly holding: AttemptRow;
  readonly failedUpgrade: FailedUpgradeRow | null;
  /** When it first succeeded; where it never has, when it first failed. Ms since the epoch. */
  readonly firstEndedAtMs: number;
}

/**
 * @param attempts of one step of one track.
 * @param planned where it is made of what holds of its inputs; asked for where there is more than one place.
 * @returns undefined: it has none.
 */
export function deriveStep(
  attempts: readonly AttemptRow[],
  planned: () => string | undefined = () => undefined,
): DerivedStep | undefined {
  const succeeded = attempts.filter(({ status }) => status === "succeeded");
  const failed = attempts.filter(({ status }) => status === "failed");
  const counting = succeeded.length > 0 ? succeeded : failed;
  const latest = pick(counting, newestFirst);
  if (!latest) return undefined;
  const equals = counting.filter(({ version }) => version === latest.version);
  const address = equals.some((other) => other.address !== latest.address) ? planned() : undefined;
  const ofWhatHolds = equals.filter((attempt) => attempt.address === address);
  const newest = pick(ofWhatHolds, newestFirst) ?? latest;
  const atItsAddress = counting.filter(
    ({ version, address }) => version === newest.version && address === newest.address,
  );
  return {
    holding: pick(atItsAddress, (a, b) => rankOfHow(a) - rankOfHow(b) || newestFirst(a, b)) ?? newest,
    failedUpgrade:
      succeeded.length > 0 && newest.step !== fetchStep
        ? findFailedUpgrade(
            newest,
            failed.filter((one) => newest.address !== address || isOfTheSame(one, newest)),
          )
        : null,
    firstEndedAtMs: Math.min(...counting.map(({ finished_at }) => Date.parse(finished_at))),
  };
}

/** @param success the latest of the highest version that has succeeded. */
function findFailedUpgrade(success: AttemptRow, failed: readonly AttemptRow[]): FailedUpgradeRow | null {
  const later = pick(
    failed.filter((attempt) => newestFirst(attempt, success) < 0),
    newestFirst,
  );
  if (!later) return null;
  return {
    version: later.version,
    address: later.address,
    error: failureOf(later),
    at: new Date(later.finished_at).toISOString(),
  };
}

/** Whether it was made of the same inputs, as far as that can be told: another version of a step is at another address anyway. */
function isOfTheSame(failure: AttemptRow, { version, address }: AttemptRow): boolean {
  return failure.version !== version || failure.address === address;
}

function failureOf({
  error_code,
  error_message,
  error_words,
  underlying,
}: AttemptRow): FailedUpgradeRow["error"] {
  const { attempts, ...error } = underlying ?? {};
  return {
    ...error_words,
    code: error_code ?? "step-failed",
    message: error_message ?? "",
    ...("code" in error ? { underlying: error } : {}),
    ...(attempts === undefined ? {} : { attempts }),
  };
}

function newestFirst(a: AttemptRow, b: AttemptRow): number {
  return b.version - a.version || Date.parse(b.finished_at) - Date.parse(a.finished_at);
}

function rankOfHow({ how }: AttemptRow): number {
  return how === "computed" ? 0 : 1;
}

/** The first by an order; whatever is left equal is told apart by the attempt's own identity. */
function pick(
  attempts: readonly AttemptRow[],
  order: (a: AttemptRow, b: AttemptRow) => number,
): AttemptRow | undefined {
  return attempts.toSorted((a, b) => order(a, b) || compareText(identity(a), identity(b)))[0];
}

function identity(attempt: AttemptRow): string {
  return `${attempt.address} ${attempt.worker} ${Date.parse(attempt.started_at)} ${attempt.request_id}`;
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
