import { describeKind, KindList } from "@segue/contracts";
import type { Api, ApiContext } from "../api-context.ts";

/** `GET /v1/kinds`: what the fleet makes at the time, and how each of it is to be read and shown. */
export function listKindsRoute(app: Api, { chain }: ApiContext): void {
  const schema = {
    operationId: "listKinds",
    summary: "Every kind of artifact: what its facts are, and how they are shown",
    response: { 200: KindList },
  };
  app.get("/v1/kinds", { schema }, async () => ({
    kinds: chain.kinds.map((kind) => ({
      ...describeKind(kind),
      facts: { ...kind.schema },
      step: chain.producerOf(kind.name)?.name ?? null,
    })),
  }));
}
