import { defineToyFleet } from "./define-toy-fleet.ts";

export default defineToyFleet({ weigh: 1, walk: 1 });
