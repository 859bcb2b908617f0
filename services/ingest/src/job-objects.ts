import { createOrRead, readObjectAs } from "@segue/artifacts";
import type { Names } from "@segue/chain";
import { digestFor, keyedObjectName, TrackAccepted } from "@segue/contracts";
import type { ObjectStore } from "@segue/store";
import { z } from "zod";

/** A job as its first request left it: that request, and the track that it made. */
const JobObject = z.object({ v: z.literal(1), request: z.string(), track: TrackAccepted });
export type JobObject = z.infer<typeof JobObject>;

/** Jobs as objects: what makes a request_id of an owner's mean the same for ever. */
export interface JobObjects {
  read(owner: string, requestId: string): Promise<JobObject | undefined>;
  /** Create-only; returns the job that holds, which is another's if another came first. */
  create(job: JobObject, owner: string, requestId: string): Promise<JobObject>;
}

export function createJobObjects(store: ObjectStore, names: Names): JobObjects {
  const refOf = (owner: string, requestId: string) => ({
    bucket: names.bucket("records"),
    name: keyedObjectName(digestFor(owner, requestId), "job"),
  });
  return {
    read: (owner, requestId) => readObjectAs(store, refOf(owner, requestId), JobObject),
    create: (job, owner, requestId) => createOrRead(store, refOf(owner, requestId), JobObject, job),
  };
}
