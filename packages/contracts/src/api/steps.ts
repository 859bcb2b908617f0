import { z } from "zod";
import { Name } from "../ids.ts";
import { openEnum } from "../open-enum.ts";
import { accelerators } from "../step-spec.ts";

/** A step of the fleet as it is now. */
export const ChainStep = z
  .object({
    name: Name,
    version: z.int().describe("part of every address that it makes"),
    service: Name.describe("whose workers host it"),
    consumes: z.array(Name).describe("kinds"),
    produces: z.array(Name).describe("kinds"),
    budget: z
      .object({
        timeMs: z.number().describe("wall time; past it an attempt is killed"),
        memoryMiB: z.number().describe("growth of the worker's memory; past it an attempt is killed"),
      })
      .describe("what one attempt may use"),
    accelerator: openEnum(accelerators)
      .nullable()
      .describe("what its workers need beside CPUs; null: nothing"),
    model: z
      .object({ name: z.string().describe("of the model"), version: z.string().describe("of the model") })
      .nullable()
      .describe("that takes part in its results; null for none"),
  })
  .meta({ id: "ChainStep" });
export type ChainStep = z.infer<typeof ChainStep>;

/** What `GET /v1/steps` answers: the graph of the fleet, of which steps are the nodes and kinds the edges. */
export const ChainStepList = z
  .object({
    steps: z.array(ChainStep).describe("in the order of the chain: each after those that it depends on"),
  })
  .meta({ id: "ChainStepList" });
export type ChainStepList = z.infer<typeof ChainStepList>;
