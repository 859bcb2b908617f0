// Writes docs/fleet-spec.schema.json from the schema that specifications are read with. A test tells whether it is up to date.
import { writeFileSync } from "node:fs";
import { FleetSpec } from "@segue/contracts/fleet-spec";
import { z } from "zod";

const file = new URL("../docs/fleet-spec.schema.json", import.meta.url);
writeFileSync(file, `${JSON.stringify(z.toJSONSchema(FleetSpec), null, 2)}\n`);
