import { type ApiClient, ApiRefusal, NoAnswer, submitUpload } from "@segue/client";
import type { Random } from "@segue/synth";
import { otherFile, type PlannedPost } from "./plan-posts.ts";
import { countFailure, type Tally } from "./tally.ts";
import { makeTinyAudio } from "./tiny-audio.ts";

/** What has come of all that was sent under a key. */
export interface Sent {
  readonly post: PlannedPost;
  /** Each answer of 202: the track, and which file was sent. */
  readonly accepted: { readonly id: string; readonly file: number }[];
  /** Files that were refused since the key stood for another one. */
  readonly refused: number[];
  /** What no client should see, in words. */
  readonly wrong: string[];
}

export interface Sending {
  /** Each has eight connections. */
  readonly apis: readonly ApiClient[];
  readonly random: Random;
  readonly tally: Tally;
  readonly targets: readonly string[] | undefined;
  /** Of all posts of the run: the numbers of other files follow. */
  readonly total: number;
  onAccepted(): void;
}

/** Past which a key that was never answered with 202 is taken for lost. */
const lostMs = 900_000;
/** A hasty client gives up so many attempts, each after so many ms. */
const hasty = { attempts: 2, afterMs: [2, 40] } as const;

/** Sends posts as so many clients do, each the next one as soon as it has an answer to the one before. */
export async function sendPosts(
  posts: readonly PlannedPost[],
  clients: number,
  sending: Sending,
): Promise<Sent[]> {
  const all: Sent[] = [];
  const startedAt = performance.now();
  let next = 0;
  const work = async (client: number) => {
    for (let post = posts[next++]; post; post = posts[next++]) {
      const sent: Sent = { post, accepted: [], refused: [], wrong: [] };
      all.push(sent);
      await send(sent, sending, client);
    }
  };
  await Promise.all(Array.from({ length: clients }, (_, client) => work(client)));
  sending.tally.elapsedMs = performance.now() - startedAt;
  return all;
}

async function send(sent: Sent, sending: Sending, client: number): Promise<void> {
  const { post } = sent;
  const other = otherFile(post, sending.total);
  const submit = (file: number) => submitFile(sent, file, sending, client);
  const isAccepted = await submitFirst(post, other, submit);
  if (!isAccepted) return;
  sending.onAccepted();
  if (post.manner === "again") await submit(post.file);
  // Whichever of two rivals has won: a third file is refused.
  if (post.reuses) await submit(other + sending.total);
}

/** @returns whether one of them was accepted. */
async function submitFirst(
  { manner, file }: PlannedPost,
  other: number,
  submit: (file: number) => Promise<boolean>,
): Promise<boolean> {
  if (manner === "twice") return (await Promise.all([submit(file), submit(file)])).every(Boolean);
  if (manner === "rivals") return (await Promise.all([submit(file), submit(other)])).some(Boolean);
  return submit(file);
}

/** Sends a file until it is accepted or refused. @returns whether it was accepted. */
async function submitFile(sent: Sent, file: number, sending: Sending, client: number): Promise<boolean> {
  const { key, manner } = sent.post;
  const { bytes } = makeTinyAudio(file);
  const upload = {
    body: bytes,
    fileName: `${key}.wav`,
    metadata: { load: key },
    ...(sending.targets ? { targets: sending.targets } : {}),
  };
  const api = attempting(sending, client, manner === "hasty" ? hasty.attempts : 0);
  try {
    const signal = AbortSignal.timeout(lostMs);
    const { id } = await submitUpload(api, upload, { idempotencyKey: key, signal });
    sent.accepted.push({ id, file });
    return true;
  } catch (error) {
    if (error instanceof ApiRefusal && error.code === "idempotency-key-reused") sent.refused.push(file);
    else sent.wrong.push(`${key}, file ${file}: ${error instanceof Error ? error.message : String(error)}`);
    return false;
  }
}

/** The API as one submission sees it: counted, and its first attempts given up soon. */
function attempting(
  { apis, random, tally }: Sending,
  client: number,
  givenUp: number,
): Pick<ApiClient, "postUpload"> {
  const api = apis[client % apis.length];
  if (!api) throw new TypeError("expected an API");
  let attempts = 0;
  return {
    async postUpload(upload, { signal, idempotencyKey } = {}) {
      const patience =
        attempts++ < givenUp ? AbortSignal.timeout(Math.round(random.between(...hasty.afterMs))) : undefined;
      const signals = [signal, patience].filter((each) => each !== undefined);
      const startedAt = performance.now();
      tally.attempts += 1;
      try {
        const receipt = await api.postUpload(upload, { signal: AbortSignal.any(signals), idempotencyKey });
        tally.latenciesMs.push(performance.now() - startedAt);
        tally.accepted += 1;
        return receipt;
      } catch (error) {
        const gaveUp = patience?.aborted === true && !signal?.aborted;
        countFailure(tally, error, gaveUp);
        if (gaveUp) throw new NoAnswer("the client gave up", { cause: error });
        throw error;
      }
    },
  };
}
