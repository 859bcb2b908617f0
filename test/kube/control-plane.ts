// A real control plane of Kubernetes on this machine: its API server, controllers and scheduler, and nodes that are played. Pods are admitted, scheduled and
// "run"; containers are not.
import { type ChildProcess, execFile, execFileSync, spawn } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, open, readFile, rm, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { findFreePort } from "@segue/local-cloud/free-port";

const programs =
  process.env.KUBE_PROGRAMS ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "segue", "kube");
/** Catches a hang: what is busy may take its time. */
const startMs = 600_000;

/** Why there can be no control plane here, if there can't. */
export const missingControlPlane = findMissing();

function findMissing(): string | undefined {
  const needed = ["kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl", "helm", "kwok"];
  const absent = needed.filter((name) => !existsSync(join(programs, name)));
  if (absent.length > 0)
    return `there is no ${absent.join(", ")} (test/kube/build-control-plane.sh makes them, with Go)`;
  try {
    execFileSync("etcd", ["--version"], { stdio: "ignore" });
    return undefined;
  } catch {
    return "there is no etcd (Debian's etcd-server)";
  }
}

export interface ControlPlane extends AsyncDisposable {
  /** @param input its standard input. @returns what it prints. @throws what it says where it fails. */
  kubectl(args: readonly string[], input?: string): Promise<string>;
  helm(args: readonly string[]): Promise<string>;
  /** What there is of a kind in a namespace, as JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: its form is its kind's.
  list(kind: string, namespace?: string): Promise<any[]>;
}

export async function startControlPlane(): Promise<ControlPlane> {
  const dir = await mkdtemp(join(tmpdir(), "segue-kube-"));
  const processes: ChildProcess[] = [];
  let isOver = false;
  const start: Start = async (name, command, args, { again = false } = {}) => {
    const log = await open(join(dir, `${name}.log`), "a");
    const started = spawn(command, args, { stdio: ["ignore", log.fd, log.fd], cwd: dir });
    processes.push(started);
    if (again) started.once("exit", () => void (isOver || start(name, command, args, { again })));
    await log.close();
  };
  const run = (program: string, args: readonly string[], input?: string) => {
    const running = promisify(execFile)(join(programs, program), args, {
      env: { ...process.env, KUBECONFIG: join(dir, "kubeconfig"), HELM_CACHE_HOME: dir, HELM_DATA_HOME: dir },
      maxBuffer: 2 ** 27,
    });
    running.child.stdin?.end(input);
    return running.then(({ stdout }) => stdout);
  };
  const stop = async () => {
    isOver = true;
    for (const each of processes.toReversed()) await ended(each);
    await rm(dir, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    await startAll(dir, start);
  } catch (error) {
    await stop();
    throw error;
  }
  // It waits half a minute for what the API server is made of, which a machine that is busy may take.
  const kubectl = async (args: readonly string[], input?: string) => {
    for (let times = 1; ; times++)
      try {
        return await run("kubectl", args, input);
      } catch (error) {
        if (times === 5 || !/Client\.Timeout|TLS handshake timeout/.test(String(error))) throw error;
      }
  };
  return {
    kubectl,
    helm: (args) => run("helm", args),
    async list(kind, namespace) {
      const where = namespace === undefined ? ["--all-namespaces"] : ["--namespace", namespace];
      return JSON.parse(await kubectl(["get", kind, ...where, "-o", "json"])).items;
    },
    [Symbol.asyncDispose]: stop,
  };
}

type Start = (
  name: string,
  command: string,
  args: readonly string[],
  options?: { readonly again?: boolean },
) => Promise<void>;

async function startAll(dir: string, start: Start): Promise<void> {
  const [etcdPort, peerPort, port] = [await findFreePort(), await findFreePort(), await findFreePort()];
  const etcd = `http://127.0.0.1:${etcdPort}`;
  const token = crypto.randomUUID();
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2_048 });
  await mkdir(join(dir, "pki"));
  await writeFile(join(dir, "pki/sa.key"), privateKey.export({ type: "pkcs1", format: "pem" }));
  await writeFile(join(dir, "pki/sa.pub"), publicKey.export({ type: "spki", format: "pem" }));
  await writeFile(join(dir, "tokens.csv"), `${token},admin,admin,"system:masters"\n`);
  await writeFile(join(dir, "kubeconfig"), kubeconfigOf(port, token));
  const config = ["kubeconfig", "authentication-kubeconfig", "authorization-kubeconfig"];
  const asAdmin = config.map((name) => `--${name}=${join(dir, "kubeconfig")}`);
  await start("etcd", "etcd", [
    ...["--data-dir", "etcd", "--listen-client-urls", etcd, "--advertise-client-urls", etcd],
    ...["--listen-peer-urls", `http://127.0.0.1:${peerPort}`, "--unsafe-no-fsync"],
  ]);
  await start("api", join(programs, "kube-apiserver"), [
    ...[`--etcd-servers=${etcd}`, "--bind-address=127.0.0.1", "--advertise-address=127.0.0.1"],
    ...[`--secure-port=${port}`, "--cert-dir=pki/api", "--token-auth-file=tokens.csv"],
    ...["--service-account-key-file=pki/sa.pub", "--service-account-signing-key-file=pki/sa.key"],
    ...["--service-account-issuer=https://kubernetes.default.svc", "--authorization-mode=RBAC"],
    ...["--service-cluster-ip-range=10.96.0.0/16", "--endpoint-reconciler-type=none"],
  ]);
  await whenReady(dir, `https://127.0.0.1:${port}/readyz`, token);
  await start("controllers", join(programs, "kube-controller-manager"), [
    ...[...asAdmin, "--bind-address=127.0.0.1", "--secure-port=0", "--leader-elect=false"],
    ...["--service-account-private-key-file=pki/sa.key", "--use-service-account-credentials=false"],
    "--horizontal-pod-autoscaler-sync-period=2s",
    // A node that is not heard of for a while, on a machine with much else to do, is not gone: those that go are deleted.
    "--node-monitor-grace-period=600s",
  ]);
  const scheduling = [...asAdmin, "--bind-address=127.0.0.1", "--secure-port=0", "--leader-elect=false"];
  await start("scheduler", join(programs, "kube-scheduler"), scheduling);
  const playing = [`--kubeconfig=${join(dir, "kubeconfig")}`, "--manage-all-nodes=true"];
  // It ends now and then when a node is taken away from it.
  await start("kwok", join(programs, "kwok"), [...playing, "--server-address=127.0.0.1:0"], { again: true });
}

function kubeconfigOf(port: number, token: string): string {
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [
      { name: "here", cluster: { server: `https://127.0.0.1:${port}`, "insecure-skip-tls-verify": true } },
    ],
    users: [{ name: "admin", user: { token } }],
    contexts: [{ name: "here", context: { cluster: "here", user: "admin" } }],
    "current-context": "here",
  });
}

async function whenReady(dir: string, url: string, token: string): Promise<void> {
  const untilMs = Date.now() + startMs;
  const asked = ["-skf", "-m", "5", "-H", `Authorization: Bearer ${token}`, url];
  for (;;) {
    try {
      // Its certificate is its own, which Node's fetch can't be told to take.
      await promisify(execFile)("curl", asked);
      return;
    } catch (error) {
      if (Date.now() < untilMs) await delay(200);
      else
        throw new Error(`no API server: ${await readFile(join(dir, "api.log"), "utf8")}`, { cause: error });
    }
  }
}

async function ended(each: ChildProcess): Promise<void> {
  if (each.exitCode !== null || each.signalCode !== null) return;
  const exit = new Promise((resolve) => each.once("exit", resolve));
  each.kill("SIGTERM");
  const timer = setTimeout(() => each.kill("SIGKILL"), 10_000);
  await exit;
  clearTimeout(timer);
}
