import { execFile } from "node:child_process";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { Client } from "pg";
import { z } from "zod";
import type { StackHome } from "../stacks/home/home.ts";
import { ensurePlatformUser } from "../stacks/targets/local/user.ts";
import type { Project } from "../tests/e2e/support/project.ts";
import { interleave, Series } from "./measure.ts";
import { compare, type Figure } from "./report.ts";
import { daemonsOf, startBare, type BareDaemon } from "./support/bare.ts";
import { fullBlueprint, homeOf, withProject } from "./support/platform.ts";

/**
 * The first `up` of the whole example, with tools cached, against the longest chain of its daemons' own starts: initdb,
 * Postgres, the database MindsDB keeps its records in, and MindsDB, one after the other with nothing beside them.
 */
export async function benchCold(rounds: number): Promise<Figure[]> {
  const up = new Series("cold `purlin up`");
  const chain = new Series("initdb, Postgres and MindsDB, bare");
  await interleave(rounds, [
    async () =>
      withProject(await fullBlueprint(), async (project) => {
        await up.time(() => project.ok("up"));
        await project.ok("down");
        await bareChain(project, chain);
      }),
  ]);
  return [compare({ what: up.label, unit: "ms", target: 1.5 }, up, chain)];
}

/** Starts the chain from nothing, in the places and with the settings of a stack that is down. */
async function bareChain(project: Project, series: Series): Promise<void> {
  const home = homeOf(project);
  const daemon = (name: string) => {
    const found = daemonsOf(home).find((known) => known.name === name);
    if (found === undefined) throw new Error(`the stack has no ${name}`);
    return found;
  };
  const [postgres, mindsdb] = [daemon("postgres-primary"), daemon("mindsdb")];
  const [executable] = postgres.spec.command;
  const login = loginSchema.parse(postgres.spec.ready);
  const dataDir = join(home.dataDir, "postgres/primary/pgdata");
  await rm(dataDir, { recursive: true });
  await emptyMindsdb(home);

  const started: BareDaemon[] = [];
  try {
    await series.time(async () => {
      await initdb(join(dirname(executable), "initdb"), dataDir, login);
      started.unshift(await startBare(home, postgres));
      await createDatabase(new URL(mindsdb.spec.env.MINDSDB_DB_CON ?? ""), login);
      started.unshift(await startBare(home, mindsdb));
    });
  } finally {
    for (const running of started) await running.stop();
  }
}

const loginSchema = z.object({ host: z.string(), port: z.number(), user: z.string(), password: z.string() });
type ServerLogin = z.infer<typeof loginSchema>;

async function emptyMindsdb({ dataDir }: StackHome): Promise<void> {
  const { uid, gid } = ensurePlatformUser();
  const dir = join(dataDir, "mindsdb");
  await rm(dir, { recursive: true });
  await mkdir(dir, { mode: 0o700 });
  if (process.getuid?.() === 0) await promisify(execFile)("chown", [`${uid}:${gid}`, dir]);
}

async function initdb(executable: string, dataDir: string, { user, password }: ServerLogin): Promise<void> {
  const { uid, gid } = ensurePlatformUser();
  const passwordFile = join(dirname(dataDir), "password");
  await writeFile(passwordFile, password, { mode: 0o644 });
  const identity = process.getuid?.() === uid ? {} : { uid, gid };
  const args = [`--pgdata=${dataDir}`, `--username=${user}`, `--pwfile=${passwordFile}`, "--auth=scram-sha-256"];
  await promisify(execFile)(executable, [...args, "--encoding=UTF8", "--locale=C", "--data-checksums"], {
    cwd: dirname(dataDir),
    ...identity,
  });
}

/** The role and the database of a URL. */
async function createDatabase({ username, password, pathname }: URL, login: ServerLogin): Promise<void> {
  const client = new Client({ ...login, database: "postgres", ssl: { rejectUnauthorized: false } });
  await client.connect();
  try {
    const owner = client.escapeIdentifier(username);
    await client.query(`CREATE ROLE ${owner} LOGIN PASSWORD ${client.escapeLiteral(password)}`);
    await client.query(`CREATE DATABASE ${client.escapeIdentifier(pathname.slice(1))} OWNER ${owner}`);
  } finally {
    await client.end();
  }
}
