import { readFileSync } from "node:fs";
import * as gcp from "@pulumi/gcp";
import * as pulumi from "@pulumi/pulumi";
import { FleetSpec } from "../../packages/contracts/src/fleet-spec.ts";
import {
  chartValues,
  databaseAccess,
  databaseName,
  parseSettings,
  topology,
  violationsOf,
} from "../../packages/infra/src/index.ts";
import type { ArgumentsFit, LabelsFit } from "./arguments-fit.ts";
import { makeResources, resolveReferences } from "./make-resources.ts";

const config = new pulumi.Config("segue");
const spec = FleetSpec.parse(JSON.parse(readFileSync(config.require("fleet"), "utf8")));
const settings = parseSettings(config.requireObject("settings"));
const resources = topology(spec, settings);
const violations = violationsOf(resources, spec, settings);
if (violations.length > 0)
  throw new TypeError(violations.map(({ policy, found }) => `${policy}: ${found}`).join("\n"));
const made = makeResources(resources);

const database = made.get("database");
if (!(database instanceof gcp.sql.DatabaseInstance)) throw new TypeError("expected a database");

/** The database's certificate authority: it has one of its own, and logins are told to nobody else. */
const authority = database.serverCaCerts.apply((certificates) =>
  certificates.map(({ cert }) => cert).join("\n"),
);

/** Values for the chart: `pulumi stack output values --json > infra.json`. */
export const values = resolveReferences(chartValues(spec, settings), made);
const address = made.get("api-address");
/** For the record of the API's name; undefined where it has none. */
export const apiAddress = address instanceof gcp.compute.GlobalAddress ? address.address : undefined;
/** What is run in the database before the first start, and as whom. */
export const access = databaseAccess(spec);
/** For the chart's secret `segue-database`. It holds no secret: each service logs in as its account. */
export const databaseUrl = authority.apply(
  (ca) =>
    pulumi.interpolate`postgres://${database.privateIpAddress}/${databaseName}?login=google&sslca=${Buffer.from(ca).toString("base64url")}`,
);
export type { ArgumentsFit, LabelsFit };
