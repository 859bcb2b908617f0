import { join } from "node:path";
import { type AudioProbe, countMp3Faults, findRepairs, writeRepaired } from "@segue/audio";

/** A master as every build of ffmpeg reads it alike. */
export interface RepairedMaster {
  /** The master itself where nothing is to be repaired. */
  readonly path: string;
  /** What of it fails its own checksum, in words; null where nothing does. */
  readonly damage: string | null;
}

/**
 * Repairs a master where builds of ffmpeg would read different things: see `findRepairs`. Comes out the same each time, so
 * that an attempt can go on with what another began.
 */
export async function repairMaster(path: string, scratchDir: string): Promise<RepairedMaster> {
  const { patches, damage } = await findRepairs(path);
  if (patches.length === 0) return { path, damage };
  const repaired = join(scratchDir, "repaired");
  await writeRepaired(path, patches, repaired);
  return { path: repaired, damage };
}

/** Past it, an encoder wrote checksums that never held: they say nothing about damage. */
const mostFaultyShare = 0.5;

/** Frames that fail their checksum in a file of which no build of ffmpeg, or only some, would tell. */
export async function describeFrameDamage(path: string, { container }: AudioProbe): Promise<string | null> {
  if (container !== "mp3") return null;
  const { checked, faulty } = await countMp3Faults(path);
  if (faulty === 0 || faulty > mostFaultyShare * checked) return null;
  return `${faulty} of ${checked} MP3 frames fail their checksum`;
}
