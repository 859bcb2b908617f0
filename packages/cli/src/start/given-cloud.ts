const cloudVariables = [
  "DATABASE_URL",
  "PUBSUB_EMULATOR_HOST",
  "SEGUE_GCS_ENDPOINT",
  "GOOGLE_CLOUD_PROJECT",
] as const;

/** The parts of a cloud that the environment names: they are used in place of the local ones. */
export function givenCloud(env: NodeJS.ProcessEnv): Record<string, string> {
  const given: Record<string, string> = {};
  for (const name of cloudVariables) {
    const value = env[name];
    if (value) given[name] = value;
  }
  return given;
}
