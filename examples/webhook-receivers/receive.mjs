// A receiver of Segue's webhooks, in Node's standard library alone: WEBHOOK_SECRET=whsec_... PORT=8090 node receive.mjs
// Prints a line for each delivery that it takes. Behind a proxy with TLS it can be reached by a fleet.
import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";

/** Several, separated by blanks, while the webhook's is changed. */
const secrets = (process.env.WEBHOOK_SECRET ?? "").split(" ");
const keys = secrets.map((secret) => Buffer.from(secret.replace(/^whsec_/, ""), "base64"));
if (keys.some((key) => key.length === 0)) throw new Error("WEBHOOK_SECRET: expected whsec_...");
/** Older or younger ones are refused, in seconds: somebody may send again what was seen once. */
const toleranceSec = 300;
const mostBytes = 1_000_000;
/** Deliveries come at least once: an id that was taken is not taken again. A real receiver keeps them where a restart leaves them. */
const taken = new Set();

/** Whether a body is signed by whoever has the secret, now. */
function isSigned(headers, body) {
  const { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": signatures = "" } = headers;
  const offSec = Math.abs(Date.now() / 1_000 - Number(timestamp));
  // What is no number is not near either.
  if (!(offSec <= toleranceSec)) return false;
  return keys.some((key) => {
    const expected = createHmac("sha256", key).update(`${id}.${timestamp}.`).update(body).digest();
    return signatures.split(" ").some((each) => {
      const [version, signature = ""] = each.split(",", 2);
      const given = Buffer.from(signature, "base64");
      return version === "v1" && given.length === expected.length && timingSafeEqual(given, expected);
    });
  });
}

const server = createServer(async (request, response) => {
  const chunks = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    if (bytes > mostBytes) return response.writeHead(413, { connection: "close" }).end();
    chunks.push(chunk);
  }
  // The bytes as they came: JSON that is written anew is another text.
  const body = Buffer.concat(chunks);
  if (request.method !== "POST" || !isSigned(request.headers, body))
    return response.writeHead(401).end("no valid signature");
  const id = request.headers["webhook-id"];
  if (!taken.has(id)) {
    taken.add(id);
    const { type, trackId = "", state = "" } = JSON.parse(body.toString());
    console.log(`${id} ${type} ${trackId} ${state}`.trim());
  }
  // Answer soon, and work later: what takes longer than 10 s is sent again.
  response.writeHead(204).end();
});
server.listen(Number(process.env.PORT ?? 8090), "127.0.0.1", () =>
  console.log(`listening on ${server.address().port}`),
);
process.once("SIGTERM", () => server.close());
