import { tasksTopic } from "@segue/chain";
import {
  followsAttribute,
  type Kind,
  kindsOf,
  type RequestBlock,
  type Task,
  triedAttribute,
  wantAttribute,
} from "@segue/contracts";
import { readMessage, type Send } from "@segue/queue";
import type { AnyStep } from "@segue/step";
import type { HostedSteps } from "../handle-delivery.ts";
import type { HandlerParts } from "../handler-parts.ts";

/** A message as it is sent. */
export type Sent = Parameters<Send>[1];

/** What goes to the queue of a message, and whose inputs it is to bring. */
export interface Outward {
  readonly sent: Sent;
  needs(kind: string): boolean;
}

/** Whether any of the steps consumes what another one makes. */
export function feedEachOther(steps: readonly AnyStep[]): boolean {
  const made = new Set(steps.flatMap((step) => kindsOf(step).map(({ name }) => name)));
  return steps.some((step) => {
    const inputs: Readonly<Record<string, Kind>> = step.consumes;
    return Object.values(inputs).some(({ name }) => made.has(name));
  });
}

/** The steps of one service, and what is theirs of what they send. */
export interface House {
  /** Whether a payload is for a wanted step of another service; one that is not known here is. */
  isWantedElsewhere(kind: Kind, wants: readonly string[]): boolean;
  /** Those of the steps that a message would come to, where it can be handled at once. */
  takersOf(topic: string, sent: Sent): readonly HandlerParts[];
  /** The message for whoever else listens; undefined where nobody does. */
  forOthers(topic: string, sent: Sent, takers: readonly HandlerParts[]): Outward | undefined;
  /** The message for one of the steps alone. */
  forStep(topic: string, sent: Sent, taker: HandlerParts): Outward;
}

/** @param versions what is asked for: a step of a later version than is known here is one that is not known here, and may consume anything. */
export function createHouse(all: HostedSteps, versions: RequestBlock["versions"]): House {
  const [{ chain }] = all;
  const isKnown = ({ name, version }: AnyStep) => (versions[name] ?? 0) <= version;
  const known = new Map<string, AnyStep>(chain.steps.filter(isKnown).map((step) => [step.name, step]));
  const steps = all.filter(({ step }) => isKnown(step));
  const names = new Set(steps.map(({ step }) => step.name));
  const kinds = new Set(chain.kinds.map(({ name }) => name));
  const ownTasks = new Set(all.map(({ step }) => tasksTopic(chain.serviceOf(step.name))));

  const consumes = (step: string, kind: string) => {
    const inputs: Readonly<Record<string, Kind>> | undefined = known.get(step)?.consumes;
    return !inputs || Object.values(inputs).some(({ name }) => name === kind);
  };
  const hears = (step: string, kind: string) => {
    const listener = known.get(step);
    return !listener || chain.triggersOf(listener).some(({ name }) => name === kind);
  };
  const neededBy = (consumers: readonly string[]) => (kind: string) =>
    consumers.some((step) => consumes(step, kind));

  return {
    isWantedElsewhere: ({ name }, wants) => wants.some((step) => !names.has(step) && consumes(step, name)),
    takersOf(topic, sent) {
      if (kinds.has(topic))
        return steps.filter(
          ({ step }) => wantAttribute(step.name) in sent.attributes && hears(step.name, topic),
        );
      const task = ownTasks.has(topic) ? readTask(topic, sent) : undefined;
      return task ? steps.filter(({ step }) => step.name === task.step && canBeginAtOnce(task)) : [];
    },
    forOthers(topic, sent, takers) {
      const taken = new Set(takers.map(({ step }) => step.name));
      if (kinds.has(topic)) {
        const listeners = wantedBy(sent).filter((step) => !taken.has(step) && hears(step, topic));
        return listeners.length > 0
          ? { sent: withoutWants(sent, taken), needs: neededBy(listeners) }
          : undefined;
      }
      if (taken.size > 0) return undefined;
      const task = readTask(topic, sent);
      return { sent, needs: neededBy(task ? [task.step, ...task.waiting] : []) };
    },
    forStep(topic, sent, { step }) {
      const others = new Set(wantedBy(sent).filter((name) => name !== step.name));
      const task = readTask(topic, sent);
      return { sent: withoutWants(sent, others), needs: neededBy([step.name, ...(task?.waiting ?? [])]) };
    },
  };
}

/** A message that has been tried. */
export function asTried({ data, attributes }: Sent): Sent {
  return { data, attributes: { ...attributes, [triedAttribute]: "1" } };
}

/** Whoever gets it may come after a worker that has done it in one attempt with what it follows from. */
export function asFollowing({ data, attributes }: Sent): Sent {
  return { data, attributes: { ...attributes, [followsAttribute]: "1" } };
}

/** What goes on with a long run is for whoever is free. */
function canBeginAtOnce({ type }: Task): boolean {
  return type === "Run" || type === "Rebuild";
}

/** Undefined for what is no task: facts, which are larger, are not read for it. */
export function readTask(topic: string, sent: Sent): Task | undefined {
  if (!topic.startsWith(tasksTopic(""))) return undefined;
  const message = readMessage(sent);
  return message instanceof Error || message.type === "ArtifactReady" ? undefined : message;
}

const wantPrefix = wantAttribute("");

function wantedBy({ attributes }: Sent): string[] {
  return Object.keys(attributes).flatMap((name) =>
    name.startsWith(wantPrefix) ? [name.slice(wantPrefix.length)] : [],
  );
}

/** Filters keep it from those that are no longer named. */
function withoutWants(sent: Sent, steps: ReadonlySet<string>): Sent {
  const kept = Object.entries(sent.attributes).filter(
    ([name]) => !(name.startsWith(wantPrefix) && steps.has(name.slice(wantPrefix.length))),
  );
  return { ...sent, attributes: Object.fromEntries(kept) };
}
