// The program of infra/, run as Pulumi runs it, with nothing behind it; and its arguments, held to the provider's own types.
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { FleetSpec } from "@segue/contracts/fleet-spec";
import { chartValues, isReference, parseSettings, topology } from "@segue/infra";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { specOf } from "../support/project-spec.ts";
import { installPulumi, type PulumiProgram } from "./install-pulumi.ts";

interface Registered {
  readonly type: string;
  readonly name: string;
  readonly inputs: Readonly<Record<string, unknown>>;
}

const given = {
  projectNumber: "123456789012",
  region: "europe-west1",
  budget: { billingAccount: "012345-6789AB-CDEF01", perMonth: 500 },
  alertEmails: ["audio@example.com", "night@example.com"],
  apiHost: "api.example.com",
  sourceBuckets: ["library"],
  spotGpu: {},
};

let program: PulumiProgram | undefined;
let missing: string | undefined;
try {
  program = installPulumi();
} catch (error) {
  missing = `Pulumi could not be installed: ${error instanceof Error ? error.message.split("\n")[0] : error}`;
  console.warn(`infra/ is not tried: ${missing}`);
}

describe.skipIf(missing)(`infra${missing ? ` (skipped: ${missing})` : ""}`, () => {
  let spec: FleetSpec;
  beforeAll(async () => {
    const fleet = await specOf();
    const services = fleet.services.map((each) => ({
      ...each,
      resources: { ...each.resources, accelerator: each.name === "tagging" ? ("gpu" as const) : null },
    }));
    spec = { ...fleet, services };
  });
  afterAll(() => program?.[Symbol.dispose]());

  const run = (fleet: object, settings: object) => {
    const path = program?.path ?? "";
    writeFileSync(join(path, "fleet.json"), JSON.stringify(fleet));
    writeFileSync(join(path, "settings.json"), JSON.stringify(settings));
    const args = ["--disable-warning=ExperimentalWarning", "test/run-with-mocks.ts"];
    return execFileSync(process.execPath, [...args, "fleet.json", "settings.json"], {
      cwd: path,
      encoding: "utf8",
      maxBuffer: 2 ** 26,
      stdio: ["ignore", "pipe", "pipe"],
    });
  };

  test("every argument exists in Google's provider, and is of the form that it takes", () => {
    execFileSync(join(program?.path ?? "", "../node_modules/.bin/tsc"), ["--noEmit"], {
      cwd: program?.path,
      encoding: "utf8",
    });
  });

  test("the program makes the topology, all of it and nothing else", () => {
    const settings = parseSettings(given);
    const { registered, outputs } = JSON.parse(run(spec, given)) as {
      registered: readonly Registered[];
      outputs: Readonly<Record<string, unknown>>;
    };
    const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1);
    expect([...registered].sort(byName)).toEqual(
      topology(spec, settings)
        .map(({ type, name, args }) => ({ type, name, inputs: resolved(args) }))
        .sort(byName),
    );
    expect(outputs).toMatchObject({
      values: resolved(chartValues(spec, settings)),
      databaseUrl: `postgres://10.1.2.3/segue?login=google&sslca=${Buffer.from("a certificate").toString("base64url")}`,
    });
  });

  test("settings that are wrong, and a fleet that breaks a policy, make nothing", () => {
    expect(() => run(spec, { ...given, regoin: "europe-west1" })).toThrow(/regoin/);
    const [first, ...rest] = spec.subscriptions;
    const deaf = { ...spec, subscriptions: [{ ...first, deadLetter: null }, ...rest] };
    expect(() => run(deaf, given)).toThrow(/every subscription has a dead letter.*: expected a dead letter/);
  });
});

/** As Google would answer, by the mocks. */
function resolved(value: unknown): unknown {
  if (isReference(value))
    return value.output === "address" ? "203.0.113.7" : `projects/p/notificationChannels/${value.resource}`;
  if (Array.isArray(value)) return value.map(resolved);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, resolved(each)]));
}
