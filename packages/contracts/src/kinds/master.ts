import { z } from "zod";
import { defineKind } from "../kind.ts";
import { hint } from "../kind-hints.ts";

/** The submitted bytes, whatever they are. */
export const Master = defineKind({
  name: "master",
  retention: "derivative",
  payload: { contentType: "application/octet-stream", extension: "bin" },
  facts: z
    .object({ sizeBytes: z.int().nonnegative().describe("of the submitted bytes") })
    .meta(hint({ display: { as: "none" } })),
});
