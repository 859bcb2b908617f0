import { z } from "zod";
import { Instant, Name } from "../ids.ts";

/** What of the outside programs has made results of late: what `GET /v1/tools` answers. */
export const ToolsInUse = z
  .object({
    since: Instant,
    tools: z
      .array(
        z.object({
          step: Name,
          version: z.int().describe("of the step"),
          tool: z.string().describe("an outside program that the step works with"),
          families: z
            .array(
              z.object({
                family: z.string().describe("of the program's version, as in `5.1`"),
                seenAt: Instant.describe("when a result was last computed with it"),
              }),
            )
            .describe(
              "more than one: builds that make results which differ in their last bits are at work beside each other",
            ),
        }),
      )
      .describe("by step, version and program"),
  })
  .meta({ id: "ToolsInUse" });
export type ToolsInUse = z.infer<typeof ToolsInUse>;
