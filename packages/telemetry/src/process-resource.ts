import { type Resource, resourceFromAttributes } from "@opentelemetry/resources";

/** What spans and pushed metrics say of the process that they are of. */
export interface ProcessOptions {
  readonly service: string;
  /** Names this process among those of its service. */
  readonly worker?: string;
  /** What whoever runs it has to say of it: a pod, a node, a version. */
  readonly attributes?: Readonly<Record<string, string>>;
}

/** Named as OpenTelemetry's semantic conventions have it. */
export function describeProcess({ service, worker, attributes = {} }: ProcessOptions): Resource {
  return resourceFromAttributes({
    ...attributes,
    "service.name": service,
    ...(worker === undefined ? {} : { "service.instance.id": worker }),
  });
}

/**
 * The value of `OTEL_RESOURCE_ATTRIBUTES`: `name=value` with commas in between, percent-encoded where need be.
 *
 * @throws {RangeError} with the part that is none.
 */
export function parseAttributes(text: string): Record<string, string> {
  const parts = text.split(",").filter((part) => part.trim() !== "");
  return Object.fromEntries(
    parts.map((part) => {
      const [, name, value] = /^\s*([^=\s]+)\s*=\s*(.*?)\s*$/s.exec(part) ?? [];
      if (name === undefined || value === undefined)
        throw new RangeError(`expected name=value, got ${JSON.stringify(part)}`);
      try {
        return [decodeURIComponent(name), decodeURIComponent(value)];
      } catch {
        throw new RangeError(`expected a percent-encoded value, got ${JSON.stringify(part)}`);
      }
    }),
  );
}
