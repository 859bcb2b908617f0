import { z } from "zod";
import { Instant, TrackId } from "../ids.ts";
import { openEnum } from "../open-enum.ts";
import { changeTypes } from "./changes.ts";

export const WebhookId = TrackId;
export const DeliveryId = z
  .uuid({ error: "expected a delivery's id (a UUID)" })
  .toLowerCase()
  .meta({ description: "UUID", examples: ["01900000-0000-7000-8000-000000000002"] });

/** How a secret is written: `whsec_` and 32 bytes in base64, as Standard Webhooks has it (www.standardwebhooks.com). */
export const webhookSecretPrefix = "whsec_";

/** Of one owner. */
export const maxWebhooks = 100;

/** How long the secret before signs beside a new one, in s, where nothing else is said; and at most. */
export const secretOverlapSec = 86_400;
const longestOverlapSec = 7 * 86_400;

/** What is told to those who name nothing: not each step. */
export const defaultWebhookTypes = changeTypes.filter((type) => !type.startsWith("step."));

/** The type of a test event, which is no change. */
export const webhookTestType = "webhook.test";

const url = z
  .url({ protocol: /^https?$/, error: "expected an https:// URL" })
  .max(2_000)
  .meta({
    description: "where changes are sent to, by POST: https:// on a public host",
    examples: ["https://example.com/segue"],
  });
const types = z
  .array(z.enum(changeTypes))
  .min(1)
  .max(changeTypes.length)
  .transform((given) => [...new Set(given)]);
const description = z.string().max(200).describe("for whoever reads the list");
const active = z
  .boolean()
  .describe("false: nothing is sent; once it is true, what has happened meanwhile is sent first");

/** What `POST /v1/webhooks` takes. */
export const WebhookRequest = z
  .strictObject({
    url,
    types: types.default(defaultWebhookTypes).describe("what is sent; all but `step.*` when left out"),
    description: description.default(""),
    active: active.default(true),
  })
  .meta({
    id: "WebhookRequest",
    examples: [
      { url: "https://example.com/segue" },
      { url: "https://example.com/segue", types: ["track.done", "track.failed"], description: "search" },
    ],
  });
export type WebhookRequest = z.output<typeof WebhookRequest>;

/** What `PATCH /v1/webhooks/:id` takes: what is left out stays. */
export const WebhookPatch = z
  .strictObject({
    url: url.optional(),
    types: types.optional().describe("what is sent"),
    description: description.optional(),
    active: active.optional(),
  })
  .meta({ id: "WebhookPatch", examples: [{ description: "search, and the shop" }, { active: true }] });
export type WebhookPatch = z.output<typeof WebhookPatch>;

export const WebhookResource = z
  .object({
    id: WebhookId,
    url: z.string().describe("where changes are sent to"),
    types: z.array(openEnum(changeTypes)).describe("what is sent"),
    description: z.string().describe("for whoever reads the list"),
    state: openEnum(["active", "paused", "disabled"]).describe(
      "paused: its owner has said so. disabled: its receiver takes nothing, see `disabledReason`; `active: true` has it tried again",
    ),
    disabledReason: z.string().nullable().describe("why nothing is sent any more; null while it is"),
    createdAt: Instant.describe("when it was made"),
    failingSince: Instant.nullable().describe("since when no delivery was taken; null while some are"),
    gapAt: Instant.nullable().describe(
      "when it was last found that something could not be sent, since it was not kept any more or the feed was begun anew: read the tracks as they are now. Null: never",
    ),
    waiting: z.int().describe("deliveries that were not taken yet; 10000 stands for that many or more"),
    oldestWaitingAt: Instant.nullable().describe(
      "since when the oldest of them waits; null where there is none",
    ),
    secrets: z
      .array(
        z.object({
          createdAt: Instant.describe("when it was made"),
          expiresAt: Instant.nullable().describe("until when it signs; null: it is not replaced"),
        }),
      )
      .describe(
        "what deliveries are signed with, the newest first; the secrets themselves are told once only",
      ),
  })
  .meta({ id: "WebhookResource" });
export type WebhookResource = z.infer<typeof WebhookResource>;

const secret = z
  .string()
  .describe("deliveries are signed with it: `whsec_` and base64. It is told here and never again: keep it");

/** The answer to `POST /v1/webhooks`. */
export const CreatedWebhook = WebhookResource.extend({ secret }).meta({ id: "CreatedWebhook" });
export type CreatedWebhook = z.infer<typeof CreatedWebhook>;

export const WebhookList = z
  .object({ webhooks: z.array(WebhookResource).describe("all there are, the oldest first") })
  .meta({ id: "WebhookList" });
