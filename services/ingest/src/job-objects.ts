import { createHash } from "node:crypto";
import { createOrRead, readObjectAs } from "@segue/artifacts";
import type { Names } from "@segue/chain";
import { TrackAccepted } from "@segue/contracts";
import type { ObjectStore } from "@segue/store";
import { z } from "zod";

/** A job as its first request left it: that request, and the track that it made. */
const JobObject = z.object({ v: z.literal(1), request: z.string(), track: TrackAccepted });
export type JobObject = z.infer<typeof JobObject>;

/** Jobs as objects: what makes a request_id mean the same for ever. */
export interface JobObjects {
  read(requestId: string): Promise<JobObject | undefined>;
  /** Create-only; returns the job that holds, which is another's if another came first. */
  create(job: JobObject, requestId: string): Promise<JobObject>;
}

export function createJobObjects(store: ObjectStore, names: Names): JobObjects {
  const refOf = (requestId: string) => ({
    bucket: names.bucket("records"),
    name: `${createHash("sha256").update(requestId).digest("hex")}.job.json`,
  });
  return {
    read: (requestId) => readObjectAs(store, refOf(requestId), JobObject),
    create: (job, requestId) => createOrRead(store, refOf(requestId), JobObject, job),
  };
}
