import { defaultOwner } from "@segue/contracts";

/**
 * The condition that a row is of an owner. Indexes by owner leave the default one out: that it is another has to be said, for them to be used.
 *
 * @param value how the statement names the owner: a parameter.
 */
export function isOwnersSql(column: string, owner: string, value: string): string {
  const is = `${column} = ${value}`;
  return owner === defaultOwner ? is : `${is} and ${column} <> '${defaultOwner}'`;
}
