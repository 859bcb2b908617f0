import type { Ground } from "./ground.ts";
import { resource } from "./resource.ts";

const apis = [
  "artifactregistry",
  "billingbudgets",
  "cloudresourcemanager",
  "compute",
  "container",
  "iam",
  "iamcredentials",
  "logging",
  "monitoring",
  "pubsub",
  "servicenetworking",
  "sqladmin",
  "storage",
] as const;
type Api = (typeof apis)[number];

export const apiName = (api: Api) => `api/${api}`;

/** Google's services that have to be turned on; they stay on when the fleet goes, for others may use them. */
export function apiResources({ project }: Ground) {
  return apis.map((api) =>
    resource("gcp:projects/service:Service", apiName(api), {
      project,
      service: `${api}.googleapis.com`,
      disableOnDestroy: false,
    }),
  );
}
