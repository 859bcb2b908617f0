import { z } from "zod";

/** Something a client should know about a file that was processed all the same. */
export const Warning = z.object({ code: z.string(), message: z.string() });
export type Warning = z.infer<typeof Warning>;
