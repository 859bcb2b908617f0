import { expect, test } from "vitest";
import { z } from "zod";
import { readEnv, wholeNumber } from "./env.ts";
import { describeUnknownVariables } from "./unknown-variables.ts";
import { variableNames } from "./variable-names.ts";

const describe = (env: NodeJS.ProcessEnv) => describeUnknownVariables(env, variableNames);

test.each([
  ["SEGUE_API_PROT", "SEGUE_API_PORT"],
  ["SEGUE_DRAIN_SEC", "SEGUE_DRAIN_MS"],
  ["SEGUE_GCS_ENDPIONT", "SEGUE_GCS_ENDPOINT"],
  ["SEGUE_UPLOAD_AT_ONCE", "SEGUE_UPLOADS_AT_ONCE"],
  ["SEGUE_MAX_UPLOAD_SIZE", "SEGUE_MAX_UPLOAD_BYTES"],
])("%s is refused with the nearest name", (name, nearest) => {
  expect(describe({ [name]: "1" })).toEqual([`${name}: there is no such variable; did you mean ${nearest}?`]);
});

test("a name that is near to none points to the reference", () => {
  expect(describe({ SEGUE_X: "1" })).toEqual([
    "SEGUE_X: there is no such variable; docs/configuration.md lists all",
  ]);
});

test("names of others, known ones and what Kubernetes puts into pods are passed over", () => {
  const known = Object.fromEntries(variableNames.map((name) => [name, "1"]));
  const kubernetes = {
    SEGUE_WEB_SERVICE_HOST: "10.0.0.1",
    SEGUE_WEB_SERVICE_PORT: "80",
    SEGUE_WEB_SERVICE_PORT_HTTP: "80",
    SEGUE_WEB_PORT: "tcp://10.0.0.1:80",
    SEGUE_WEB_PORT_80_TCP: "tcp://10.0.0.1:80",
    SEGUE_WEB_PORT_80_TCP_ADDR: "10.0.0.1",
  };
  expect(describe({ ...known, ...kubernetes, PATH: "/bin", SEGUEWAY: "1" })).toEqual([]);
});

test("a Service whose name makes a variable of ours sets none", () => {
  const schema = z.object({ SEGUE_API_PORT: wholeNumber.default(8_080) });
  expect(readEnv(schema, { SEGUE_API_PORT: "tcp://10.0.0.1:80", SEGUE_API_SERVICE_PORT: "80" })).toEqual({
    SEGUE_API_PORT: 8_080,
  });
});

test("every process refuses what no process reads, beside what is wrong of its own, and takes what others read", () => {
  const schema = z.object({ SEGUE_OF_A_TEST: z.string({ error: "expected a word" }) });
  const read = (env: NodeJS.ProcessEnv) => readEnv(schema, env);
  expect(read({ SEGUE_OF_A_TEST: "a", SEGUE_DRAIN_MS: "1" })).toEqual({ SEGUE_OF_A_TEST: "a" });
  expect(() => read({ SEGUE_DRAIN_MSS: "1" })).toThrow(
    "SEGUE_OF_A_TEST: expected a word; it is not set\nSEGUE_DRAIN_MSS: there is no such variable; did you mean SEGUE_DRAIN_MS?",
  );
});
