import { describe, expect, it } from "vitest";
import { parseFilter } from "./filter.ts";

const matches = (filter: string, attributes: Record<string, string>) =>
  parseFilter(filter)(new Map(Object.entries(attributes)));

describe("parseFilter", () => {
  it("negates = with !=, also where the key is missing", () => {
    expect(matches('attributes.a != "x"', { a: "y" })).toBe(true);
    expect(matches('attributes.a != "x"', { a: "x" })).toBe(false);
    expect(matches('attributes.a != "x"', {})).toBe(true);
  });
  it("reads every escape", () => {
    expect(matches('attributes.a = "\\x41\\101\\u0041\\U00000041\\n\\"\\\\"', { a: 'AAAA\n"\\' })).toBe(true);
  });
  it("says where it stopped, what it expected and what came", () => {
    expect(() => parseFilter("attributes.a = x")).toThrow(
      'filter at position 15: expected a double-quoted string, came "x"',
    );
    expect(() => parseFilter("attributes:a AND attributes:b OR attributes:c")).toThrow(
      /expected AND, or parentheses/,
    );
  });
  it("tells an operator from a key that looks like one", () => {
    expect(matches("attributes:AND AND attributes:NOT", { AND: "", NOT: "" })).toBe(true);
    expect(matches("-attributes:-a", { "-a": "" })).toBe(false);
  });
  it("refuses code points that do not exist", () => {
    expect(() => parseFilter('attributes.a = "\\U00110000"')).toThrow(/code point/);
  });
});
