// Stands in for `node:crypto`: hashes are Node's own; what is random is the process's whose turn it is.
import * as own from "node:crypto";
import { worldNow } from "../world/world.ts";

export * from "node:crypto";

export function randomFillSync<T extends NodeJS.ArrayBufferView>(view: T): T {
  const world = worldNow();
  if (!world) return own.randomFillSync(view);
  world.scheduler.current.random.fill(new Uint8Array(view.buffer, view.byteOffset, view.byteLength));
  return view;
}

export function randomBytes(size: number): Buffer {
  return randomFillSync(Buffer.alloc(size));
}

export function randomUUID(): own.UUID {
  const bytes = randomBytes(16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString("hex");
  const parts = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)];
  return parts.join("-") as own.UUID;
}
