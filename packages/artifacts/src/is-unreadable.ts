import { StepError } from "@segue/contracts";
import { StoreRefusedError } from "@segue/store";
import { z } from "zod";

/**
 * Whether reading has failed for what an object holds: it is of a younger release, or nothing that any release writes. It is so however often
 * it is read, and must hold up no other.
 */
function isUnreadable(error: unknown): boolean {
  return isOfYounger(error) || isNoJson(error) || error instanceof SyntaxError || error instanceof z.ZodError;
}

/** What was read; undefined where it is unreadable, which is told of. */
export async function unlessUnreadable<T>(
  read: () => T | Promise<T>,
  onUnreadable?: (error: unknown) => void,
): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (!isUnreadable(error)) throw error;
    onUnreadable?.(error);
    return undefined;
  }
}

function isOfYounger(error: unknown): boolean {
  return error instanceof StepError && error.code === "worker-outdated";
}

/** Whether an object that should be JSON is not. */
export function isNoJson(error: unknown): boolean {
  return error instanceof StoreRefusedError && error.cause instanceof SyntaxError;
}
