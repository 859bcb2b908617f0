import { outcomesTopic } from "@segue/chain";
import { bundleOutcomes, type StepOutcome } from "@segue/contracts";
import type { Send } from "@segue/queue";
import type { GroupArtifacts } from "./group-artifacts.ts";
import type { Outward, Sent } from "./house.ts";
import { oneAtATime } from "./one-at-a-time.ts";
import type { OpenLedger } from "./open-ledger.ts";

/** What leaves a group. */
export interface Outgoing {
  /** Sends a message when the records it tells of, and what it needs, are in storage. What a step has come to is kept for `sendKept` while others follow. */
  send(topic: string, outward: Outward): Promise<void>;
  /** Writes the records that are left, and tells the catalog what the steps have come to, in one message. */
  sendKept(): Promise<void>;
}

/**
 * @param ledger null where each record is written by itself, before it is told of: then nothing is kept.
 * @param over aborts when no step is begun any more. What is still at work then may be so for long: what is kept is sent, and nothing is kept after that.
 */
export function openOutgoing(
  send: Send,
  ledger: OpenLedger | null,
  exportHeld: GroupArtifacts["exportHeld"],
  over: AbortSignal,
): Outgoing {
  const kept: Sent[] = [];
  const sendKept = oneAtATime(async () => {
    await ledger?.flush();
    const told = kept.slice();
    const outcomes = bundle(told.map((sent) => ledger?.retell(sent) ?? sent));
    await Promise.all(outcomes.map((sent) => send(outcomesTopic, sent)));
    kept.splice(0, told.length);
  });
  // What can't be sent then is tried once more at the end.
  const sendMeanwhile = () => void sendKept().catch(() => {});
  over.addEventListener("abort", sendMeanwhile, { once: true });
  return {
    async send(topic, { sent, needs }) {
      if (ledger && !over.aborted && topic === outcomesTopic && readOutcome(sent))
        return void kept.push(sent);
      await ledger?.flush();
      await exportHeld(needs);
      await send(topic, ledger?.retell(sent) ?? sent);
    },
    async sendKept() {
      over.removeEventListener("abort", sendMeanwhile);
      await sendKept();
    },
  };
}

function readOutcome({ data }: Sent): StepOutcome | undefined {
  const message = JSON.parse(data.toString());
  return message.type === "StepOutcome" ? message : undefined;
}

function bundle(sent: readonly Sent[]): readonly Sent[] {
  const [first] = sent;
  if (!first || sent.length === 1) return sent;
  const { step: _, ...attributes } = first.attributes;
  return bundleOutcomes(sent.flatMap((each) => readOutcome(each) ?? [])).map((message) => ({
    data: Buffer.from(JSON.stringify(message)),
    attributes: message.type === "StepOutcome" ? { ...attributes, step: message.step } : attributes,
  }));
}
