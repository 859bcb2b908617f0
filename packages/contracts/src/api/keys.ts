import { z } from "zod";
import { Instant, Name } from "../ids.ts";

/** What a key may be for. */
export const scopes = ["tracks:read", "tracks:write", "webhooks", "operate", "keys"] as const;
export const Scope = z
  .enum(scopes)
  .describe(
    "`tracks:read`, `tracks:write`: tracks of its owner; `webhooks`: who is told of its owner's changes by being called; `operate`: jobs, backfills, pings, tools, replays of others' tracks, and how work was done; " +
      "`keys`: keys and the audit of its owner, with `operate` those of all",
  );
export type Scope = z.infer<typeof Scope>;

export const KeyId = z
  .string()
  .regex(/^[0-9A-Za-z]{12}$/, "expected a key's id: 12 letters and digits")
  .meta({ description: "of a key: it stands in the key itself", examples: ["2Yb7kQ9fTz1X"] });

const scopeList = z.array(Scope).min(1).max(scopes.length);
const limits = {
  requestsPerSec: z.number().positive().max(100_000),
  burst: z.int().positive().max(1_000_000),
  tracksPerDay: z.int().positive(),
  bytesPerDay: z.int().positive(),
};
const said = {
  requestsPerSec: "requests per second that are let through for long; null: any number",
  burst: "requests that are let through at once; null where any number is",
  tracksPerDay: "tracks that are accepted on a day (UTC); null: any number",
  bytesPerDay: "bytes of uploads that are accepted on a day (UTC); null: any number",
};
const keyName = z
  .string()
  .trim()
  .min(1)
  .max(200)
  .meta({ description: "for people: who uses it, and where", examples: ["studio upload"] });

/** A key, without what it is: that is told once, when it is made. */
export const KeyResource = z
  .object({
    id: KeyId,
    owner: Name.describe("whose tracks it is for"),
    name: keyName,
    scopes: z.array(Scope).describe("what it is for"),
    requestsPerSec: limits.requestsPerSec.nullable().describe(said.requestsPerSec),
    burst: limits.burst.nullable().describe(said.burst),
    tracksPerDay: limits.tracksPerDay.nullable().describe(said.tracksPerDay),
    bytesPerDay: limits.bytesPerDay.nullable().describe(said.bytesPerDay),
    createdAt: Instant,
    createdBy: z
      .string()
      .describe(
        "the id of the key that it was made with; `admin`: the one from the environment; `off`: without one",
      ),
    expiresAt: Instant.nullable().describe("from when on it is not taken; null: it has no end"),
    revokedAt: Instant.nullable().describe("when it was withdrawn; null: it was not"),
    lastUsedAt: Instant.nullable().describe("to the hour; null: never"),
  })
  .meta({ id: "Key" });
export type KeyResource = z.infer<typeof KeyResource>;

export const KeyList = z.object({
  keys: z.array(KeyResource).describe("the newest first, those that are over too, up to a thousand"),
});
export type KeyList = z.infer<typeof KeyList>;

/** What `POST /v1/keys` takes. */
export const KeyRequest = z
  .strictObject({
    owner: Name.optional().describe("whose tracks it is for; when left out, those of whoever makes it"),
    name: keyName,
    scopes: scopeList.describe("what it is for; nothing that the key which makes it is not for"),
    requestsPerSec: limits.requestsPerSec
      .optional()
      .describe(`${said.requestsPerSec.split(";")[0]}; when left out, any number`),
    burst: limits.burst
      .optional()
      .describe("requests that are let through at once; when left out, those of two seconds"),
    tracksPerDay: limits.tracksPerDay
      .optional()
      .describe(`${said.tracksPerDay.split(";")[0]}; when left out, any number`),
    bytesPerDay: limits.bytesPerDay
      .optional()
      .describe(`${said.bytesPerDay.split(";")[0]}; when left out, any number`),
    expiresAt: Instant.optional().describe("from when on it is not taken; when left out, it has no end"),
  })
  .meta({
    id: "KeyRequest",
    examples: [
      {
        owner: "acme",
        name: "studio upload",
        scopes: ["tracks:read", "tracks:write"],
        requestsPerSec: 20,
        tracksPerDay: 10_000,
      },
    ],
  });
export type KeyRequest = z.infer<typeof KeyRequest>;

/** What is withdrawn with a key. */
export const RevokeQuery = z.strictObject({
  made: z
    .enum(["true", "false"])
    .default("false")
    .describe(
      "whether the keys that it has made go with it, and those that they have made: whoever had a key that got out may have made others",
    ),
});
export type RevokeQuery = z.infer<typeof RevokeQuery>;

export const RevokedKeys = z
  .object({
    ...KeyResource.shape,
    withdrawn: z
      .array(KeyId)
      .describe("all that are withdrawn now: the key itself, and those that it has made"),
  })
  .meta({ id: "RevokedKeys" });
export type RevokedKeys = z.infer<typeof RevokedKeys>;

/** A key that was just made: this is the one time that it is told. */
export const NewKey = z
  .object({
    key: z.string().describe("the key itself, which is not kept: `Authorization: Bearer` takes it"),
    resource: KeyResource,
  })
  .meta({ id: "NewKey" });
export type NewKey = z.infer<typeof NewKey>;

const longestGraceSec = 30 * 86_400;

/** What `POST /v1/keys/:id/rotate` takes. */
export const RotateRequest = z
  .strictObject({
    graceSec: z
      .int()
      .min(0)
      .max(longestGraceSec)
      .default(86_400)
      .describe("how long the old key is still taken, in seconds"),
  })
  .meta({ id: "RotateRequest", examples: [{}, { graceSec: 3_600 }] });
export type RotateRequest = z.input<typeof RotateRequest>;
