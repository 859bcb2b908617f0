import { createHmac, timingSafeEqual } from "node:crypto";
import { Change, WebhookTest, webhookSecretPrefix, webhookTestType } from "@segue/contracts";

/** Of a delivery's request, in lower case, as Node has them. */
export type WebhookHeaders = Headers | Readonly<Record<string, string | readonly string[] | undefined>>;

/** What a webhook is sent: a change as the feed has it, or a test. */
export type WebhookEvent = Change | WebhookTest;

export interface VerifyOptions {
  /** A request that is older than this, or younger, is refused: somebody may send again what was seen once. */
  readonly toleranceSec?: number;
  /** In ms. */
  now?(): number;
}

/** A request that nobody with the secret has sent, or not now: answer 401 and do nothing. */
export class WebhookRefusal extends Error {
  override readonly name = "WebhookRefusal";
}

/**
 * Makes sure that a webhook's request comes from the fleet, by Standard Webhooks' signatures (www.standardwebhooks.com).
 *
 * @param secrets `whsec_...`: the webhook's, or several while it is changed.
 * @param body the bytes as they came: JSON that was parsed and written again is another text.
 * @returns what it tells, with the id by which the same delivery is known when it comes again.
 * @throws {WebhookRefusal}
 */
export function verifyWebhook(
  secrets: string | readonly string[],
  headers: WebhookHeaders,
  body: string | Uint8Array,
  { toleranceSec = 300, now = Date.now }: VerifyOptions = {},
): { readonly id: string; readonly event: WebhookEvent } {
  const id = headerOf(headers, "webhook-id");
  const timestamp = headerOf(headers, "webhook-timestamp");
  const offSec = Math.abs(now() / 1_000 - Number(timestamp));
  if (!/^\d{1,12}$/.test(timestamp) || offSec > toleranceSec)
    throw new WebhookRefusal(`webhook-timestamp: expected one of the last ${toleranceSec} s`);
  const signed = Buffer.concat([Buffer.from(`${id}.${timestamp}.`), Buffer.from(body)]);
  const given = headerOf(headers, "webhook-signature").split(" ").flatMap(readSignature);
  const isSigned = [secrets].flat().some((secret) => {
    const key = Buffer.from(secret.slice(webhookSecretPrefix.length), "base64");
    const expected = createHmac("sha256", key).update(signed).digest();
    return given.some((one) => one.length === expected.length && timingSafeEqual(one, expected));
  });
  if (!isSigned) throw new WebhookRefusal("webhook-signature: expected one made with the webhook's secret");
  return { id, event: parseEvent(Buffer.from(body).toString("utf8")) };
}

function headerOf(headers: WebhookHeaders, name: string): string {
  const value = headers instanceof Headers ? headers.get(name) : headers[name];
  if (typeof value === "string" && value !== "") return value;
  throw new WebhookRefusal(`expected one header ${name}`);
}

/** Of other versions none. */
function readSignature(text: string): Buffer[] {
  const [version, signature] = text.split(",", 2);
  return version === "v1" && signature !== undefined ? [Buffer.from(signature, "base64")] : [];
}

function parseEvent(body: string): WebhookEvent {
  try {
    const json: unknown = JSON.parse(body);
    const isTest =
      typeof json === "object" && json !== null && "type" in json && json.type === webhookTestType;
    return isTest ? WebhookTest.parse(json) : Change.parse(json);
  } catch (cause) {
    throw new WebhookRefusal("expected a change, or a test event, in JSON", { cause });
  }
}
