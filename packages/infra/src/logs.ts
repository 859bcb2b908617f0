import { apiName } from "./apis.ts";
import type { Ground } from "./ground.ts";
import { resource } from "./resource.ts";

/** Why a process did not start: it has met no track, and a variable may have to be a URL. */
const neverStarted = 'jsonPayload.type = "not-started"';

/**
 * Lines of the fleet go to a bucket of logs in its region, and nowhere else. Lines say ids, addresses of artifacts and codes; these are the ones that
 * can say more, names of files and hosts say, and that are not kept: what they tell of a track is in the database, and goes with it.
 */
const tellTales = [
  // What programs write while they work on a file, its tags included.
  { name: "programs", filter: "jsonPayload.stderr:*" },
  { name: "details", filter: "severity < INFO" },
  // Where a track's bytes come from: `gs://` and `https://` sources, with the file's name.
  {
    name: "sources",
    filter: `(jsonPayload.message =~ "(gs|https?)://" OR jsonPayload.error.message =~ "(gs|https?)://") AND NOT ${neverStarted}`,
  },
  // What is no line of ours: a crash may print anything.
  { name: "no-lines", filter: "NOT jsonPayload.service:*" },
];

export function logResources(ground: Ground) {
  const { project, prefix, region, settings } = ground;
  const ours = [
    'resource.type = "k8s_container"',
    `resource.labels.cluster_name = "${prefix}"`,
    `resource.labels.namespace_name = "${settings.namespace}"`,
  ].join(" AND ");
  return [
    resource(
      "gcp:logging/projectBucketConfig:ProjectBucketConfig",
      "logs",
      {
        project,
        location: region,
        bucketId: prefix,
        retentionDays: settings.logDays,
        description: `Lines of the fleet ${prefix}, without names of files or of people`,
      },
      { dependsOn: [apiName("logging")] },
    ),
    resource(
      "gcp:logging/projectSink:ProjectSink",
      "logs/sink",
      {
        project,
        name: prefix,
        destination: `logging.googleapis.com/projects/${project}/locations/${region}/buckets/${prefix}`,
        filter: ours,
        exclusions: tellTales,
        uniqueWriterIdentity: true,
      },
      { dependsOn: ["logs"] },
    ),
    resource(
      "gcp:logging/projectExclusion:ProjectExclusion",
      "logs/not-twice",
      {
        project,
        name: `${prefix}-lines`,
        description: "They are in the fleet's own bucket, without names",
        filter: ours,
      },
      { dependsOn: ["logs/sink"] },
    ),
    resource(
      "gcp:logging/projectExclusion:ProjectExclusion",
      "logs/no-clients",
      {
        project,
        name: `${prefix}-clients`,
        description: "A load balancer's lines have its clients' addresses, and names of files in URLs",
        filter: 'resource.type = "http_load_balancer"',
      },
      { dependsOn: [apiName("logging")] },
    ),
  ];
}
