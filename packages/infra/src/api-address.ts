import { apiName } from "./apis.ts";
import type { Ground } from "./ground.ts";
import { type Reference, resource } from "./resource.ts";

const name = "api-address";

/** What the API's name leads to. The balancer itself is made by the chart's ingress, and would have another address each time. */
export function apiAddressResources({ project, prefix, labels, settings: { apiHost } }: Ground) {
  if (apiHost === null) return [];
  return [
    resource(
      "gcp:compute/globalAddress:GlobalAddress",
      name,
      {
        project,
        name: apiAddressName(prefix),
        addressType: "EXTERNAL",
        ipVersion: "IPV4",
        description: `Where ${apiHost} leads to`,
        labels,
      },
      // DNS and the chart's values say it: another one would be nobody's.
      { dependsOn: [apiName("compute")], protect: true },
    ),
  ];
}

/** As the ingress names it. */
function apiAddressName(prefix: string): string {
  return `${prefix}-api`;
}

/** For the chart: where the API is to be reached, under which name; by its own ingress, or by a Gateway at that address. */
export function apiDoorValues({ prefix, settings: { apiHost } }: Ground) {
  if (apiHost === null) return {};
  const address: Reference = { resource: name, output: "address" };
  return {
    ingress: { host: apiHost, addressName: apiAddressName(prefix), address },
    gateway: { host: apiHost, address },
  };
}
