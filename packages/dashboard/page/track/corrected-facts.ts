import { type CorrectableFact, correctableFactsOf, type StandingCorrection } from "@segue/contracts";
import { type KindsByName, readFactText, sayFactValue } from "@segue/wording";

/** A kind of which a person may say something. */
export interface CorrectableKind {
  readonly kind: string;
  readonly label: string;
  /** Those that are asked for: of several ways to write a key one. */
  readonly facts: readonly CorrectableFact[];
}

/** Of the fleet's kinds those that say so of facts. */
export function correctableKinds(kinds: KindsByName): CorrectableKind[] {
  return [...kinds.values()].flatMap(({ name, facts: schema }) => {
    const facts = correctableFactsOf({ name, schema });
    const ways = facts.filter(({ correct }) => correct.spells !== undefined);
    const asked = facts.filter((fact) => fact.correct.spells === undefined || fact === ways[0]);
    const label = schema["x-display"];
    const called =
      typeof label === "object" && label !== null && "label" in label ? String(label.label) : name;
    return asked.length === 0 ? [] : [{ kind: name, label: called, facts: asked }];
  });
}

/** What is in a field before anybody has written in it: what a person has said. A key has its mode with it. */
export function draftOf({ key, correct }: CorrectableFact, said: StandingCorrection | undefined): string {
  if (said === undefined || !Object.hasOwn(said.facts, key)) return "";
  const text = sayFactValue(said.facts[key]);
  const mode = correct.spells === "tonic" ? said.facts.mode : undefined;
  return typeof mode === "string" ? `${text} ${mode}` : text;
}

/** What is sent; an empty field says nothing. @throws {UnreadableValueError} */
export function readDrafts(
  facts: readonly CorrectableFact[],
  drafts: Readonly<Record<string, string>>,
): Record<string, unknown> {
  const written = facts.filter(({ key }) => (drafts[key] ?? "").trim() !== "");
  return Object.fromEntries(written.map((fact) => [fact.key, readFactText(fact, drafts[fact.key] ?? "")]));
}

/** What the machine says where a person says otherwise, in a line. */
export function sayMachine({ disagreements, version }: StandingCorrection): string {
  if (version === null) return "The machine has nothing of it.";
  if (disagreements.length === 0) return "The machine agrees.";
  const others = disagreements.map(({ machine, relation }) =>
    relation === "other" || relation === "none"
      ? sayFactValue(machine)
      : `${sayFactValue(machine)}, ${relation} of that`,
  );
  return `The machine says ${others.join("; ")}.`;
}
