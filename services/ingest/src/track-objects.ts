import { createHash } from "node:crypto";
import { TrackAccepted, trackObjectName } from "@segue/contracts";
import { z } from "zod";
import type { JsonObjects } from "./json-objects.ts";

/** A job as its first request left it: that request, and the track that it made. */
const JobObject = z.object({ v: z.literal(1), request: z.string(), track: TrackAccepted });
export type JobObject = z.infer<typeof JobObject>;

/** Accepted tracks and jobs as objects: what was promised to clients, whatever becomes of queue and database. */
export interface TrackObjects {
  readTrack(id: string): Promise<TrackAccepted | undefined>;
  /** Create-only: of two writers the first wins. */
  writeTrack(track: TrackAccepted): Promise<void>;
  readJob(requestId: string): Promise<JobObject | undefined>;
  /** Create-only; returns the job that holds, which is another's if another came first. */
  writeJob(job: JobObject, requestId: string): Promise<JobObject>;
}

export function createTrackObjects({ read, create }: JsonObjects): TrackObjects {
  const jobName = (requestId: string) => `${sha256(requestId)}.job.json`;

  return {
    readTrack: (id) => read(trackObjectName(id), TrackAccepted),
    async writeTrack(track) {
      await create(trackObjectName(track.trackId), track);
    },
    readJob: (requestId) => read(jobName(requestId), JobObject),
    async writeJob(job, requestId) {
      const created = await create(jobName(requestId), job);
      return created ? job : ((await read(jobName(requestId), JobObject)) ?? job);
    },
  };
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
