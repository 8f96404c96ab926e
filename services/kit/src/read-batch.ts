import pg from "pg";
import { statementName } from "./prepared.ts";

/** One statement that reads rows of an organisation. */
export interface Statement {
  organisation: string;
  text: string;
  /** As Postgres reads them: see `written`. */
  values: (string | null)[];
  resolve: (rows: pg.QueryResultRow[]) => void;
  reject: (error: unknown) => void;
  /** It was sent before, and could not be told whether it is good. */
  again?: boolean;
}

/** What became of a batch. */
export interface Outcome {
  /** The rows of each statement, up to the first that failed. */
  answers: pg.QueryResultRow[][];
  /** Why the statement after those failed, or why none was answered any more. */
  error: Error | undefined;
}

/** A column of an answer, with how its text becomes a value. */
interface Column {
  name: string;
  parse: (text: string) => unknown;
}

const scope = {
  name: "scope",
  text: "SELECT set_config('purlin.organisation_id', $1, true), set_config('transaction_read_only', 'on', true)",
};

/** What each connection has prepared: the columns of statements by their name. */
const prepared = new WeakMap<pg.Connection, Map<string, readonly Column[]>>();

/**
 * Statements in one round trip. Those sent up to one Sync are one transaction
 * (https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-PIPELINING), and the organisation is set in it
 * before each statement of another: it holds no longer than that, whatever becomes of them, and where setting it fails
 * nothing behind it runs. What is prepared is parsed and described once a connection.
 */
export class ReadBatch implements pg.Submittable {
  /** pg puts its own before it, for its timeout. Only the first call counts. */
  callback: (error: Error | null) => void;
  readonly #statements: readonly Statement[];
  readonly #answers: pg.QueryResultRow[][] = [];
  /** What is answered next: a statement, or the setting of the organisation before it. */
  readonly #awaited: ("scope" | "statement")[] = [];
  #known = new Map<string, readonly Column[]>();
  #rows: pg.QueryResultRow[] = [];
  #error: Error | undefined;

  constructor(statements: readonly Statement[], settle: (outcome: Outcome) => void) {
    this.#statements = statements;
    let settled = false;
    this.callback = (error) => {
      if (!settled) settle({ answers: this.#answers, error: error ?? undefined });
      settled = true;
    };
  }

  submit(connection: pg.Connection): void {
    this.#known = knownOn(connection);
    const parsed = new Set(this.#known.keys());
    let organisation: string | undefined;
    connection.stream.cork();
    for (const statement of this.#statements) {
      if (statement.organisation !== organisation) this.#send(connection, parsed, scope, [statement.organisation]);
      organisation = statement.organisation;
      this.#send(connection, parsed, { name: nameOf(statement.text), text: statement.text }, statement.values);
    }
    connection.sync();
    connection.stream.uncork();
  }

  #send(connection: pg.Connection, parsed: Set<string>, { name, text }: typeof scope, values: (string | null)[]): void {
    if (name === "" || !parsed.has(name)) {
      connection.parse({ name, text, types: [] }, false);
      connection.describe({ type: "S", name }, false);
    }
    parsed.add(name);
    connection.bind({ statement: name, values }, false);
    connection.execute(null, false);
    this.#awaited.push(name === scope.name ? "scope" : "statement");
  }

  /** Comes before a statement is given its values and may fail on them: from here on it is prepared. */
  handleRowDescription({ fields }: { fields: pg.FieldDef[] }): void {
    this.#known.set(
      this.#current(),
      fields.map(({ name, dataTypeID }) => ({ name, parse: parserOf(dataTypeID) })),
    );
  }

  handleDataRow({ fields }: { fields: (string | null)[] }): void {
    if (this.#awaited[0] === "scope") return;
    try {
      this.#rows.push(toRow(this.#known.get(this.#current()) ?? [], fields));
    } catch (error) {
      this.#error ??= error instanceof Error ? error : new Error(String(error));
    }
  }

  handleCommandComplete(): void {
    if (this.#awaited.shift() === "scope") return;
    if (this.#error === undefined) this.#answers.push(this.#rows);
    this.#rows = [];
  }

  handleError(error: Error): void {
    this.callback(error);
  }

  handleReadyForQuery(): void {
    this.callback(this.#error ?? null);
  }

  /** Name of what is answered now. */
  #current(): string {
    if (this.#awaited[0] === "scope") return scope.name;
    const done = this.#statements.length - this.#awaited.filter((one) => one === "statement").length;
    return nameOf(this.#statements[done]?.text ?? "");
  }
}

function parserOf(type: number): Column["parse"] {
  // eslint-disable-next-line @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-enum-assignment -- pg's types name some numbers only, and say nothing of what they give
  const parse: Column["parse"] = pg.types.getTypeParser(type, "text");
  return parse;
}

function toRow(columns: readonly Column[], fields: readonly (string | null)[]): pg.QueryResultRow {
  const row: pg.QueryResultRow = {};
  columns.forEach(({ name, parse }, index) => {
    const text = fields[index] ?? null;
    row[name] = text === null ? null : parse(text);
  });
  return row;
}

/** Not the name pg itself would prepare it under on the same connection. Empty for what is not prepared. */
function nameOf(text: string): string {
  const name = statementName(text);
  return name === undefined ? "" : `read-${name}`;
}

function knownOn(connection: pg.Connection): Map<string, readonly Column[]> {
  const known = prepared.get(connection) ?? new Map<string, readonly Column[]>();
  prepared.set(connection, known);
  return known;
}

/** A value as Postgres reads it in text. @throws Error for one it cannot be given */
export function written(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "bigint" || typeof value === "boolean") return String(value);
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return `{${value.map(quoted).join(",")}}`;
  throw new Error(`a statement that reads is not given a ${typeof value}`);
}

function quoted(element: unknown): string {
  const text = written(element);
  return text === null ? "NULL" : `"${text.replaceAll(/["\\]/g, "\\$&")}"`;
}
