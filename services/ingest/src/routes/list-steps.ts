import { ChainStepList, kindsOf } from "@segue/contracts";
import type { Api, ApiContext } from "../api-context.ts";

/** `GET /v1/steps`: the chain as it is at the time, from which its graph can be drawn. */
export function listStepsRoute(app: Api, { chain }: ApiContext): void {
  const schema = {
    operationId: "listSteps",
    summary: "Every step of the fleet: what it consumes and makes, and what an attempt may use",
    response: { 200: ChainStepList },
  };
  app.get("/v1/steps", { schema }, async () => ({
    steps: chain.steps.map((step) => ({
      name: step.name,
      version: step.version,
      service: chain.serviceOf(step.name),
      consumes: Object.values(step.consumes).map(({ name }) => name),
      produces: kindsOf(step).map(({ name }) => name),
      budget: { ...step.budget },
      accelerator: step.accelerator,
      model: step.model && { name: step.model.name, version: step.model.version },
    })),
  }));
}
