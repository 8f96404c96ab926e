/** Options every command takes, as commander gives them. */
export interface GlobalFlags {
  json?: boolean;
  stack?: string;
  file?: string;
  yes?: boolean;
  input: boolean;
  color: boolean;
  verbose?: boolean;
}

/** What every command was asked for, after precedence: flags, then environment, then nothing. */
export interface Settings {
  json: boolean;
  /** Stack of the blueprint; absent means the blueprint's own default. */
  stack: string | undefined;
  /** Path of purlin.yaml, absolute or relative to the working folder; absent means the nearest one upwards. */
  file: string | undefined;
  /** Answer yes to questions that destroy nothing. */
  yes: boolean;
  /** Whether a question may be asked at all. */
  input: boolean;
  verbose: boolean;
}

export function settingsFrom(flags: GlobalFlags, env: Readonly<Record<string, string | undefined>>): Settings {
  return {
    json: flags.json ?? false,
    stack: flags.stack ?? nonEmpty(env["PURLIN_STACK"]),
    file: flags.file ?? nonEmpty(env["PURLIN_FILE"]),
    yes: flags.yes ?? false,
    input: flags.input,
    verbose: flags.verbose ?? nonEmpty(env["PURLIN_VERBOSE"]) !== undefined,
  };
}

function nonEmpty(value: string | undefined): string | undefined {
  return value === "" ? undefined : value;
}
