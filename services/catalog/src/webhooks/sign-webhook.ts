import { createHmac } from "node:crypto";
import { webhookSecretPrefix } from "@segue/contracts";

export interface SignedMessage {
  readonly id: string;
  /** When it is sent: whoever gets it refuses one that is old. */
  readonly at: Date;
  readonly body: string;
}

/**
 * Headers that prove who has sent a body, as Standard Webhooks (www.standardwebhooks.com) has them: HMAC-SHA256 over `id.timestamp.body`, once for each secret.
 *
 * @param secrets `whsec_` and base64.
 */
export function signWebhook(
  secrets: readonly string[],
  { id, at, body }: SignedMessage,
): Readonly<Record<"webhook-id" | "webhook-timestamp" | "webhook-signature", string>> {
  const timestamp = String(Math.floor(at.getTime() / 1_000));
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.slice(webhookSecretPrefix.length), "base64");
    return `v1,${createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64")}`;
  });
  return {
    "webhook-id": id,
    "webhook-timestamp": timestamp,
    "webhook-signature": signatures.join(" "),
  };
}
