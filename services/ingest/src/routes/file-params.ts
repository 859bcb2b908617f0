import { TrackId } from "@segue/contracts";
import { z } from "zod";

/** Whose file it is. */
export const fileParams = z.object({ id: TrackId });

export const Crc32c = z.string().regex(/^[0-9a-f]{8}$/, "expected 8 lower-case hex digits");
