/**
 * Proof, by the compiler, that every argument which the topology gives exists in Google's provider, and is of the form that it takes. Objects
 * that are made elsewhere are not looked at for names too many, so this does it, all the way down.
 */
import type * as pulumi from "@pulumi/pulumi";
import type { FleetResource, Reference, withoutLabels } from "../../packages/infra/src/index.ts";
import type { ArgumentsOf, Type } from "./constructors.ts";

/** As Pulumi takes it: with what is only known later in the place of references. */
type Resolved<G> = G extends Reference
  ? string
  : G extends readonly (infer Each)[]
    ? Resolved<Each>[]
    : G extends object
      ? { [K in keyof G]: Resolved<G[K]> }
      : G;

/** Without what makes it an input: promises and outputs. */
// biome-ignore lint/suspicious/noExplicitAny: of whatever they are.
type Bare<T> = Exclude<T, Promise<any> | pulumi.OutputInstance<any> | undefined>;

/** Names in what is given that nobody takes, with the way to them. */
type Unknown<G, T, Path extends string = ""> = G extends readonly (infer Each)[]
  ? T extends readonly (infer Taken)[]
    ? Unknown<Each, Bare<Taken>, Path>
    : `${Path} is no list`
  : G extends object
    ? {
        [K in keyof G & string]: K extends KeyOf<T>
          ? Unknown<Exclude<G[K], undefined>, Bare<ValueOf<T, K>>, `${Path}.${K}`>
          : `${Path}.${K}`;
      }[keyof G & string]
    : never;
type KeyOf<T> = T extends object ? keyof T : never;
type ValueOf<T, K> = T extends object ? (K extends keyof T ? T[K] : never) : never;

type Given<T extends Type> = Resolved<Extract<FleetResource, { readonly type: T }>["args"]>;
type Problem<T extends Type> =
  | (Given<T> extends ArgumentsOf<T> ? never : `${T}: not of the form that is taken`)
  | Unknown<Given<T>, ArgumentsOf<T>, T>;

/** Nothing, or the compiler says what. */
type Problems = { [T in Type]: Problem<T> }[Type];
type None<T extends never> = T;
export type ArgumentsFit = None<Problems>;

/** That it would find one. */
type Misspelt = Unknown<
  { name: string; lifecycleRules: { action: { typ: string } }[] },
  ArgumentsOf<"gcp:storage/bucket:Bucket">
>;
const found: Misspelt = ".lifecycleRules.action.typ";
export type FoundByProof = typeof found;

/** Types that can't have labels, by the provider: the policy's list, no more and no fewer. */
type Labels = "labels" | "userLabels" | "resourceLabels";
type Takes<A> = Extract<keyof A, Labels>;
/** Nodes and databases have theirs one step down. */
type Below = "gcp:container/nodePool:NodePool" | "gcp:sql/databaseInstance:DatabaseInstance";
type Unlabelled = { [T in Type]: [Takes<ArgumentsOf<T>>] extends [never] ? T : never }[Type];
type Listed = (typeof withoutLabels)[number] | Below;
export type LabelsFit = None<Exclude<Unlabelled, Listed> | Exclude<Listed, Unlabelled>>;
