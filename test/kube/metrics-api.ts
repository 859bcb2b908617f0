// The API by which Kubernetes' autoscaler asks for a metric from outside, as an adapter in a cluster serves it: here the test says what it is.

import { createServer } from "node:https";
import { generate } from "selfsigned";

export interface MetricsApi extends AsyncDisposable {
  readonly port: number;
  /** What is told from now on, by the metric's name; what is not there is not known. */
  readonly values: Map<string, number>;
  /** How often each was asked for. */
  readonly asked: Map<string, number>;
}

const group = "external.metrics.k8s.io";

/** What makes an API server ask there. */
export const metricsManifests = (port: number): string =>
  JSON.stringify({
    apiVersion: "v1",
    kind: "List",
    items: [
      {
        apiVersion: "v1",
        kind: "Service",
        metadata: { name: "metrics", namespace: "kube-system" },
        spec: { type: "ExternalName", externalName: "localhost", ports: [{ port, protocol: "TCP" }] },
      },
      {
        apiVersion: "apiregistration.k8s.io/v1",
        kind: "APIService",
        metadata: { name: `v1beta1.${group}` },
        spec: {
          group,
          version: "v1beta1",
          groupPriorityMinimum: 100,
          versionPriority: 100,
          insecureSkipTLSVerify: true,
          service: { name: "metrics", namespace: "kube-system", port },
        },
      },
    ],
  });

export async function serveMetrics(): Promise<MetricsApi> {
  const values = new Map<string, number>();
  const asked = new Map<string, number>();
  const { private: key, cert } = await generate([{ name: "commonName", value: "localhost" }]);
  const server = createServer({ key, cert }, (request, response) => {
    const answer = (status: number, body: object) => {
      response.writeHead(status, { "content-type": "application/json" });
      response.end(JSON.stringify(body));
    };
    const { pathname } = new URL(request.url ?? "/", "https://localhost");
    const name = decodeURIComponent(/\/namespaces\/[^/]+\/([^/]+)$/.exec(pathname)?.[1] ?? "");
    if (name === "") return answer(200, resourceList);
    asked.set(name, (asked.get(name) ?? 0) + 1);
    const value = values.get(name);
    const items =
      value === undefined
        ? []
        : [{ metricName: name, metricLabels: {}, timestamp: new Date().toISOString(), value: String(value) }];
    answer(200, {
      kind: "ExternalMetricValueList",
      apiVersion: `${group}/v1beta1`,
      metadata: {},
      items,
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "localhost", resolve));
  const address = server.address();
  if (typeof address !== "object" || !address) throw new Error("expected a port");
  return {
    port: address.port,
    values,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const resourceList = {
  kind: "APIResourceList",
  apiVersion: "v1",
  groupVersion: `${group}/v1beta1`,
  resources: [
    {
      name: "externalmetrics",
      singularName: "",
      namespaced: true,
      kind: "ExternalMetricValueList",
      verbs: ["get"],
    },
  ],
};
