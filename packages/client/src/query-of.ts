/** What is undefined is left out. */
export function queryOf(query: object): URLSearchParams {
  const given = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) given.set(name, String(value));
  return given;
}
