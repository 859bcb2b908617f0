import { expect, test } from "vitest";
import { projectFleetUrl } from "./fleet/project-fleet.ts";
import { runCli } from "./testing/run-cli.ts";

// A service that the fleet lacks: the error that lists the others shows that the module was found.
const found = /no service "nobody"; the fleet has: .*decode/;
const service = (...fleet: string[]) => runCli(["service", "nobody", ...fleet]);

test("the fleet is the project's, a path from where the user is, or a URL", async () => {
  await expect(service()).rejects.toThrow(found);
  await expect(service("--fleet", "segue.config.ts")).rejects.toThrow(found);
  await expect(service("--fleet", projectFleetUrl)).rejects.toThrow(found);
});

test("a fleet file that is not there is named with its whole path", async () => {
  await expect(service("--fleet", "no-such.config.ts")).rejects.toThrow(/\/no-such\.config\.ts/);
});
