import { z } from "zod";
import { hint } from "./kind-hints.ts";

/** Something a client should know about a file that was processed all the same. */
export const Warning = z.object({
  code: z
    .string()
    .describe("what kind of thing it is")
    .meta(hint({ display: { as: "summary" } })),
  message: z.string().describe("what was found"),
});
export type Warning = z.infer<typeof Warning>;
