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

/** Of a project in which there is nothing but servers' own subscriptions. */
const newsApis = ["iam", "pubsub"] as const satisfies readonly Api[];

export const apiName = (api: Api) => `api/${api}`;
export const newsApiName = (api: (typeof newsApis)[number]) => `api/news/${api}`;

/** Google's services that have to be turned on; they stay on when the fleet goes, for others may use them. */
export function apiResources({ project, newsProject }: Ground) {
  const turnedOn = (name: string, of: string, api: Api) =>
    resource("gcp:projects/service:Service", name, {
      project: of,
      service: `${api}.googleapis.com`,
      disableOnDestroy: false,
    });
  return [
    ...apis.map((api) => turnedOn(apiName(api), project, api)),
    ...(newsProject === project ? [] : newsApis.map((api) => turnedOn(newsApiName(api), newsProject, api))),
  ];
}
