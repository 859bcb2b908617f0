import { expect, test } from "vitest";
import { ApiDocument, readReference, sayType } from "./read-reference.ts";

const document = {
  openapi: "3.1.0",
  info: { title: "Segue", version: "1", description: "About it." },
  paths: {
    "/v1/things/{id}": {
      get: {
        operationId: "readThing",
        summary: "A thing",
        parameters: [
          { name: "id", in: "path", required: true, schema: { type: "string", format: "uuid" } },
          { name: "wait", in: "query", description: "in seconds", schema: { type: "integer" } },
        ],
        responses: {
          200: {
            description: "Default Response",
            content: { "application/json": { schema: { $ref: "#/components/schemas/Thing" } } },
          },
          404: { description: "`not-found`: There is nothing." },
        },
      },
      post: {
        requestBody: {
          content: {
            "application/json": { schema: { type: "object", properties: { a: { enum: ["x", 1] } } } },
          },
        },
      },
    },
  },
  components: {
    schemas: {
      Thing: {
        type: "object",
        required: ["parts"],
        properties: { parts: { type: "array", items: { $ref: "#/components/schemas/Part" } } },
      },
    },
  },
};

test("operations have what they take and what they answer", () => {
  const { about, operations } = readReference(ApiDocument.parse(document));
  expect(about).toBe("About it.");
  const [read, write] = operations;
  expect(read).toMatchObject({ id: "readThing", method: "GET", path: "/v1/things/{id}", summary: "A thing" });
  expect(read?.parameters).toEqual([
    { name: "id", where: "path", isRequired: true, type: "string (uuid)", description: "" },
    { name: "wait", where: "query", isRequired: false, type: "integer", description: "in seconds" },
  ]);
  expect(read?.answers).toEqual([
    { status: "200", description: "", bodies: [{ contentType: "application/json", type: "Thing" }] },
    { status: "404", description: "`not-found`: There is nothing.", bodies: [] },
  ]);
  expect(write?.bodies[0]?.fields).toMatchObject([{ name: "a", type: '"x" or 1', isRequired: false }]);
});

test("objects are listed by their names", () => {
  expect(readReference(ApiDocument.parse(document)).objects).toEqual([
    {
      name: "Thing",
      type: "object",
      description: "",
      fields: [{ name: "parts", where: "", isRequired: true, type: "list of Part", description: "" }],
    },
  ]);
});

test.each([
  [undefined, "anything"],
  [{}, "anything"],
  [{ type: ["string", "null"] }, "string or null"],
  [{ anyOf: [{ type: "string" }, { type: "null" }, { type: "string" }] }, "string or null"],
  [{ const: 0 }, "0"],
  [{ allOf: [{ $ref: "#/components/schemas/A" }, { type: "object" }] }, "A and object"],
  [{ type: "array", items: { type: "array", items: { type: "number" } } }, "list of list of number"],
])("%j is %s", (schema, said) => {
  expect(sayType(schema)).toBe(said);
});
