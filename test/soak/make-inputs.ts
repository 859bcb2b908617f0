import { createHash } from "node:crypto";
import { type Chain, createNames, localNaming, planRequest } from "@segue/chain";
import { type ArtifactReady, Mono16k, type PayloadRef, type StepSpec } from "@segue/contracts";
import { encodeWav } from "@segue/dsp";
import type { ObjectStore } from "@segue/store";
import { createRandom } from "@segue/synth";

/** Payloads that messages share: different sounds, so that different paths are taken. */
const sounds = 24;
const durationSec = 2;
const sampleRateHz = 16_000;

/** Stores a few small inputs; each call of the result announces one of them as the artifact of a master of its own. */
export async function makeInputs(
  store: ObjectStore,
  chain: Chain<StepSpec>,
  wants: readonly string[],
): Promise<(number: number) => Pick<ArtifactReady, "record" | "request">> {
  const payloads: PayloadRef[] = [];
  for (let sound = 0; sound < sounds; sound++) payloads.push(await storeSound(store, sound));
  const facts = Mono16k.facts.parse({
    sampleRateHz,
    sampleCount: durationSec * sampleRateHz,
    durationSec,
    peakDb: -3,
    rmsDb: -9,
    silent: false,
  });
  return (number) => {
    const master = createHash("sha256").update(`master ${number}`).digest("hex");
    const address = createHash("sha256").update(`artifact ${number}`).digest("hex");
    const trackId = `01890000-0000-7000-8000-${number.toString(16).padStart(12, "0")}`;
    const request = planRequest(chain, { requestId: trackId, trackId, master, wants: [...wants] });
    return {
      record: {
        v: 1,
        address,
        kind: Mono16k.name,
        step: { name: "downsample", version: 1 },
        inputs: {},
        outcome: { status: "succeeded", facts, payload: payloads[number % sounds] ?? null },
        attempt: null,
      },
      request,
    };
  };
}

async function storeSound(store: ObjectStore, sound: number): Promise<PayloadRef> {
  const random = createRandom(sound);
  const hz = 110 * 2 ** random.between(0, 3);
  const pulsesPerSec = random.between(1, 4);
  const samples = Int16Array.from({ length: durationSec * sampleRateHz }, (_, i) => {
    const timeSec = i / sampleRateHz;
    const pulse = (timeSec * pulsesPerSec) % 1 < 0.2 ? 1 : 0.2;
    const tone = Math.sin(2 * Math.PI * hz * timeSec) * pulse;
    return Math.round(9_000 * (sound % 3 === 0 ? random.between(-1, 1) : tone));
  });
  const body = encodeWav(samples, { sampleRateHz, channels: 1 });
  const place = { bucket: createNames(localNaming).bucket("scratch"), name: `soak/${sound}.wav` };
  const { sizeBytes, crc32c } = await store.writeObject({ ...place, body, createOnly: true });
  return { ...place, sizeBytes, crc32c, contentType: "audio/wav" };
}
