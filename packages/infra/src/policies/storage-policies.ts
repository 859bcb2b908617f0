import { findIn, ofType, type Policy } from "./policy.ts";

export const storagePolicies: readonly Policy[] = [
  {
    name: "no bucket is public",
    find: (examined) =>
      findIn(ofType(examined, "gcp:storage/bucket:Bucket"), {
        "expected public access to be prevented": ({ args }) => args.publicAccessPrevention !== "enforced",
        "expected uniform access, without lists of each object's own": ({ args }) =>
          !args.uniformBucketLevelAccess,
      }),
  },
  {
    name: "what is made again goes, what is kept stays",
    find: (examined) => {
      const specified = new Map(examined.spec.buckets.map((bucket) => [bucket.name, bucket]));
      return findIn(ofType(examined, "gcp:storage/bucket:Bucket"), {
        "expected a bucket of the specification": ({ args }) => !specified.has(args.name),
        "expected its objects to be deleted as specified": ({ args }) =>
          (args.lifecycleRules?.[0]?.condition.age ?? null) !== specified.get(args.name)?.deleteAfterDays,
        "expected soft delete as specified": ({ args }) =>
          (args.softDeletePolicy?.retentionDurationSeconds ?? null) !==
          specified.get(args.name)?.softDeleteRetentionSec,
        "expected no versions": ({ args }) => args.versioning.enabled,
      });
    },
  },
  {
    name: "data stays in one region",
    find: (examined) => {
      const [cluster] = ofType(examined, "gcp:container/cluster:Cluster");
      const region = cluster?.args.location;
      return [
        ...findIn(ofType(examined, "gcp:storage/bucket:Bucket"), {
          "expected the workers' region": ({ args }) => args.location.toLowerCase() !== region,
        }),
        ...findIn(ofType(examined, "gcp:pubsub/topic:Topic"), {
          "expected its messages in the workers' region": ({ args }) =>
            args.messageStoragePolicy?.allowedPersistenceRegions.join() !== region,
        }),
        ...findIn(ofType(examined, "gcp:sql/databaseInstance:DatabaseInstance"), {
          "expected the workers' region, for backups too": ({ args }) =>
            args.region !== region || args.settings.backupConfiguration.location !== region,
        }),
        ...findIn(ofType(examined, "gcp:logging/projectBucketConfig:ProjectBucketConfig"), {
          "expected the workers' region": ({ args }) => args.location !== region,
        }),
      ];
    },
  },
  {
    name: "what is kept is not deleted by mistake",
    find: (examined) => [
      ...findIn(ofType(examined, "gcp:storage/bucket:Bucket"), {
        "expected protection": ({ args, protect }) => !protect && !args.lifecycleRules,
        "expected that it is not deleted with what is in it": ({ args }) => args.forceDestroy,
      }),
      ...findIn(ofType(examined, "gcp:pubsub/subscription:Subscription"), {
        "expected protection": ({ protect }) => !protect,
      }),
      ...findIn(ofType(examined, "gcp:container/cluster:Cluster"), {
        "expected protection": ({ args, protect }) => !protect || !args.deletionProtection,
      }),
      ...findIn(ofType(examined, "gcp:sql/databaseInstance:DatabaseInstance"), {
        "expected protection, at Google's side too": ({ args, protect }) =>
          !protect || !args.deletionProtection || !args.settings.deletionProtectionEnabled,
        "expected backups": ({ args: { settings } }) =>
          !settings.backupConfiguration.enabled || !settings.backupConfiguration.pointInTimeRecoveryEnabled,
      }),
      ...findIn(ofType(examined, "gcp:sql/database:Database"), {
        "expected protection": ({ protect }) => !protect,
      }),
      // DNS, and what the API believes of its clients, go by it.
      ...findIn(ofType(examined, "gcp:compute/globalAddress:GlobalAddress"), {
        "expected protection": ({ args, protect }) => args.addressType === "EXTERNAL" && !protect,
      }),
    ],
  },
];
