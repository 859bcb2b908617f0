import { once } from "node:events";
import { createServer } from "node:http";
import { z } from "zod";

const Attribute = z.object({ key: z.string(), value: z.object({ stringValue: z.string().optional() }) });
const Described = z.object({ resource: z.object({ attributes: z.array(Attribute) }) });

const Span = z.object({
  name: z.string(),
  traceId: z.string(),
  spanId: z.string(),
  parentSpanId: z.string().optional(),
  attributes: z.array(Attribute).default([]),
  status: z.object({ code: z.number().optional(), message: z.string().optional() }),
});
const Spans = z.object({
  resourceSpans: z.array(Described.extend({ scopeSpans: z.array(z.object({ spans: z.array(Span) })) })),
});

const Point = z.object({ asDouble: z.number().optional(), count: z.number().optional() });
const Measured = z.object({
  name: z.string(),
  gauge: z.object({ dataPoints: z.array(Point) }).optional(),
  sum: z.object({ dataPoints: z.array(Point) }).optional(),
  histogram: z.object({ dataPoints: z.array(Point) }).optional(),
});
const Metrics = z.object({
  resourceMetrics: z.array(
    Described.extend({ scopeMetrics: z.array(z.object({ metrics: z.array(Measured) })) }),
  ),
});

/** An OpenTelemetry collector that keeps what it is sent, as OTLP in JSON has it. */
export interface TestCollector extends AsyncDisposable {
  readonly url: string;
  /** Paths that were posted to. */
  readonly paths: readonly string[];
  readonly spans: readonly z.infer<typeof Span>[];
  /** As they were last told. */
  readonly metrics: ReadonlyMap<string, z.infer<typeof Measured>>;
  /** What senders say of themselves. */
  readonly resource: Readonly<Record<string, string | undefined>>;
}

export async function startTestCollector(): Promise<TestCollector> {
  const paths: string[] = [];
  const spans: z.infer<typeof Span>[] = [];
  const metrics = new Map<string, z.infer<typeof Measured>>();
  const resource: Record<string, string | undefined> = {};
  const describe = ({ resource: { attributes } }: z.infer<typeof Described>) => {
    for (const { key, value } of attributes) resource[key] = value.stringValue;
  };
  const take = (path: string, json: unknown) => {
    paths.push(path);
    if (path === "/v1/traces")
      for (const sent of Spans.parse(json).resourceSpans) {
        describe(sent);
        spans.push(...sent.scopeSpans.flatMap((scope) => scope.spans));
      }
    if (path === "/v1/metrics")
      for (const sent of Metrics.parse(json).resourceMetrics) {
        describe(sent);
        metrics.clear();
        for (const each of sent.scopeMetrics.flatMap((scope) => scope.metrics)) metrics.set(each.name, each);
      }
  };
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    take(request.url ?? "", JSON.parse(Buffer.concat(chunks).toString()));
    response.writeHead(200, { "content-type": "application/json" }).end("{}");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("expected a TCP address");
  return {
    url: `http://127.0.0.1:${address.port}`,
    ...{ paths, spans, metrics, resource },
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
    },
  };
}
