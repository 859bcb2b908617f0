/** Where a collector takes one kind of signal. */
export function otlpUrl(endpoint: string, signal: "metrics" | "traces"): string {
  return `${endpoint.replace(/\/+$/, "")}/v1/${signal}`;
}
