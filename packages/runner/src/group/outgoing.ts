import { outcomesTopic } from "@segue/chain";
import { bundleOutcomes, type StepOutcome } from "@segue/contracts";
import type { Send } from "@segue/queue";
import type { GroupArtifacts } from "./group-artifacts.ts";
import type { Outward, Sent } from "./house.ts";
import type { OpenLedger } from "./open-ledger.ts";

/** What leaves a group. */
export interface Outgoing {
  /** Sends a message when the records it tells of, and what it needs, are in storage. What a step has come to is kept for `sendKept`. */
  send(topic: string, outward: Outward): Promise<void>;
  /** Writes the records that are left, and tells the catalog what the steps have come to, in one message. */
  sendKept(): Promise<void>;
}

/** @param ledger null where each record is written by itself, before it is told of: then nothing is kept. */
export function openOutgoing(
  send: Send,
  ledger: OpenLedger | null,
  exportHeld: GroupArtifacts["exportHeld"],
): Outgoing {
  const kept: Sent[] = [];
  return {
    async send(topic, { sent, needs }) {
      if (ledger && topic === outcomesTopic && readOutcome(sent)) return void kept.push(sent);
      await ledger?.flush();
      await exportHeld(needs);
      await send(topic, ledger?.retell(sent) ?? sent);
    },
    async sendKept() {
      if (!ledger) return;
      await ledger.flush();
      const outcomes = bundle(kept.splice(0).map((sent) => ledger.retell(sent)));
      await Promise.all(outcomes.map((sent) => send(outcomesTopic, sent)));
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