export type WebhookList = z.infer<typeof WebhookList>;

/** What `POST /v1/webhooks/:id/rotate` takes. */
export const SecretRotation = z
  .strictObject({
    overlapSec: z
      .int()
      .min(0)
      .max(longestOverlapSec)
      .default(secretOverlapSec)
      .describe("for how long the secrets before sign as well, in seconds"),
  })
  .meta({ id: "SecretRotation", examples: [{}, { overlapSec: 3_600 }] });

/** The answer to it. */
export const RotatedSecret = z
  .object({ secret, previousExpiresAt: Instant.describe("until when the secrets before sign as well") })
  .meta({ id: "RotatedSecret" });
export type RotatedSecret = z.infer<typeof RotatedSecret>;

export const deliveryStates = ["waiting", "delivered", "failed"] as const;

/** What `GET /v1/webhooks/:id/deliveries` takes. */
export const DeliveryQuery = z.strictObject({
  state: z
    .enum(deliveryStates)
    .optional()
    .meta({
      description: "only those in this state",
      examples: ["failed"],
    }),
  cursor: z.coerce
    .number()
    .int()
    .min(0)
    .optional()
    .meta({
      description: "`nextCursor` of the page before; the newest come first when left out",
      examples: [1_000],
    }),
  limit: z.coerce.number().int().min(1).max(200).default(50).describe("deliveries on a page, at most"),
});
export type DeliveryQuery = z.output<typeof DeliveryQuery>;

export const WebhookDelivery = z
  .object({
    id: DeliveryId.describe("`webhook-id` of its requests: the same each time it is sent"),
    type: openEnum([...changeTypes, webhookTestType]).describe("of what is sent"),
    trackId: TrackId.nullable().describe("null for a test event"),
    state: openEnum(deliveryStates).describe(
      "waiting: it is sent, sent again, or waits for an earlier one of its track; failed: that was given up",
    ),
    createdAt: Instant.describe("when it was made of a change"),
    attempts: z.int().describe("how often it was sent, since it was made or last replayed"),
    nextAttemptAt: Instant.nullable().describe(
      "while it waits: not before this; null: it is over, or waits for an earlier one of its track",
    ),
    lastAttempt: z
      .object({
        at: Instant.describe("when its outcome was noted"),
        status: z.int().nullable().describe("of the answer; null: there was none"),
        latencyMs: z.int().describe("from the request to the answer, in ms"),
        answer: z.string().describe("how the answer begins (1 KiB), or why there was none"),
      })
      .nullable()
      .describe("null: it was not sent yet"),
  })
  .meta({ id: "WebhookDelivery" });
export type WebhookDelivery = z.infer<typeof WebhookDelivery>;

export const DeliveryPage = z
  .object({
    deliveries: z.array(WebhookDelivery).describe("the newest first"),
    nextCursor: z.int().nullable().describe("`cursor` of the next page; null: there is none"),
  })
  .meta({ id: "DeliveryPage" });
export type DeliveryPage = z.infer<typeof DeliveryPage>;

/** The answer to what is sent at somebody's wish: it is safe, and sent within seconds. */
export const DeliveryReceipt = z
  .object({ id: DeliveryId.describe("of the delivery") })
  .meta({ id: "DeliveryReceipt" });
export type DeliveryReceipt = z.infer<typeof DeliveryReceipt>;

/** Replayed in one go. */
export const maxReplayed = 10_000;

/** What `POST /v1/webhooks/:id/replay` takes. */
export const DeliveriesReplay = z
  .strictObject({
    since: Instant.describe("what was made at this time or later"),
    states: z
      .array(z.enum(["failed", "delivered"]))
      .min(1)
      .max(2)
      .default(["failed"])
      .describe("only those in these states; the failed ones when left out"),
  })
  .meta({ id: "DeliveriesReplay", examples: [{ since: "2025-01-01T00:00:00.000Z" }] });
export type DeliveriesReplay = z.output<typeof DeliveriesReplay>;

export const ReplayedDeliveries = z
  .object({
    replayed: z.int().describe(`how many are sent again, the oldest first, ${maxReplayed} at most`),
    hasMore: z.boolean().describe("whether there are more: ask once more"),
  })
  .meta({ id: "ReplayedDeliveries" });
export type ReplayedDeliveries = z.infer<typeof ReplayedDeliveries>;

/** What a webhook is sent where it asks for a test; all else is a `Change`, as the feed has it. */
export const WebhookTest = z
  .object({
    type: z.literal(webhookTestType),
    webhookId: WebhookId,
    at: Instant.describe("when it was asked for"),
  })
  .meta({ id: "WebhookTest" });
export type WebhookTest = z.infer<typeof WebhookTest>;
