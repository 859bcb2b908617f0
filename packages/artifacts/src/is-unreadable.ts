import { StepError } from "@segue/contracts";
import { StoreRefusedError } from "@segue/store";
import { z } from "zod";

/**
 * Whether reading has failed for what an object holds: it is of a younger release, or nothing that any release writes. It is so however often
 * it is read, and must hold up no other.
 */
export function isUnreadable(error: unknown): boolean {
  return isOfYounger(error) || isNoJson(error) || error instanceof SyntaxError || error instanceof z.ZodError;
}

function isOfYounger(error: unknown): boolean {
  return error instanceof StepError && error.code === "worker-outdated";
}

/** Whether an object that should be JSON is not. */
export function isNoJson(error: unknown): boolean {
  return error instanceof StoreRefusedError && error.cause instanceof SyntaxError;
}
