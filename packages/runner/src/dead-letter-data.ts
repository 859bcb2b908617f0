import { createHash } from "node:crypto";
import type { DeadLettered } from "@segue/contracts";

/** Pub/Sub takes messages of 10 MB at most, and base64 makes 4 bytes of 3: what is left is for the story and the attributes. */
export const keptBytes = 6 * 2 ** 20;

/** A message's data as a dead letter holds it: all of it, or its beginning, with the size and the SHA-256 of all of it. */
export function deadLetterData(data: Buffer): Pick<DeadLettered, "data" | "cut"> {
  if (data.length <= keptBytes) return { data: data.toString("base64") };
  const sha256 = createHash("sha256").update(data).digest("hex");
  return {
    data: data.subarray(0, keptBytes).toString("base64"),
    cut: { sizeBytes: data.length, sha256 },
  };
}

/** The same in words; empty for what is held whole. */
export function describeCut({ cut }: Pick<DeadLettered, "cut">): string {
  if (!cut) return "";
  return ` (of its ${cut.sizeBytes} bytes, SHA-256 ${cut.sha256}, the first ${keptBytes} are kept)`;
}
