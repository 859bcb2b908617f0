import assert from "node:assert/strict";
import { CODE, type ConformanceCase, publishTexts, rejectsWith } from "./conformance-case.ts";

/** The messages that every filter is tried on, by name. */
const MESSAGES: Record<string, Record<string, string>> = {
  none: { unrelated: "1" },
  com: { domain: "com" },
  org: { domain: "org", kind: "pcm" },
  coop: { domain: "coop", kind: "PCM" },
  quoted: { "iana.org/language tag": 'en "GB"' },
  empty: { domain: "" },
};

/** Filter expression -> the messages that match it. */
const MATCHES: [string, string[]][] = [
  ["attributes:domain", ["com", "org", "coop", "empty"]],
  ['attributes.domain = "com"', ["com"]],
  ['attributes.domain="com"', ["com"]],
  ['attributes:domain AND attributes.domain != "com"', ["org", "coop", "empty"]],
  ['attributes.domain = ""', ["empty"]],
  ['hasPrefix(attributes.domain, "co")', ["com", "coop"]],
  ['hasPrefix(attributes.domain,"")', ["com", "org", "coop", "empty"]],
  ["NOT attributes:domain", ["none", "quoted"]],
  ["-attributes:domain", ["none", "quoted"]],
  ['attributes:domain AND NOT hasPrefix(attributes.domain, "co")', ["org", "empty"]],
  ['attributes.domain = "com" OR attributes.kind = "pcm"', ["com", "org"]],
  ['attributes.kind = "PCM"', ["coop"]],
  ['attributes:domain AND (attributes.kind = "pcm" OR attributes.domain = "com")', ["com", "org"]],
  ['NOT (attributes:kind OR attributes:"iana.org/language tag")', ["none", "com", "empty"]],
  ['attributes."iana.org/language tag" = "en \\"GB\\""', ["quoted"]],
  ['attributes.domain = "\\x63om"', ["com"]],
  ["((attributes:kind))", ["org", "coop"]],
];

const MALFORMED = [
  "attributes",
  "attributes:",
  "attributes.domain",
  "attributes.domain = com",
  'attributes.domain == "com"',
  'attributes.domain > "com"',
  'domain = "com"',
  'attributes.domain = "com',
  'attributes.with space = "x"',
  "attributes:a AND",
  "attributes:a attributes:b",
  "(attributes:a",
  "attributes:a)",
  "attributes:a and attributes:b",
  "attributes:a AND attributes:b OR attributes:c",
  "hasPrefix(attributes.a)",
  'hasSuffix(attributes.a, "x")',
  `attributes.a = "${"x".repeat(256)}"`,
];

export const filterCases: ConformanceCase[] = [
  {
    name: "filter: each form of the grammar lets through exactly what it says",
    async run(api) {
      const topic = await api.topic();
      const subscriptions = await Promise.all(MATCHES.map(([filter]) => api.subscription(topic, { filter })));
      for (const [text, attributes] of Object.entries(MESSAGES)) {
        await topic.publishMessage({ data: Buffer.from(text), attributes });
      }
      for (const [i, [filter, expected]] of MATCHES.entries()) {
        const subscription = subscriptions[i];
        // A pull for one more than expected would wait; everything was stored when the publishes were answered.
        const pulled = subscription ? await api.pull(subscription, expected.length) : [];
        assert.deepEqual(pulled.map(({ text }) => text).sort(), [...expected].sort(), filter);
        if (subscription)
          assert.deepEqual(await api.pull(subscription, 1, 60), [], `${filter} let more through`);
      }
    },
  },
  {
    name: "filter: what is not an expression is INVALID_ARGUMENT",
    async run(api) {
      const topic = await api.topic();
      for (const filter of MALFORMED) {
        await rejectsWith(CODE.INVALID_ARGUMENT, topic.createSubscription("malformed", { filter }), filter);
      }
    },
  },
  {
    name: "filter: what it drops does not come after an update either",
    async run(api) {
      const topic = await api.topic();
      const subscription = await api.subscription(topic, { filter: "attributes:wanted" });
      await publishTexts(topic, ["dropped"]);
      await subscription.setMetadata({ ackDeadlineSeconds: 20 });
      await topic.publishMessage({ data: Buffer.from("kept"), attributes: { wanted: "1" } });
      assert.deepEqual(
        (await api.pull(subscription, 2, 600)).map(({ text }) => text),
        ["kept"],
      );
    },
  },
];
