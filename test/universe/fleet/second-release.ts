import { defineToyFleet } from "./define-toy-fleet.ts";

/** A deployment changes one side of the join, and the long step. */
export default defineToyFleet({ weigh: 2, walk: 2 });
