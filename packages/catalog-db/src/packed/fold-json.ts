/**
 * JSON in a form that deflates well, and back. Long lists of numbers, as beats are, become the differences from one to the next, a character each; lists
 * of objects with the same properties, as points of a curve are, become a list for each property. All else is as it was.
 */
import { z } from "zod";
import { isObject } from "../is-object.ts";
import { fromSteps, toSteps } from "../number-steps.ts";

/** Marks of what was folded; an object that has one of them as a property is a list of its properties. */
const numbersMark = "~";
const objectsMark = "#";
const propertiesMark = "=";
const marks = [numbersMark, objectsMark, propertiesMark];

const fewestNumbers = 8;
const fewestObjects = 3;

const Numbers = z.tuple([z.int().positive(), z.int(), z.string()]);
const Objects = z.tuple([z.array(z.string()), z.array(z.unknown())]);
const Properties = z.array(z.tuple([z.string(), z.unknown()]));

/** @param value that JSON can say. */
export function foldJson(value: unknown): unknown {
  if (Array.isArray(value)) return foldList(value);
  if (!isObject(value)) return value;
  const folded = Object.entries(value).map(([name, inner]) => [name, foldJson(inner)] as const);
  // One that is named so would become something else.
  const isMarked = folded.some(([name]) => marks.includes(name) || name === "__proto__");
  return isMarked ? { [propertiesMark]: folded } : Object.fromEntries(folded);
}

/** @throws {z.ZodError} for what `foldJson` has not made. */
export function unfoldJson(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unfoldJson);
  if (!isObject(value)) return value;
  if (Object.hasOwn(value, numbersMark)) return unfoldNumbers(value[numbersMark]);
  if (Object.hasOwn(value, objectsMark)) return unfoldObjects(value[objectsMark]);
  const properties = Object.hasOwn(value, propertiesMark)
    ? Properties.parse(value[propertiesMark])
    : Object.entries(value);
  return Object.fromEntries(properties.map(([name, inner]) => [name, unfoldJson(inner)]));
}

function foldList(list: readonly unknown[]): unknown {
  const numbers = list.length >= fewestNumbers ? foldNumbers(list) : undefined;
  if (numbers) return { [numbersMark]: numbers };
  const objects = list.length >= fewestObjects ? foldObjects(list) : undefined;
  return objects ? { [objectsMark]: objects } : list.map(foldJson);
}

function foldObjects(list: readonly unknown[]): z.infer<typeof Objects> | undefined {
  const [first] = list;
  if (!isObject(first) || !list.every(isObject)) return undefined;
  const names = Object.keys(first);
  const isAlike = (one: object) => {
    const own = Object.keys(one);
    return own.length === names.length && own.every((name, index) => name === names[index]);
  };
  if (names.length === 0 || names.includes("__proto__") || !list.every(isAlike)) return undefined;
  return [names, names.map((name) => foldList(list.map((one) => one[name])))];
}

function unfoldObjects(folded: unknown): Record<string, unknown>[] {
  const [names, columns] = Objects.parse(folded);
  const lists = columns.map((column) => z.array(z.unknown()).parse(unfoldJson(column)));
  return (lists[0] ?? []).map((_, index) =>
    Object.fromEntries(names.map((name, at) => [name, lists[at]?.[index]])),
  );
}

/** The scale, the step that is in the middle of all, and how each differs from that. Undefined: they would come back otherwise than they were. */
function foldNumbers(list: readonly unknown[]): z.infer<typeof Numbers> | undefined {
  const found = toSteps(list);
  if (!found) return undefined;
  const { scale, steps } = found;
  const usual = steps.slice(1).toSorted((a, b) => a - b)[steps.length >> 1] ?? 0;
  return [scale, usual, steps.map((step) => writeStep(step - usual)).join("")];
}

function unfoldNumbers(folded: unknown): number[] {
  const [scale, usual, text] = Numbers.parse(folded);
  return fromSteps({ scale, steps: readSteps(text).map((step) => step + usual) });
}

/** What JSON needs no escape for, the smallest number first. */
const characters = Array.from({ length: 0x7e - 0x23 }, (_, n) => String.fromCharCode(0x23 + n)).filter(
  (character) => character !== "\\" && !/[0-9;-]/.test(character),
);
const smallest = -(characters.length >> 1);

/** A character; for those that there is none for, digits between two semicolons. */
function writeStep(step: number): string {
  return characters[step - smallest] ?? `;${step};`;
}

function readSteps(text: string): number[] {
  return Array.from(text.matchAll(/;(-?\d+);|[^;]/g), ([character, digits]) =>
    digits === undefined ? characters.indexOf(character) + smallest : Number(digits),
  );
}
