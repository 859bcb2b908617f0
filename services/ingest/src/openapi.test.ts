import { errorCodes, httpErrorCodes } from "@segue/contracts";
import { Validator } from "@seriousme/openapi-schema-validator";
import type { OpenAPIV3_1 } from "openapi-types";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createJudge, readText } from "./fixtures/described-answer.ts";
import { startDescribedApi } from "./fixtures/described-api.ts";
import { exampleOfParameter, examplesOfSchema, resolveRef, type Schema } from "./fixtures/examples-of.ts";
import type { LocalApi } from "./fixtures/local-api.ts";
import { listOperations, type Operation } from "./openapi/operations.ts";

let api: LocalApi;
let document: OpenAPIV3_1.Document;
beforeAll(async () => {
  api = await startDescribedApi();
  document = (await (await fetch(`${api.url}/openapi.json`)).json()) as OpenAPIV3_1.Document;
});
afterAll(() => api[Symbol.asyncDispose]());

/** Every object of the document, with the path that leads to it. */
function* walk(
  node: unknown,
  path: string[] = [],
): Generator<{ path: string[]; object: Record<string, unknown> }> {
  if (typeof node !== "object" || node === null) return;
  if (!Array.isArray(node)) yield { path, object: node as Record<string, unknown> };
  for (const [key, value] of Object.entries(node)) yield* walk(value, [...path, key]);
}

const resolve = (ref: string) => resolveRef(document, ref);

test("it is valid OpenAPI 3.1", async () => {
  const result = await new Validator().validate(structuredClone(document));
  expect(result.errors).toBeUndefined();
  expect(document.openapi).toBe("3.1.0");
});

test("every reference leads somewhere, every component is referred to, and every operation has a name of its own", () => {
  const refs = [...walk(document)].flatMap(({ object }) =>
    typeof object.$ref === "string" ? [object.$ref] : [],
  );
  expect(refs.filter((ref) => !ref.startsWith("#/") || resolve(ref) === undefined)).toEqual([]);
  const components = Object.keys(document.components?.schemas ?? {});
  expect(components.filter((name) => !refs.includes(`#/components/schemas/${name}`))).toEqual([]);
  expect(components.filter((name) => /Input$|\d$/.test(name))).toEqual([]);
  const names = listOperations(document).map(({ operation }) => operation.operationId);
  expect(names).not.toContain(undefined);
  expect(new Set(names).size).toBe(names.length);
});

test("no parameter is there twice, and what makes something takes an Idempotency-Key", () => {
  const parametersOf = ({ operation }: Operation) =>
    (operation.parameters ?? []) as OpenAPIV3_1.ParameterObject[];
  const operations = listOperations(document);
  for (const one of operations) {
    const names = parametersOf(one).map(({ in: place, name }) => `${place} ${name}`);
    expect([one.path, names]).toEqual([one.path, [...new Set(names)]]);
  }
  const keyed = operations.filter((one) => parametersOf(one).some(({ name }) => name === "Idempotency-Key"));
  expect(keyed.map(({ operation }) => operation.operationId).sort()).toEqual([
    ...["cancelTrack", "createBackfill", "createJob", "createTakedown", "createTrack", "createUpload"],
    "deleteTrack",
    "replayTrack",
    "sendPing",
  ]);
  for (const { operation } of keyed) {
    const headers = { Location: {}, "Idempotency-Replayed": {} };
    const made = operation.operationId === "createUpload" ? 201 : 202;
    expect(operation.responses).toMatchObject({ [made]: { headers }, 422: {} });
  }
});

test("every property, parameter, header and answer is described", () => {
  const isDescribed = (schema: unknown): boolean => {
    if (typeof schema !== "object" || schema === null) return false;
    const { description, $ref, anyOf } = schema as Record<string, unknown>;
    return Boolean(description) || $ref !== undefined || (Array.isArray(anyOf) && anyOf.some(isDescribed));
  };
  const bare: string[] = [];
  for (const { path, object } of walk(document)) {
    const { properties, parameters, headers, responses } = object;
    const parts = { properties, headers, responses, parameters } as Record<
      string,
      Record<string, unknown> | undefined
    >;
    for (const [what, named] of Object.entries(parts)) {
      // A property may have one of these names itself.
      if (path.at(-1) === "properties" || named === undefined) continue;
      for (const [name, part] of Object.entries(named)) {
        const { schema } = part as Record<string, unknown>;
        if (!isDescribed(part) && !isDescribed(schema)) bare.push([...path, what, name].join("/"));
      }
    }
  }
  expect(bare).toEqual([]);
});

