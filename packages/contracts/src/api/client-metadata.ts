import { z } from "zod";

const most = { fields: 50, nameChars: 40, valueChars: 500 };

/** What a client says of a track for itself: texts by name, which come back as they were. Nothing in the fleet reads them. */
export const ClientMetadata = z
  .record(
    z
      .string()
      .regex(
        new RegExp(`^[A-Za-z0-9][\\w.:-]{0,${most.nameChars - 1}}$`),
        `expected names of 1 to ${most.nameChars} of a-z, A-Z, 0-9, and behind the first _ . : -`,
      ),
    z.string().max(most.valueChars),
  )
  .refine((fields) => Object.keys(fields).length <= most.fields, {
    error: `expected at most ${most.fields} fields`,
  })
  .meta({
    description: `the client's own texts by name (its id, a catalogue number): at most ${most.fields} of ${most.valueChars} characters each, which come back as they were`,
    examples: [{ id: "acme-4711", label: "Blue" }],
  });
export type ClientMetadata = z.infer<typeof ClientMetadata>;

/** The same as one text in JSON, for queries and form fields. */
export const ClientMetadataText = z
  .string()
  .meta({
    description: "the client's own texts by name, as JSON, which come back as they were",
    examples: ['{"id":"acme-4711"}'],
  })
  .transform((text, context) => {
    try {
      return JSON.parse(text) as unknown;
    } catch {
      context.addIssue({ code: "custom", message: "expected an object in JSON", input: text });
      return z.NEVER;
    }
  })
  .pipe(ClientMetadata);
