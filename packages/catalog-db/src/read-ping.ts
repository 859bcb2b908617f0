import { PingAnswers } from "@segue/contracts";
import { z } from "zod";
import type { Pool } from "./connect.ts";

const Row = PingAnswers.shape.answers.element.extend({ at: z.date().transform((at) => at.toISOString()) });

/** The steps that have answered a ping so far, in that order. */
export async function readPing(pool: Pool, id: string): Promise<z.infer<typeof Row>[]> {
  const { rows } = await pool.query(
    "select step, version, worker, at from ping_answers where ping_id = $1 order by at, step",
    [id],
  );
  return z.array(Row).parse(rows);
}
