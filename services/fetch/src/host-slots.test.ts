import { expect, test } from "vitest";
import { createHostSlots } from "./host-slots.ts";

const patient = new AbortController().signal;

test("one host is asked for so many at once, in the order in which they came, and holds up no other", async () => {
  const slots = createHostSlots(2);
  const entered: string[] = [];
  const enter = async (source: string) => {
    const slot = await slots.enter(source, patient);
    entered.push(source);
    return slot;
  };
  const first = await enter("https://a.example/1");
  await enter("https://a.example/2");
  const third = enter("https://a.example/3");
  const fourth = enter("https://a.example/4");
  await enter("https://b.example/1");
  await enter("gs://a.example/1");
  expect(entered).not.toContain("https://a.example/3");
  first?.[Symbol.dispose]();
  (await third)?.[Symbol.dispose]();
  await fourth;
  expect(entered.slice(-2)).toEqual(["https://a.example/3", "https://a.example/4"]);
});

test("who gives up waiting takes no slot", async () => {
  const slots = createHostSlots(1);
  const only = await slots.enter("https://a.example/1", patient);
  const impatient = new AbortController();
  const second = slots.enter("https://a.example/2", impatient.signal);
  impatient.abort();
  expect(await second).toBeUndefined();
  only?.[Symbol.dispose]();
  expect(await slots.enter("https://a.example/3", patient)).toBeDefined();
});
