import { randomUUID } from "node:crypto";
import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";

/** What a fleet that runs on a data folder says there, for the commands beside it. */
const RunningFleet = z.object({
  fleetId: z.string(),
  apiUrl: z.string(),
  databaseUrl: z.string(),
  /** Variables that say where its queue and storage are. */
  cloud: z.record(z.string(), z.string()),
});
export type AnnouncedFleet = Readonly<z.infer<typeof RunningFleet>>;

const announcementOf = (dataDir: string) => join(dataDir, "running.json");

/** The folder's own name, made at the first start: a fleet is the same one after a restart, at whatever port. */
export async function readFleetId(dataDir: string): Promise<string> {
  const file = join(dataDir, "fleet-id");
  const known = (await readFile(file, "utf8").catch(() => "")).trim();
  if (known) return known;
  const id = randomUUID();
  await writeFile(file, `${id}\n`);
  return id;
}

/** Readable by its owner only: the database's URL may hold a password. */
export async function announceFleet(dataDir: string, fleet: AnnouncedFleet): Promise<void> {
  const file = announcementOf(dataDir);
  await writeFile(`${file}.part`, JSON.stringify(fleet), { mode: 0o600 });
  await rename(`${file}.part`, file);
}

export async function withdrawFleet(dataDir: string): Promise<void> {
  await rm(announcementOf(dataDir), { force: true });
}

/** Undefined where no fleet runs. One that was killed has not withdrawn its word: ask it who it is before use. */
export async function findAnnouncedFleet(dataDir: string): Promise<AnnouncedFleet | undefined> {
  try {
    return RunningFleet.safeParse(JSON.parse(await readFile(announcementOf(dataDir), "utf8"))).data;
  } catch {
    return undefined;
  }
}
