import { createHash } from "node:crypto";

/**
 * What the toy steps make, as plain functions of bytes: the steps use them, and so do the laws, which know so what every
 * result must be without asking the fleet.
 */
const digest = (...parts: readonly (string | Buffer)[]) =>
  parts.reduce((hash, part) => hash.update(part), createHash("sha256")).digest("hex");

/** What the masters' texts say: `tile=3 walk=9 bad=paint ...`. */
export interface MasterText {
  readonly tiles: number;
  readonly paces: number;
  readonly isColourless: boolean;
  readonly name: string;
}

export function writeMaster({ tiles, paces, isColourless, name }: MasterText): Buffer {
  return Buffer.from(JSON.stringify({ tiles, paces, isColourless, name }));
}

export function readMaster(bytes: Buffer): MasterText {
  return JSON.parse(bytes.toString("utf8")) as MasterText;
}

/** The intermediate: what everything else is made of. */
export function grind(master: Buffer, version: number): Buffer {
  return Buffer.from(`${digest(master, `grind ${version}`)} ${master.toString("utf8")}`);
}

export function readGrain(bytes: Buffer): MasterText {
  return readMaster(bytes.subarray(65));
}

export const paint = (grain: Buffer, version: number) => digest(grain, `paint ${version}`);
export const weigh = (grain: Buffer, version: number) => digest(grain, `weigh ${version}`);
export const label = (colour: string, weight: string, version: number) =>
  digest(colour, weight, `label ${version}`);
/** Of some tracks an attempt at the label fails for good and another one succeeds, as with a tool that another machine has otherwise. */
export const isFickle = (colour: string) => colour < "8";
export const pace = (grain: Buffer, index: number, version: number) =>
  digest(grain, `pace ${index} ${version}`);
export const tile = (grain: Buffer, index: number, version: number) =>
  digest(grain, `tile ${index} ${version}`);

/** One of two outputs, without the mark of the run that made it. */
export const cleave = (grain: Buffer, part: "husk" | "dust", version: number) =>
  digest(grain, `${part} ${version}`);
export const markRun = (part: string, run: string) => `${part} ${run}`;
export const polish = (husk: string, dust: string, version: number) =>
  digest(husk, dust, `polish ${version}`);

export function joinFiles(count: number, make: (index: number) => string): Buffer {
  return Buffer.from(Array.from({ length: count }, (_, index) => make(index)).join(""));
}
