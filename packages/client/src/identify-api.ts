import { Healthy } from "@segue/contracts";
import { NoAnswer } from "./api-errors.ts";
import type { ConnectionOptions } from "./connection.ts";
import { openConnection } from "./connection.ts";
import { parseJson } from "./read-answer.ts";

/**
 * Who answers at a URL: undefined if it is no Segue. `fleetId` is null where its operators gave it none.
 *
 * @throws {NoAnswer}
 */
export async function identifyApi(
  url: string,
  options: ConnectionOptions = { answerTimeoutMs: 10_000 },
): Promise<{ readonly fleetId: string | null } | undefined> {
  const connection = openConnection(url, options);
  try {
    const { statusCode, body } = await connection.get("/healthz");
    const text = await body.text().catch((error: unknown) => {
      throw NoAnswer.from(error);
    });
    if (statusCode !== 200) return undefined;
    const answer = Healthy.safeParse(parseJson(text));
    return answer.success ? { fleetId: answer.data.fleetId } : undefined;
  } finally {
    await connection[Symbol.asyncDispose]();
  }
}
