import { expect, test } from "vitest";
import { findFunctions } from "../../scripts/find-functions.ts";

const text = `import { a } from "b";

export async function outer(
  one: string,
  { two }: { readonly two: number },
): Promise<{ three: string }> {
  // What is nothing but a comment is not counted,
  /* nor is this,
   * nor this. */

  if (one) {
    for (const each of one) {
      use(each);
    }
  } else if (two) {
    use(two);
  }
  const inner = async (given: string) => {
    return given;
  };
  return {
    async method(id: string): Promise<Map<string, { a: string }>> {
      return await inner(id);
    },
    get(): void {},
  };
}

const table = {
  a: 1,
};
class Box {
  take(): number {
    return 1;
  }
}
`;

test("functions are found with their lengths, those within others and methods too, and nothing else is", () => {
  const found = findFunctions(text).map(({ name, length }) => [name, length]);
  expect(Object.fromEntries(found)).toEqual({ outer: 21, inner: 3, method: 3, take: 3 });
  expect(findFunctions(text).find(({ name }) => name === "outer")?.line).toBe(3);
});
