import { Healthy } from "@segue/contracts";
import { request } from "undici";

const answerTimeoutMs = 10_000;

/**
 * Who answers at a URL: undefined if it is no Segue. `fleetId` is null where its operators gave it none.
 *
 * @throws errors of the connection.
 */
export async function identifyApi(url: string): Promise<{ readonly fleetId: string | null } | undefined> {
  const { statusCode, body } = await request(new URL("/healthz", url), {
    headersTimeout: answerTimeoutMs,
    bodyTimeout: answerTimeoutMs,
  });
  const text = await body.text();
  if (statusCode !== 200) return undefined;
  const answer = Healthy.safeParse(parseJson(text));
  return answer.success ? { fleetId: answer.data.fleetId } : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
