import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { StepError } from "@segue/contracts";
import { Nonconformance } from "./nonconformance.ts";
import type { Ended, Payloads, Succeeded } from "./run-to-end.ts";

const shownChars = 1_500;

/** What came of a run, or lies at an address. */
export type Came =
  | Pick<Succeeded, "status" | "facts" | "payloads">
  | { readonly status: "failed"; readonly error: StepError };

/** @throws {Nonconformance} where a run did not come to the same facts and bytes. @param how it was run, as the beginning of a sentence. */
export function demandSame(expected: Succeeded, ended: Came, how: string): void {
  if (ended.status === "failed")
    throw new Nonconformance(`${how}: expected what it makes otherwise, got ${describeError(ended.error)}`);
  try {
    assert.deepEqual(ended.facts, expected.facts);
  } catch (error) {
    const difference = error instanceof Error ? error.message : String(error);
    throw new Nonconformance(`${how}: the facts differ: ${difference.slice(0, shownChars)}`);
  }
  const differing = Object.keys(expected.payloads).find((output) => !samePayload(expected, ended, output));
  if (differing === undefined) return;
  const [was, is] = [expected.payloads, ended.payloads].map((of) => describeBytes(of[differing] ?? null));
  const which = Object.keys(expected.payloads).length > 1 ? ` of ${differing}` : "";
  throw new Nonconformance(`${how}: the payload${which} differs: expected ${was}, got ${is}`);
}

type Left = { readonly payloads: Payloads };

function samePayload(a: Left, b: Left, output: string): boolean {
  const [was, is] = [a.payloads[output] ?? null, b.payloads[output] ?? null];
  return was === null || is === null ? was === is : was.equals(is);
}

export function isSame(expected: Succeeded, ended: Ended): boolean {
  try {
    demandSame(expected, ended, "");
    return true;
  } catch {
    return false;
  }
}

export function describeError({ code, message, family }: { code: string; message: string; family: string }) {
  return `${code} (${family}): ${message.slice(0, shownChars)}`;
}

function describeBytes(bytes: Buffer | null): string {
  if (bytes === null) return "none";
  return `${bytes.length} bytes of SHA-256 ${createHash("sha256").update(bytes).digest("hex").slice(0, 12)}`;
}
