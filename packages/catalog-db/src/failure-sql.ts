/**
 * A failure as contracts have it, out of the columns of a row; what the row does not know is left out.
 *
 * @param alias of the row: an attempt, or an outcome.
 */
export function failureSql(alias: string): string {
  return `coalesce(${alias}.error_words, '{}') || jsonb_strip_nulls(jsonb_build_object('code', ${alias}.error_code, 'message', ${alias}.error_message,
    'underlying', ${alias}.underlying - 'attempts', 'attempts', ${alias}.underlying -> 'attempts'))`;
}
