import { PGlite } from "@electric-sql/pglite";
import { z } from "zod";
import { ensureRole } from "./segue-role.ts";

const database = await PGlite.create(
  z.string({ error: "expected the folder to make" }).parse(process.argv[2]),
);
await ensureRole(database);
await database.close();
