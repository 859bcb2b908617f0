import { PGlite } from "@electric-sql/pglite";
import { z } from "zod";

const database = await PGlite.create(
  z.string({ error: "expected the folder to make" }).parse(process.argv[2]),
);
await database.close();
