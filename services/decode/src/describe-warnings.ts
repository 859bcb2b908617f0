import { type AudioProbe, type AudioStream, nameChannels } from "@segue/audio";
import type { Warning } from "@segue/contracts";

export interface Findings {
  readonly probe: AudioProbe;
  readonly stream: AudioStream;
  /** Counted. */
  readonly durationSec: number;
  readonly errorLines: number;
  /** Samples that are NaN or infinite. */
  readonly nonFinite: number;
  /** Share of samples that are clipped, 0 to 1. */
  readonly clippedRatio: number;
  /** Places where separately decoded stretches meet and could not be compared. */
  readonly unverifiedJoins: number;
  /** The mean of the channels loses some of the sound. */
  readonly channelsCancel: boolean;
  readonly tagsProblem: string | null;
}

/** Declared durations come in hundredths of a second and in whole codec frames. */
const durationTolerance = { sec: 0.15, ratio: 0.005 };
/** Below it, clipping is a limiter's rounding. */
const clippedRatioWorthTelling = 1e-5;

/** What a client should know about a file that was decoded all the same. */
export function describeWarnings(findings: Findings): Warning[] {
  const { probe, stream, errorLines, nonFinite, clippedRatio, tagsProblem } = findings;
  const warnings = describeDuration(findings);
  const warn = (code: string, message: string) => warnings.push({ code, message });
  const damage = [probe.damage, errorLines > 0 ? "the decoder met errors" : null].filter(
    (one) => one !== null,
  );
  if (damage.length > 0) warn("decode-errors", `${damage.join("; ")}; what can be decoded was kept`);
  if (probe.audioStreams.length > 1) {
    warn(
      "several-audio-streams",
      `the file holds ${probe.audioStreams.length} audio streams; the first was used`,
    );
  }
  if (stream.channels !== null && nameChannels(stream.channels, stream.channelLayout).guessed) {
    warn(
      "channel-layout-guessed",
      `the file does not say what its ${stream.channels} channels are; the usual order was assumed`,
    );
  }
  if (clippedRatio > clippedRatioWorthTelling) {
    warn(
      "clipped",
      `${(clippedRatio * 100).toPrecision(2)} % of the samples are at full scale or past it, in runs: clipped`,
    );
  }
  if (findings.channelsCancel) {
    warn(
      "channels-out-of-phase",
      "the channels are opposite in part or all of the sound, which their mean loses: it was analysed without one; over one loudspeaker it will be missing",
    );
  }
  if (nonFinite > 0)
    warn("non-finite-samples", `${nonFinite} samples were no numbers; they were made silent`);
  if (findings.unverifiedJoins > 0) {
    warn(
      "joins-unverified",
      `at ${findings.unverifiedJoins} places the decoder was restarted by time stamps alone; a click may be heard there`,
    );
  }
  if (tagsProblem !== null) warn("tags-unreadable", `the tags could not be read: ${tagsProblem}`);
  return warnings;
}

/** A file that ends before its header says was cut off. What ffmpeg guesses from the bit rate, nobody declared. */
function describeDuration({ probe, durationSec }: Findings): Warning[] {
  const declared = probe.declaredDurationSec;
  if (declared === null || probe.durationEstimated) return [];
  const difference = declared - durationSec;
  if (Math.abs(difference) <= Math.max(durationTolerance.sec, durationTolerance.ratio * declared)) return [];
  const message = `the header declares ${declared.toFixed(2)} s; ${durationSec.toFixed(2)} s were decoded`;
  return [{ code: difference > 0 ? "truncated" : "declared-duration-differs", message }];
}
