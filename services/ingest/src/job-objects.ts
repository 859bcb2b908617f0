import { createHash } from "node:crypto";
import { TrackAccepted } from "@segue/contracts";
import { z } from "zod";
import type { JsonObjects } from "./json-objects.ts";

/** A job as its first request left it: that request, and the track that it made. */
const JobObject = z.object({ v: z.literal(1), request: z.string(), track: TrackAccepted });
export type JobObject = z.infer<typeof JobObject>;

/** Jobs as objects: what makes a request_id mean the same for ever. */
export interface JobObjects {
  read(requestId: string): Promise<JobObject | undefined>;
  /** Create-only; returns the job that holds, which is another's if another came first. */
  create(job: JobObject, requestId: string): Promise<JobObject>;
}

export function createJobObjects(objects: JsonObjects): JobObjects {
  const nameOf = (requestId: string) => `${createHash("sha256").update(requestId).digest("hex")}.job.json`;
  return {
    read: (requestId) => objects.read(nameOf(requestId), JobObject),
    async create(job, requestId) {
      if (await objects.create(nameOf(requestId), job)) return job;
      return (await objects.read(nameOf(requestId), JobObject)) ?? job;
    },
  };
}
