import type { Manifest } from "./render-chart.ts";

export const image = { repository: "europe-docker.pkg.dev/music/segue/fleet", tag: "1.2.3" };

export const named = (manifests: readonly Manifest[], kind: string, name: string) => {
  const found = manifests.find((each) => each.kind === kind && each.metadata.name === `music-${name}`);
  if (!found) throw new Error(`expected a ${kind} of ${name}`);
  return found;
};
export const podOf = (manifests: readonly Manifest[], service: string) =>
  named(manifests, "Deployment", service).spec.template.spec;
export const envOf = (manifests: readonly Manifest[], service: string): Map<string, string | object> =>
  new Map(
    podOf(manifests, service).containers[0].env.map(
      ({ name, value, valueFrom }: { name: string; value?: string; valueFrom?: object }) => [
        name,
        value ?? valueFrom,
      ],
    ),
  );
