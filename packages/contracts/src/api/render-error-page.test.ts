import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { errorCatalogue } from "../errors.ts";
import { describeErrors, httpErrorCatalogue, Problem } from "./http-errors.ts";
import { renderErrorPage } from "./render-error-page.ts";

const page = fileURLToPath(new URL("../../../../docs/errors.md", import.meta.url));

test("code, documentation and types list exactly the same error codes", async () => {
  // Run with `-u`, it writes the page anew.
  await expect(renderErrorPage()).toMatchFileSnapshot(page);
  const inCode = [...Object.keys(errorCatalogue), ...Object.keys(httpErrorCatalogue)];
  expect(describeErrors().map((error) => error.code)).toEqual(inCode);
  expect(Problem.shape.code.meta()?.examples).toEqual(Object.keys(httpErrorCatalogue));
});

test("a code means one thing: none is both an outcome's and a request's", () => {
  expect(Object.keys(httpErrorCatalogue).filter((code) => code in errorCatalogue)).toEqual([]);
});

test("errors of steps' own stand beside those that all share, with whose they are", () => {
  const tooQuiet = { code: "too-quiet", meaning: "Nobody hears it.", remedy: "Send it louder." };
  const all = describeErrors([{ name: "loudness", errors: [tooQuiet] }, { name: "tempo" }]);
  expect(all.find(({ code }) => code === "too-quiet")).toEqual({
    ...tooQuiet,
    kind: "outcome",
    family: "permanent",
    step: "loudness",
    status: null,
  });
  expect(all.filter(({ step }) => step !== null)).toHaveLength(1);
});