test("answers of files, errors and headers are all there", () => {
  const operations = listOperations(document);
  const ofFiles = operations.filter(({ path }) => path.includes("/assets/"));
  const [renderings, files] = [true, false].map((is) =>
    ofFiles.filter(({ path }) => path.includes("{rendering}") === is),
  );
  expect([renderings?.length, files?.length]).toEqual([2, 2]);
  for (const { path, operation } of renderings ?? []) {
    const { responses = {} } = operation;
    expect([
      path,
      Object.keys(responses)
        .filter((status) => status < "500")
        .sort(),
    ]).toEqual([path, ["200", "304", "400", "404", "410", "412", "414", "421", "431"]]);
    expect(responses[200]).toMatchObject({
      headers: { ETag: {}, "Cache-Control": {}, "Content-Disposition": {} },
    });
    expect(responses[200]).not.toHaveProperty("headers.Last-Modified");
  }
  for (const { path, operation } of files ?? []) {
    const { responses = {} } = operation;
    expect([path, Object.keys(responses)]).toEqual([
      path,
      expect.arrayContaining(["200", "206", "304", "404", "412", "416", "503"]),
    ]);
    expect(responses[200]).toMatchObject({
      headers: { ETag: {}, "Last-Modified": {}, "Cache-Control": {}, "Accept-Ranges": {} },
    });
    expect(responses[206]).toMatchObject({ headers: { "Content-Range": {} }, content: { "*/*": {} } });
    expect(responses[304]).not.toHaveProperty("content");
    expect(responses[416]).toMatchObject({ headers: { "Content-Range": {} } });
  }
  for (const { operation } of operations) {
    for (const [status, response] of Object.entries(operation.responses ?? {})) {
      expect(response).toMatchObject({ headers: { "X-Request-Id": {} } });
      if (Number(status) >= 400)
        expect(response).toMatchObject({ content: { "application/problem+json": {} } });
      if (status === "503" || status === "429")
        expect(response).toMatchObject({ headers: { "Retry-After": {} } });
    }
  }
});

test("codes are open to readers and listed; the catalogue that is served is the same", async () => {
  expect(document.components?.schemas?.Problem).toMatchObject({
    properties: { code: { type: "string", "x-extensible-enum": [...httpErrorCodes] } },
  });
  const { errors } = (await (await fetch(`${api.url}/v1/errors`)).json()) as { errors: { code: string }[] };
  expect(errors.map((error) => error.code)).toEqual([...errorCodes, ...httpErrorCodes]);
});

interface Example {
  readonly operation: Operation;
  readonly name: string;
  readonly url: string;
  readonly init: RequestInit;
}

/** What each operation is asked, as its description has it: with what it needs only, and with each thing that it may be told. */
function examplesOf(operation: Operation): Example[] {
  const parameters = (operation.operation.parameters ?? []) as OpenAPIV3_1.ParameterObject[];
  const exampleValue = (parameter: OpenAPIV3_1.ParameterObject) =>
    encodeURIComponent(exampleOfParameter(document, parameter));
  const path = parameters
    .filter((parameter) => parameter.in === "path")
    .reduce((url, parameter) => url.replace(`{${parameter.name}}`, exampleValue(parameter)), operation.path);
  const queries = parameters
    .filter((parameter) => parameter.in === "query")
    .map((parameter) => `?${parameter.name}=${exampleValue(parameter)}`);
  const method = operation.method.toUpperCase();
  const bodies = bodiesOf(operation.operation.requestBody as OpenAPIV3_1.RequestBodyObject | undefined);
  return bodies.flatMap((body) =>
    (body.takesQuery ? ["", ...queries] : [""]).map((query) => ({
      operation,
      name: `${method} ${path}${query} ${body.name}`,
      url: path + query,
      init: { method, ...body.init },
    })),
  );
}

interface ExampleBody {
  readonly name: string;
  /** Whether what is said of the body stands in the query. */
  readonly takesQuery: boolean;
  readonly init: RequestInit;
}

function bodiesOf(body: OpenAPIV3_1.RequestBodyObject | undefined): ExampleBody[] {
  if (!body) return [{ name: "", takesQuery: true, init: {} }];
  return Object.entries(body.content).flatMap(([type, { schema }]): ExampleBody[] => {
    const headers = { "content-type": type.replace("*", "mpeg") };
    if (type === "multipart/form-data") {
      const form = new FormData();
      form.set("file", new Blob(["abc"]), "song.mp3");
      form.set("title", String(examplesOfSchema(document, (schema as Schema).properties?.title)[0]));
      return [{ name: type, takesQuery: false, init: { body: form } }];
    }
    if (type !== "application/json" && type !== jsonLines)
      return [{ name: type, takesQuery: true, init: { body: "abc", headers } }];
    const examples = examplesOfSchema(document, schema as Schema);
    if (examples.length === 0) throw new Error(`${type} has no example`);
    return examples.map((example) => ({
      name: JSON.stringify(example),
      takesQuery: false,
      init: { body: JSON.stringify(example), headers },
    }));
  });
}

const jsonLines = "application/x-ndjson";

test("every example is answered as the description has it", async () => {
  const judge = createJudge(document);
  const operations = listOperations(document);
  // What is made first is found afterwards, and what ends something comes last.
  const order = ["revokeKey", "deleteWebhook", undefined, "createJob", "createTrack"];
  const placeOf = ({ operation: { operationId } }: Operation) =>
    order.includes(operationId) ? order.indexOf(operationId) : order.indexOf(undefined);
  operations.sort((a, b) => placeOf(b) - placeOf(a));
  const examples = operations.flatMap(examplesOf);
  expect(new Set(examples.map(({ operation }) => operation)).size).toBe(operations.length);

  for (const { operation, name, url, init } of examples) {
    const answer = await fetch(`${api.url}${url}`, init);
    const text = await readText(answer);
    // The one that is there has begun, and what was uploaded is a track.
    const ofBegun = ["cancelTrack", "deleteUpload"];
    const most = ofBegun.includes(operation.operation.operationId ?? "") ? 409 : 399;
    expect([name, answer.status, text]).toEqual([name, expect.toSatisfy((status) => status <= most), text]);
    expect([name, judge(operation, answer, text)]).toEqual([name, []]);
  }
});
