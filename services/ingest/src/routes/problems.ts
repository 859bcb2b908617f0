import { Problem } from "@segue/contracts";

/** The answers of a route that are errors, for its schema. */
export function problems<S extends number>(
  ...statuses: readonly S[]
): Record<S, ReturnType<typeof asContent>> {
  return Object.fromEntries(statuses.map((status) => [status, asContent()])) as Record<
    S,
    ReturnType<typeof asContent>
  >;
}

function asContent() {
  return { description: "An error", content: { "application/problem+json": { schema: Problem } } };
}
