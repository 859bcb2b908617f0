import { z } from "zod";
import { Name } from "../ids.ts";
import { KindDescription } from "../kind-description.ts";

/** A kind of the fleet as it is now. */
export const KindReport = KindDescription.extend({
  step: Name.nullable().describe("the step that makes it; null for `master`"),
}).meta({ id: "Kind" });
export type KindReport = z.infer<typeof KindReport>;

/** What `GET /v1/kinds` answers. */
export const KindList = z
  .object({ kinds: z.array(KindReport).describe("`master` first, the others in the order of the chain") })
  .meta({ id: "KindList" });
export type KindList = z.infer<typeof KindList>;
