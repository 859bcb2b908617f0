export type { Alert, AlertGroup } from "./alert.ts";
export { alertGroups } from "./alerts/index.ts";
export { dashboardRows } from "./dashboard/index.ts";
export type { Panel, Query, Row } from "./dashboard/panel.ts";
export { renderDashboard } from "./dashboard/render-dashboard.ts";
export { type RuleFile, renderPolicyRules, renderRules } from "./render-rules.ts";
export { renderRunbook } from "./render-runbook.ts";
