import { createHash } from "node:crypto";
import { createLedgers, findRecord } from "@segue/artifacts";
import { createNames, localNaming } from "@segue/chain";
import type { ArtifactRecord, TrackResource } from "@segue/contracts";
import project from "../../segue.config.ts";
import { storeOf } from "./cloud.ts";
import type { FleetUnderTest } from "./fleet-under-test.ts";

type Env = Readonly<Record<string, string>>;
/** What tells of a run: when and where it was, and for whom. */
type OfRun = "attempt" | "firstAttempt" | "requestId" | "earlierRequestIds" | "answersAllUntil";

const names = createNames(localNaming);

/** What a fleet has come to for a track, whenever and wherever it has: of two fleets it is the same. */
export interface Stored {
  /** Step to what the API says of it. */
  readonly steps: Readonly<Record<string, unknown>>;
  /** Kind to what the API says of it, with the SHA-256 of its bytes where it has a file. */
  readonly results: Readonly<Record<string, unknown>>;
  /** Step to its record. */
  readonly records: Readonly<Record<string, Omit<ArtifactRecord, OfRun>>>;
}

export async function readStored({ fleet, client }: FleetUnderTest, track: TrackResource): Promise<Stored> {
  const steps = track.steps.map(
    ({ step, status, how, version, kind, address, outputs, error }) =>
      [step, { status, how, version, kind, address, outputs, error }] as const,
  );
  const results = Object.entries(track.results).map(
    async ([kind, { address, version, current, facts, asset }]) => {
      const bytes = asset && Buffer.from(await (await client.get(asset.url)).arrayBuffer());
      const file = bytes && { sizeBytes: bytes.length, sha256: sha256(bytes), type: asset?.contentType };
      return [kind, { address, version, current, facts, file }] as const;
    },
  );
  const records = track.steps.flatMap(({ step, kind, address }) =>
    kind === null || address === null || track.master === null
      ? []
      : [readRecord(fleet.env, track.master, { kind, address }).then((record) => [step, record] as const)],
  );
  return {
    steps: Object.fromEntries(steps),
    results: Object.fromEntries(await Promise.all(results)),
    records: Object.fromEntries(await Promise.all(records)),
  };
}

async function readRecord(
  env: Env,
  master: string,
  { kind, address }: { readonly kind: string; readonly address: string },
): Promise<Omit<ArtifactRecord, OfRun>> {
  const store = storeOf(env);
  const found =
    (await findRecord(store, names, project.chain.storedKind(kind), address)) ??
    (await createLedgers(store, names).of(master).find(address));
  if (!found) throw new Error(`expected a record at ${address}`);
  const { record } = found;
  const { attempt: _, firstAttempt: _first, ...more } = record;
  const { requestId: _id, earlierRequestIds: _ids, answersAllUntil: _until, ...made } = more;
  return made;
}

/** Names of what lies in the scratch bucket. */
export async function readScratch(env: Env): Promise<string[]> {
  const found: string[] = [];
  const bucket = names.bucket("scratch");
  for await (const { name } of storeOf(env).walkObjects({ bucket, prefix: "" })) found.push(name);
  return found.sort();
}

function sha256(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}
