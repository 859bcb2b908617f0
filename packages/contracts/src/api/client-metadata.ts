import { z } from "zod";

const most = { fields: 50, nameChars: 40, valueChars: 500 };

const names = new RegExp(`^[A-Za-z0-9][\\w.:-]{0,${most.nameChars - 1}}$`);

export function isMetadataName(text: string): boolean {
  return names.test(text);
}

/** What a client says of a track for itself: texts by name, which come back as they were. No step reads them; search finds tracks by them. */
export const ClientMetadata = z
  .record(
    z
      .string()
      .regex(
        names,
        `expected names of 1 to ${most.nameChars} of a-z, A-Z, 0-9, and behind the first _ . : -`,
      ),
    z
      .string()
      .max(most.valueChars)
      // In a query or a form they come as JSON in a text, which says nothing of what is escaped in it.
      .refine((text) => text.isWellFormed() && !text.includes("\0"), {
        error: "expected text, without U+0000 and halves of surrogate pairs",
      }),
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
    const refuse = (message: string) => {
      context.addIssue({ code: "custom", message, input: text });
      return z.NEVER;
    };
    try {
      const fields: unknown = JSON.parse(text);
      // What reads records passes it over, and it would not come back.
      return Object.hasOwn(Object(fields), "__proto__") ? refuse("expected no field __proto__") : fields;
    } catch {
      return refuse("expected an object in JSON");
    }
  })
  .pipe(ClientMetadata);
