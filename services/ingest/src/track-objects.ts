import { createHash } from "node:crypto";
import type { Names } from "@segue/chain";
import { type ReplayRequested, replayObjectName, TrackAccepted, trackObjectName } from "@segue/contracts";
import { ObjectNotFoundError, type ObjectRef, type ObjectStore } from "@segue/store";
import { z } from "zod";

/** A job as its first request left it: that request, and the track that it made. */
const JobObject = z.object({ v: z.literal(1), request: z.string(), track: TrackAccepted });
export type JobObject = z.infer<typeof JobObject>;

/** Accepted tracks, replays and jobs as objects: what was promised to clients, whatever becomes of queue and database. */
export interface TrackObjects {
  readTrack(id: string): Promise<TrackAccepted | undefined>;
  /** Create-only: of two writers the first wins. */
  writeTrack(track: TrackAccepted): Promise<void>;
  writeReplay(replay: ReplayRequested): Promise<void>;
  readJob(requestId: string): Promise<JobObject | undefined>;
  /** Create-only; returns the job that holds, which is another's if another came first. */
  writeJob(job: JobObject, requestId: string): Promise<JobObject>;
}

export function createTrackObjects(store: ObjectStore, names: Names): TrackObjects {
  const bucket = names.bucket("records");
  const trackRef = (id: string) => ({ bucket, name: trackObjectName(sha256(id), id) });
  const jobRef = (requestId: string) => ({ bucket, name: `${sha256(requestId)}.job.json` });

  const read = async <S extends z.ZodType>(ref: ObjectRef, schema: S): Promise<z.output<S> | undefined> => {
    try {
      return schema.parse(await store.readJson(ref));
    } catch (error) {
      if (error instanceof ObjectNotFoundError) return undefined;
      throw error;
    }
  };
  const write = (ref: ObjectRef, json: object) =>
    store.writeObject({
      ...ref,
      body: Buffer.from(JSON.stringify(json)),
      contentType: "application/json",
      createOnly: true,
    });

  return {
    readTrack: (id) => read(trackRef(id), TrackAccepted),
    async writeTrack(track) {
      await write(trackRef(track.trackId), track);
    },
    async writeReplay(replay) {
      const { trackId, requestedAt } = replay;
      await write({ bucket, name: replayObjectName(sha256(trackId), trackId, requestedAt) }, replay);
    },
    readJob: (requestId) => read(jobRef(requestId), JobObject),
    async writeJob(job, requestId) {
      const { created } = await write(jobRef(requestId), job);
      return created ? job : ((await read(jobRef(requestId), JobObject)) ?? job);
    },
  };
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
