import type { PubSub } from "@google-cloud/pubsub";
import { NoCredentials } from "./service-failure.ts";

/** The client finds out by itself only when it first calls, and that ends the process. @throws {NoCredentials} */
export async function requireCredentials(pubsub: PubSub): Promise<void> {
  if (pubsub.isEmulator) return;
  try {
    await pubsub.auth.getClient();
  } catch (error) {
    throw new NoCredentials(error);
  }
}
