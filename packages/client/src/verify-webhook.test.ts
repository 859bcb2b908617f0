import { createHmac } from "node:crypto";
import { expect, test } from "vitest";
import { verifyWebhook, WebhookRefusal } from "./verify-webhook.ts";

const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const body = JSON.stringify({
  type: "webhook.test",
  webhookId: "01900000-0000-7000-8000-000000000001",
  at: "2026-01-01T00:00:00.000Z",
});
const id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
const atSec = 1_614_265_330;
const now = () => 1_000 * atSec;

function headersFor(by: readonly string[], { sec = atSec, text = body } = {}) {
  const signatures = by.map((each) => {
    const key = Buffer.from(each.slice("whsec_".length), "base64");
    return `v1,${createHmac("sha256", key).update(`${id}.${sec}.${text}`).digest("base64")}`;
  });
  return { "webhook-id": id, "webhook-timestamp": String(sec), "webhook-signature": signatures.join(" ") };
}

test("the example of the specification is signed as it says", () => {
  const headers = {
    "webhook-id": id,
    "webhook-timestamp": "1614265330",
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
  };
  // Its body is no event of ours: what is refused is that, and no signature.
  expect(() => verifyWebhook(secret, headers, '{"test": 2432232314}', { now })).toThrow("expected a change");
  expect(() => verifyWebhook(secret, headers, '{"test": 2432232315}', { now })).toThrow("webhook-signature");
});

test("what was signed with one of the secrets, now, is told; bytes and Headers are as good", () => {
  const other = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
  const told = { id, event: { type: "webhook.test" } };
  expect(verifyWebhook(secret, headersFor([secret]), body, { now })).toMatchObject(told);
  expect(verifyWebhook(secret, headersFor([other, secret]), Buffer.from(body), { now })).toMatchObject(told);
  expect(verifyWebhook([other, secret], new Headers(headersFor([secret])), body, { now })).toMatchObject(
    told,
  );
});

test("all else is refused", () => {
  const good = headersFor([secret]);
  const refused: [object, string?][] = [
    [headersFor([`whsec_${Buffer.alloc(32, 7).toString("base64")}`])],
    [good, `${body} `],
    [headersFor([secret], { sec: atSec - 301 })],
    [headersFor([secret], { sec: atSec + 301 })],
    [{ ...good, "webhook-timestamp": `${atSec}.0` }],
    [{ ...good, "webhook-timestamp": "soon" }],
    [{ ...good, "webhook-id": "another" }],
    [{ ...good, "webhook-id": undefined }],
    [{ ...good, "webhook-signature": "" }],
    [{ ...good, "webhook-signature": "v1," }],
    [{ ...good, "webhook-signature": good["webhook-signature"].replace("v1", "v2") }],
  ];
  for (const [headers, text = body] of refused)
    expect(() => verifyWebhook(secret, headers as typeof good, text, { now })).toThrow(WebhookRefusal);
});
