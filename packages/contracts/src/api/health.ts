import { z } from "zod";

/** Who answers: clients that were told a fleet see whether it is that one. */
export const Healthy = z
  .object({
    status: z.literal("ok").describe("All is well"),
    name: z.literal("segue").describe("What this is: other servers answer `/healthz` too"),
    fleetId: z.string().nullable().describe("The fleet's own name; null where its operators gave it none"),
  })
  .meta({ id: "Healthy", description: "The process lives" });
export type Healthy = z.infer<typeof Healthy>;
