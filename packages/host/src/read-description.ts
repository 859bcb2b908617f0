import { StepDescription, sayWhy, stepObjectName } from "@segue/contracts";
import { ObjectNotFoundError, type ObjectRef, type ObjectStore } from "@segue/store";

/** Undefined where there is no such object; an error, which says what was expected, where it describes no step. */
export async function readDescription(
  store: ObjectStore,
  ref: ObjectRef,
): Promise<StepDescription | TypeError | undefined> {
  let body: Buffer;
  try {
    body = await store.readObject(ref);
  } catch (error) {
    if (error instanceof ObjectNotFoundError) return undefined;
    throw error;
  }
  try {
    const description = StepDescription.parse(JSON.parse(body.toString("utf8")));
    if (stepObjectName(description.name) === ref.name) return description;
    return new TypeError(`${ref.name}: expected the step of that name, got "${description.name}"`);
  } catch (error) {
    return new TypeError(`${ref.name}: expected the description of a step as JSON: ${sayWhy(error)}`);
  }
}
