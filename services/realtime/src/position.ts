/**
 * A place in the order of commit: `<transaction>-<identity>` of an outbox row. Clients treat it as opaque.
 */
export type Position = string;

function parts(position: Position): [bigint, bigint] {
  const [transaction = "0", id = "0"] = position.split("-");
  return [BigInt(transaction), BigInt(id)];
}

/** Whether `a` comes after `b`. */
export function isAfter(a: Position, b: Position): boolean {
  const [[transactionA, idA], [transactionB, idB]] = [parts(a), parts(b)];
  return transactionA === transactionB ? idA > idB : transactionA > transactionB;
}

export function positionOf(row: { transaction: string; id: string }): Position {
  return `${row.transaction}-${row.id}`;
}

/** The two numbers, as parameters of a query. */
export function numbersOf(position: Position): [string, string] {
  const [transaction = "0", id = "0"] = position.split("-");
  return [transaction, id];
}
