import { apiName } from "./apis.ts";
import type { Ground } from "./ground.ts";
import { resource } from "./resource.ts";

/** The chart's `image.repository`. */
export const imageRepository = ({ project, prefix, region }: Ground) =>
  `${region}-docker.pkg.dev/${project}/${prefix}/fleet`;

/** The chart's `gpu.image.repository`: in the same registry. */
export const gpuImageRepository = (ground: Ground) => `${imageRepository(ground)}-gpu`;

export function imageResources({ project, prefix, region, labels }: Ground) {
  return [
    resource(
      "gcp:artifactregistry/repository:Repository",
      "images",
      {
        project,
        location: region,
        repositoryId: prefix,
        format: "DOCKER",
        description: `Images of the fleet ${prefix}`,
        // What a tag means is what was tried under it.
        dockerConfig: { immutableTags: true },
        cleanupPolicyDryRun: false,
        cleanupPolicies: [
          { id: "keep-newest", action: "KEEP", mostRecentVersions: { keepCount: 20 } },
          {
            id: "delete-old",
            action: "DELETE",
            condition: { tagState: "ANY", olderThan: `${90 * 86_400}s` },
          },
        ],
        labels,
      },
      { dependsOn: [apiName("artifactregistry")] },
    ),
  ];
}
