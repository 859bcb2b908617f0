import { PGlite } from "@electric-sql/pglite";
import { z } from "zod";
import { ensureOnlyRole } from "./only-role.ts";

const database = await PGlite.create(
  z.string({ error: "expected the folder to make" }).parse(process.argv[2]),
);
await ensureOnlyRole(database);
await database.close();
