import { type ClientConfig, PubSub } from "@google-cloud/pubsub";

/**
 * The real client. It talks to `PUBSUB_EMULATOR_HOST` where that is set, as every Pub/Sub client does, else to Google's
 * Pub/Sub with the default credentials.
 *
 * @param config more of the client's own options; `apiEndpoint` names a server in place of the variable.
 */
export function createPubSub(projectId: string, config: ClientConfig = {}): PubSub {
  // Else the client asks the metadata server for the universe before its first call, emulator or not: seconds of
  // waiting where there is none.
  const clientOptions = { universeDomain: "googleapis.com" };
  return new PubSub({ projectId, clientOptions, ...config });
}
