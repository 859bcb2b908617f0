import { topicPath } from "../queue.ts";
import { permissionsGranted } from "./granted.ts";
import { type Examined, findIn, ofType, type Policy } from "./policy.ts";

export const queuePolicies: readonly Policy[] = [
  {
    name: "every subscription has a dead letter, and Pub/Sub may use it",
    find: (examined) => {
      const { project } = examined.spec;
      const dead = new Set(
        examined.spec.topics.flatMap(({ name, carries }) =>
          carries === "dead-letters" ? [topicPath(project, name)] : [],
        ),
      );
      const agent = agentMayUse(examined);
      return findIn(ofType(examined, "gcp:pubsub/subscription:Subscription"), {
        "expected a dead letter": ({ args }) => !args.deadLetterPolicy && !dead.has(args.topic),
        "expected a dead letter that somebody hears of": ({ args }) =>
          args.deadLetterPolicy !== undefined &&
          args.deadLetterPolicy !== null &&
          !heard(examined).has(args.deadLetterPolicy.deadLetterTopic),
        "expected Pub/Sub's agent to be able to give up on it": ({ args }) =>
          Boolean(args.deadLetterPolicy) &&
          !(
            agent.has(`consume ${args.name}`) &&
            agent.has(`publish ${args.deadLetterPolicy?.deadLetterTopic.split("/").at(-1)}`)
          ),
      });
    },
  },
  {
    name: "subscriptions wait, and try again with pauses",
    find: (examined) =>
      findIn(ofType(examined, "gcp:pubsub/subscription:Subscription"), {
        "expected that it never expires": ({ args }) => args.expirationPolicy?.ttl !== "",
        "expected pauses between tries": ({ args }) => !args.retryPolicy,
      }),
  },
];

/** Topics that have a subscription. */
function heard(examined: Examined): ReadonlySet<string> {
  return new Set(ofType(examined, "gcp:pubsub/subscription:Subscription").map(({ args }) => args.topic));
}

/** `publish TOPIC`, `consume SUBSCRIPTION`: what Pub/Sub's own agent may. */
function agentMayUse(examined: Examined): ReadonlySet<string> {
  return new Set(
    permissionsGranted(examined)
      .filter(({ member }) => /^serviceAccount:service-\d+@gcp-sa-pubsub\./.test(member))
      .flatMap(({ permission, on }) =>
        permission === "pubsub.topics.publish"
          ? [`publish ${on}`]
          : permission === "pubsub.subscriptions.consume"
            ? [`consume ${on}`]
            : [],
      ),
  );
}
