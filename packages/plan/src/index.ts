export { type CatalogPlan, type PlannedStep, type PlanRequest, planCatalog } from "./plan-catalog.ts";
export { type ArtifactState, type MasterPlan, planMaster, type Reason } from "./plan-master.ts";
export { joinAddresses } from "./state-query.ts";
