import { z } from "zod";

export const doorsFile = z
  .string()
  .optional()
  .describe(
    "File that says which further ports the local cloud opens, each for one identity, and what each is granted; see docs/local-cloud.md",
  );
