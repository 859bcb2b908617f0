/**
 * Runs the program as Pulumi would, with nothing behind it: `run-with-mocks.ts FLEET SETTINGS` (files of JSON) prints all that it would make, as JSON.
 */
import { readFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";

const [fleet = "", settings = ""] = process.argv.slice(2);
const registered: { type: string; name: string; inputs: unknown }[] = [];

await pulumi.runtime.setMocks(
  {
    newResource: ({ type, name, inputs, id }) => {
      registered.push({ type, name, inputs });
      // What Google would answer beside what it was given.
      const answered: Record<string, unknown> = {
        "gcp:monitoring/notificationChannel:NotificationChannel": {
          name: `projects/p/notificationChannels/${name}`,
        },
        "gcp:compute/globalAddress:GlobalAddress": { address: "203.0.113.7" },
        "gcp:sql/databaseInstance:DatabaseInstance": {
          privateIpAddress: "10.1.2.3",
          serverCaCerts: [{ cert: "a certificate" }],
        },
      };
      return { id: id ?? `${name}-id`, state: { ...inputs, ...(answered[type] as object | undefined) } };
    },
    call: ({ token }) => {
      throw new TypeError(`${token}: expected a program that asks Google for nothing`);
    },
  },
  "segue",
  "test",
  false,
);
pulumi.runtime.setAllConfig({ "segue:fleet": fleet, "segue:settings": readFileSync(settings, "utf8") });

const outputs = await import("../src/program.ts");
const told = await new Promise((resolve) => {
  pulumi.output({ ...outputs }).apply(resolve);
});
await pulumi.runtime.disconnect();
process.stdout.write(`${JSON.stringify({ registered, outputs: told }, null, 2)}\n`);
