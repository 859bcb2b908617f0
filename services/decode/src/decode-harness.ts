import { writeFile } from "node:fs/promises";
import { createTestDir, makeFile } from "@segue/audio/testing";
import { Pcm } from "@segue/contracts";
import { decodeMaster } from "./decode-master.ts";

/** What the tests of decoding share: a directory, and ways to make a master and decode it. */
export async function createHarness() {
  const dir = await createTestDir();
  const out = dir.path("out.wav");
  let count = 0;

  const make = (name: string, ...args: string[]) => makeFile(dir.path(name), args);

  async function decode(path: string, maxDurationSec = 600) {
    const facts = await decodeMaster(path, out, { maxDurationSec });
    // Whatever comes out must be what the contract says.
    return Pcm.facts.parse(facts);
  }

  async function decodeBytes(bytes: Uint8Array) {
    const path = dir.path(`bytes-${count++}.bin`);
    await writeFile(path, bytes);
    return decode(path);
  }

  return { dir, out, make, decode, decodeBytes };
}

export const mono = { sampleRateHz: 44_100, channels: 1 };

export const codesOf = (facts: { warnings: readonly { code: string }[] }) =>
  facts.warnings.map(({ code }) => code);
