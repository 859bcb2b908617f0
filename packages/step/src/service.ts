import type { PubSub } from "@google-cloud/pubsub";
import type { BucketRole, Chain, Names } from "@segue/chain";
import type { News, StepSpec } from "@segue/contracts";
import type { ObjectStore } from "@segue/store";
import type { Logger, Meter } from "@segue/telemetry";
import type { AnyStep } from "./define-step.ts";
import type { Resources, Scaling } from "./resources.ts";
import type { Environment, StepService } from "./step-service.ts";

/** A service of the fleet: a server, or the steps that one deployable runs. */
export type ServiceDefinition = ServerDefinition | StepService;

export type Services = ReadonlyMap<string, ServiceDefinition>;

/** What every service process is given: the chain, and the real clients, wherever they point. */
export interface ServiceContext {
  readonly chain: Chain<AnyStep>;
  readonly names: Names;
  readonly pubsub: PubSub;
  readonly store: ObjectStore;
  readonly log: Logger;
  readonly meter: Meter;
  readonly env: NodeJS.ProcessEnv;
}

/** What a server is given: its chain is what runs at the moment, steps included that its own code does not know. */
export type ServerContext = Omit<ServiceContext, "chain"> & {
  readonly chain: Chain<StepSpec>;
  /** Undefined while queue and storage answer; else why they don't. A server that is asked for its readiness tells it too. */
  dependencyTrouble?(): string | undefined;
  /** Absent where nobody tells any. */
  readonly news?: NewsSource;
  /** All of the fleet, as they are placed; absent where nobody has placed any. */
  readonly services?: Services;
};

/** What every process of a server is told. */
export interface NewsSource {
  /** Whether news can come, as far as is known. */
  isListening(): boolean;
  /** Tells of all that comes from now on; undefined: there may be some that is not known, since we have only begun to listen, or can't read it. */
  onNews(ear: (news: News | undefined) => void): void;
}

/** A service that runs. */
export interface RunningService {
  /** Undefined while all is well; else what it waits for, in words, for the readiness probe. */
  notReady(): string | undefined;
  /** Stops taking work, finishes or hands back what is under way, releases everything. */
  drain(): Promise<void>;
}

export interface ServerPort {
  readonly name: string;
  readonly speaks: "http";
  /** The variables that say at which port, and at which address. */
  readonly portVariable: string;
  readonly hostVariable: string;
}

export type ObjectVerb = "get" | "list" | "create" | "update" | "delete";

/** What a server does with queue, storage and database. */
export interface ServerAccess {
  /** Topics, as the chain names them: those of kinds by the kind's name; `tasks.*`: of every service. */
  readonly publishes: readonly string[];
  /** Topics, through the subscriptions that are its own. */
  readonly consumes: readonly string[];
  readonly objects: Readonly<Partial<Record<BucketRole, readonly ObjectVerb[]>>>;
  /** The variable that names buckets of others, of which it gets objects. */
  readonly foreignBuckets?: string;
  /** `read`: the catalog's tables, for a report say; `serve`: as the API does, which writes what it keeps itself (keys, webhooks); `write`: all of it, and migrates. */
  readonly database?: "read" | "serve" | "write";
}

/** What a server does of a track: for as long as that is not done, the track waits for it. */
export interface ServerWork {
  /** As it is called among what a track wants. */
  readonly step: string;
  /** How much of it one process has in hand at once, by what it is told in its environment; whoever reckons with it reads the same variables. */
  slots(env: Readonly<Record<string, string | undefined>>): number | Promise<number>;
  /** What it takes, in s: most of it the server itself waits for others. */
  readonly takesSec: number;
}

/** A service that is no set of steps: the API, the catalog. Light to import; `start` imports the rest. */
export interface ServerDefinition {
  readonly name: string;
  readonly resources?: Resources;
  readonly scaling?: Scaling;
  /** Where its scaling follows what waits for it. */
  readonly work?: ServerWork;
  readonly environment?: Environment;
  /** Where it listens beside its health server. */
  readonly ports?: readonly ServerPort[];
  /** What it may do. Of a service of steps that follows from the chain. */
  readonly access?: ServerAccess;
  start(context: ServerContext): Promise<RunningService>;
}

export function defineServer(definition: ServerDefinition): ServerDefinition {
  return Object.freeze(definition);
}
