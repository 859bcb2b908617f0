const ofProxies = /^(https?|all|no|grpc|no_grpc)_proxy$/i;

/**
 * Takes what an environment says of proxies out of it: clusters put it into every pod. Of the clients here some would follow it and others not, tokens of accounts would be asked for through it, and where sources lead
 * would be looked at in one place and connected to in another (docs/adr/0084-the-way-out.md).
 *
 * @returns the names of what there was, in the order of the alphabet.
 */
export function forgetProxies(env: NodeJS.ProcessEnv): readonly string[] {
  const names = Object.keys(env).filter((name) => ofProxies.test(name));
  for (const name of names) delete env[name];
  return names.toSorted();
}
