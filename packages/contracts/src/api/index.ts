export * from "./backfills.ts";
export * from "./health.ts";
export * from "./http-errors.ts";
export * from "./jobs.ts";
export * from "./pings.ts";
export * from "./requests.ts";
export * from "./track-history.ts";
export * from "./track-resource.ts";
