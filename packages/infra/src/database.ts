import { apiName } from "./apis.ts";
import type { Ground } from "./ground.ts";
import { accountEmail, databaseUser } from "./names.ts";
import { networkPath } from "./network.ts";
import { resource } from "./resource.ts";

export const instanceName = "database";
/** Of the catalog's tables. */
export const databaseName = "segue";

/** The catalog's Postgres: no address of the outside, nothing unencrypted, and no passwords: services log in with their accounts' tokens. */
export function databaseResources(ground: Ground) {
  return [instance(ground), database(ground), ...users(ground)];
}

/** Of what is granted on the project: of this instance alone. */
export function loginCondition({ project, prefix }: Ground) {
  return {
    title: `instance ${prefix}`,
    expression:
      `resource.service == "sqladmin.googleapis.com" && ` +
      `resource.name == "projects/${project}/instances/${prefix}"`,
  };
}

function instance(ground: Ground) {
  const { project, prefix, region, labels, settings } = ground;
  const { tier, diskGb, highAvailability } = settings.database;
  return resource(
    "gcp:sql/databaseInstance:DatabaseInstance",
    instanceName,
    {
      project,
      name: prefix,
      region,
      databaseVersion: "POSTGRES_17",
      deletionProtection: true,
      settings: {
        tier,
        edition: "ENTERPRISE",
        availabilityType: highAvailability ? "REGIONAL" : "ZONAL",
        diskType: "PD_SSD",
        diskSize: diskGb,
        diskAutoresize: true,
        // At Google's side too, where the one above is Pulumi's.
        deletionProtectionEnabled: true,
        retainBackupsOnDelete: true,
        ipConfiguration: {
          ipv4Enabled: false,
          privateNetwork: networkPath(ground),
          sslMode: "ENCRYPTED_ONLY",
          serverCaMode: "GOOGLE_MANAGED_INTERNAL_CA",
        },
        databaseFlags: [{ name: "cloudsql.iam_authentication", value: "on" }],
        backupConfiguration: {
          enabled: true,
          pointInTimeRecoveryEnabled: true,
          location: region,
          startTime: "03:00",
          transactionLogRetentionDays: 7,
          backupRetentionSettings: { retainedBackups: 14 },
        },
        maintenanceWindow: { day: 7, hour: 4, updateTrack: "stable" },
        insightsConfig: {
          queryInsightsEnabled: true,
          recordClientAddress: false,
          recordApplicationTags: false,
        },
        userLabels: labels,
      },
    },
    // Its disk grows by itself.
    {
      dependsOn: ["database-peering", apiName("sqladmin")],
      ignoreChanges: ["settings.diskSize"],
      protect: true,
    },
  );
}

function database({ project, prefix }: Ground) {
  return resource(
    "gcp:sql/database:Database",
    "database/tables",
    { project, instance: prefix, name: databaseName, deletionPolicy: "ABANDON" },
    { dependsOn: [instanceName], protect: true },
  );
}

function users({ project, prefix, accounts }: Ground) {
  return accounts
    .filter(({ grants }) => grants.database !== null)
    .map(({ name }) =>
      resource(
        "gcp:sql/user:User",
        `database/user/${name}`,
        {
          project,
          instance: prefix,
          name: databaseUser(accountEmail(project, prefix, name)),
          type: "CLOUD_IAM_SERVICE_ACCOUNT",
          // It owns tables, so it can't be dropped while they are there.
          deletionPolicy: "ABANDON",
        },
        { dependsOn: [instanceName, `account/${name}`] },
      ),
    );
}
