export { chartValues } from "./chart-values.ts";
export { databaseName } from "./database.ts";
export { databaseAccess, renderDatabaseAccess } from "./database-access.ts";
export { policies, type Violation, violationsOf } from "./policies/index.ts";
export { withoutLabels } from "./policies/shape-policies.ts";
export { isReference, type Reference, type Resource } from "./resource.ts";
export { parseSettings, Settings } from "./settings.ts";
export { type FleetResource, topology } from "./topology.ts";
