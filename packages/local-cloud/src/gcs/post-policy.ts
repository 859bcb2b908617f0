import { createPublicKey, verify } from "node:crypto";
import { z } from "zod";
import { ApiError, invalid } from "./api-error.ts";
import { parseJson } from "./receive.ts";
import type { AccountKey } from "./service-account.ts";
import { notBuilt } from "./surface/handling.ts";

/** The fields of a form that stand before its file, by their names in lower case. */
export type FormFields = ReadonlyMap<string, string>;

const policyDocument = z.object({
  expiration: z.string().transform((text) => Date.parse(text)),
  conditions: z.array(
    z.union([
      z.tuple([z.string().regex(/^content-length-range$/i), z.coerce.number(), z.coerce.number()]),
      z.tuple([z.string().regex(/^(eq|starts-with)$/i), z.string().regex(/^\$/), z.string()]),
      z.record(z.string(), z.string()),
    ]),
  ),
});

/** What a signed policy lets a form do. */
export type Allowance = {
  readonly bucket: string;
  readonly minBytes?: number;
  readonly maxBytes?: number;
};

const unmet = (message: string) =>
  new ApiError(400, "InvalidPolicyDocument", `The form does not meet the policy's conditions: ${message}`);

function readPolicy(fields: FormFields, account: AccountKey): z.infer<typeof policyDocument> {
  const read = (name: string) => fields.get(name) ?? "";
  if (fields.has("googleaccessid") || fields.has("signature"))
    throw notBuilt("A form upload with a V2 policy");
  if (!fields.has("policy")) throw invalid("Required form field: policy");
  const algorithm = read("x-goog-algorithm");
  if (algorithm !== "GOOG4-RSA-SHA256") throw notBuilt(`A policy signed by ${algorithm || "nobody"}`);
  const signer = read("x-goog-credential").split("/").slice(0, -4).join("/");
  const signature = Buffer.from(read("x-goog-signature"), "hex");
  const key = createPublicKey(account.private_key);
  if (signer !== account.client_email || !verify("RSA-SHA256", Buffer.from(read("policy")), key, signature))
    throw new ApiError(
      403,
      "SignatureDoesNotMatch",
      "The policy is not signed by the account of this server.",
    );
  const document = policyDocument.safeParse(
    parseJson(Buffer.from(read("policy"), "base64").toString("utf8")),
  );
  if (!document.success) throw new ApiError(400, "InvalidPolicyDocument", z.prettifyError(document.error));
  return document.data;
}

// These say who allows what; the others say what is to be stored, and must be allowed.
const aboutPolicy = ["policy", "x-goog-signature", "file"];

/**
 * Checks a form against the V4 policy that it carries: signed, not expired, every condition met, and no field that no
 * condition speaks of. Throws 403 or 400. `bucket` is that of the URL; a form that is posted to none names it in its policy.
 */
export function checkPolicy(
  fields: FormFields,
  bucket: string | undefined,
  account: AccountKey,
  nowMs: number,
): Allowance {
  const { expiration, conditions } = readPolicy(fields, account);
  if (!(nowMs <= expiration)) throw new ApiError(403, "AccessDenied", "The policy has expired.");
  const spokenOf = new Set(aboutPolicy);
  let allowance: Allowance | undefined = bucket === undefined ? undefined : { bucket };
  let range = {};
  const check = (name: string, holds: (value: string) => boolean, wanted: string) => {
    const field = name.toLowerCase();
    spokenOf.add(field);
    if (field === "bucket") allowance ??= { bucket: wanted };
    const value = field === "bucket" ? allowance?.bucket : fields.get(field);
    if (!holds(value ?? "")) throw unmet(`${field} is ${JSON.stringify(value ?? "")}, expected ${wanted}`);
  };
  for (const condition of conditions) {
    if (!Array.isArray(condition)) {
      for (const [name, wanted] of Object.entries(condition))
        check(name, (value) => value === wanted, wanted);
    } else if (typeof condition[1] === "number") {
      range = { minBytes: condition[1], maxBytes: condition[2] };
    } else {
      const [operator, name, wanted] = condition as [string, string, string];
      const exact = operator.toLowerCase() === "eq";
      check(name.slice(1), (value) => (exact ? value === wanted : value.startsWith(wanted)), wanted);
    }
  }
  for (const name of fields.keys())
    if (!spokenOf.has(name) && !name.startsWith("x-ignore-")) throw unmet(`no condition speaks of ${name}`);
  if (!allowance) throw invalid("Expected a bucket in the URL or in the policy");
  return { ...allowance, ...range };
}
