import { expect, test } from "vitest";
import { parseAttributes } from "./process-resource.ts";

test.each([
  ["", {}],
  ["a=b", { a: "b" }],
  [" a = b , c=d,", { a: "b", c: "d" }],
  ["k8s.pod.name=decode-7d4,service.version=1.2", { "k8s.pod.name": "decode-7d4", "service.version": "1.2" }],
  ["a=b=c,d=", { a: "b=c", d: "" }],
  ["team=m%C3%BCsik%2C%20bonn", { team: "müsik, bonn" }],
])("%j says %j", (text, attributes) => {
  expect(parseAttributes(text)).toEqual(attributes);
});

test.each([
  ["a", 'expected name=value, got "a"'],
  ["a=b,=c", 'expected name=value, got "=c"'],
  ["a=%E0%A4", 'expected a percent-encoded value, got "a=%E0%A4"'],
])("%j is refused", (text, message) => {
  expect(() => parseAttributes(text)).toThrow(message);
});
