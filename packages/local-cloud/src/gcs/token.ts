import { createPublicKey, randomUUID, verify } from "node:crypto";
import { z } from "zod";
import { sendJson } from "./api-error.ts";
import { parseJson, readText } from "./receive.ts";
import type { Call } from "./server-state.ts";

const lifeSec = 3600;
/** By how much the clocks of two machines may differ. */
const skewSec = 300;

const claims = z.object({ iss: z.string(), iat: z.number(), exp: z.number() });

/** What is wrong with a JSON Web Token, signed with RS256; undefined when it is this server's own account's. */
function findFault(call: Call, assertion: string): string | undefined {
  const { account, now } = call.state;
  const publicKey = createPublicKey(account.private_key);
  const [header = "", payload = "", signature = "", ...more] = assertion.split(".");
  const signed = Buffer.from(`${header}.${payload}`);
  if (more.length > 0 || !verify("RSA-SHA256", signed, publicKey, Buffer.from(signature, "base64url")))
    return "Invalid JWT Signature.";
  const parsed = claims.safeParse(parseJson(Buffer.from(payload, "base64url").toString("utf8")));
  if (!parsed.success) return "Invalid JWT: expected iss, iat and exp.";
  if (parsed.data.iss !== account.client_email)
    return "Invalid JWT: issuer is not the account of this server.";
  const nowSec = now() / 1000;
  if (parsed.data.exp < nowSec - skewSec || parsed.data.iat > nowSec + skewSec)
    return "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe.";
  return undefined;
}

function refuse({ response }: Call, error: string, description: string): void {
  const body = JSON.stringify({ error, error_description: description });
  response.writeHead(400, { "content-type": "application/json; charset=UTF-8" }).end(body);
}

/**
 * `POST /token`: what `token_uri` of the service account file names. Google's clients trade an assertion that they
 * sign for an access token (RFC 7523). The other APIs take any token and none: this server knows no callers.
 */
export async function issueToken(call: Call): Promise<void> {
  const form = new URLSearchParams(await readText(call.request));
  if (form.get("grant_type") !== "urn:ietf:params:oauth:grant-type:jwt-bearer")
    return refuse(call, "unsupported_grant_type", "Expected the grant of a JWT bearer assertion.");
  const fault = findFault(call, form.get("assertion") ?? "");
  if (fault !== undefined) return refuse(call, "invalid_grant", fault);
  sendJson(call.response, {
    access_token: `segue-local-${randomUUID()}`,
    token_type: "Bearer",
    expires_in: lifeSec,
  });
}
