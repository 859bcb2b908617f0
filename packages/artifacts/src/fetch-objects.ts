import type { Names } from "@segue/chain";
import {
  fetchedObjectName,
  type Request,
  SourceUrl,
  StepOutcome,
  showSource,
  sourceObjectName,
  trackObjectName,
  unfetchedObjectName,
} from "@segue/contracts";
import type { ObjectStore } from "@segue/store";
import { z } from "zod";
import { createObject, createOrRead, readObjectAs } from "./json-object.ts";

type RequestKey = Pick<Request, "requestId" | "trackId">;

const KeptSource = z.object({ v: z.literal(1), url: SourceUrl });

/**
 * What is known of a track whose source is named, in the records bucket: its whole URL, while that hides something and is needed; which
 * master it has, told once and for ever; and for each request the failure, if its fetch has failed for good.
 */
export interface FetchObjects {
  /** Keeps what readers do not see of a URL. Of one that looks as if it hid nothing there is nothing to keep. */
  keepSource(trackId: string, url: string): Promise<void>;
  /** The whole URL of what readers see as `shown`; undefined where what it hides has been forgotten: somebody has fetched it. */
  readSource(trackId: string, shown: string): Promise<string | undefined>;
  /** Once it has been fetched. */
  forgetSource(trackId: string): Promise<void>;
  /** Whether the track is there: one that was deleted is not. */
  hasTrack(trackId: string): Promise<boolean>;
  /** How the fetch for a request has ended: well for the track, whoever asked for it, or badly for the request. */
  readEnd(key: RequestKey): Promise<StepOutcome | undefined>;
  /** Create-only; returns what holds: of two fetches of a track the first has brought its master, and no failure undoes that. */
  createEnd(outcome: StepOutcome, key: RequestKey): Promise<StepOutcome>;
}

/** What is shown of a URL that hides something: see `showSource`. */
function looksHidden(shown: string): boolean {
  return shown.endsWith("?...");
}

export function createFetchObjects(store: ObjectStore, names: Names): FetchObjects {
  const refOf = (name: string) => ({ bucket: names.bucket("records"), name });
  const fetched = ({ trackId }: RequestKey) => refOf(fetchedObjectName(trackId));
  const unfetched = (key: RequestKey) => refOf(unfetchedObjectName(key));
  return {
    async keepSource(trackId, url) {
      if (!looksHidden(showSource(url))) return;
      await createObject(store, refOf(sourceObjectName(trackId)), { v: 1, url });
    },
    async readSource(trackId, shown) {
      if (!looksHidden(shown)) return shown;
      return (await readObjectAs(store, refOf(sourceObjectName(trackId)), KeptSource))?.url;
    },
    async forgetSource(trackId) {
      await store.deleteObject(refOf(sourceObjectName(trackId)));
    },
    hasTrack: async (trackId) => (await store.statObject(refOf(trackObjectName(trackId)))) !== undefined,
    async readEnd(key) {
      const found = await readObjectAs(store, fetched(key), StepOutcome);
      return found ?? (await readObjectAs(store, unfetched(key), StepOutcome));
    },
    async createEnd(outcome, key) {
      const hasFailed = outcome.outcome.status === "failed";
      const before = hasFailed ? await readObjectAs(store, fetched(key), StepOutcome) : undefined;
      return (
        before ?? (await createOrRead(store, hasFailed ? unfetched(key) : fetched(key), StepOutcome, outcome))
      );
    },
  };
}
