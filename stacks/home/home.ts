import { homedir } from "node:os";
import { join, resolve } from "node:path";

/**
 * Places on disk. The data home is `$PURLIN_HOME`, else /var/lib/purlin for root, else $XDG_DATA_HOME/purlin:
 *
 *   <data home>/toolchain/                 tools, shared by all stacks (owned by the toolchain)
 *   <data home>/logs/cli.ndjson            debug log of the CLI
 *   <data home>/stacks/<key>/stack.json    which blueprint file and stack this folder belongs to
 *                      /state/             Pulumi file backend
 *                      /pulumi/            PULUMI_HOME and work dir of the engine
 *                      /passphrase         0600, engine secrets
 *                      /master.key         0600, from which every generated secret is derived
 *                      /ports.json         sticky ports by key
 *                      /ca/                local certificate authority and the stack's server certificate
 *                      /lock.json          who changes the stack now
 *                      /data/<component>/  durable data
 *                      /config/<component>/ generated configuration
 *                      /processes/<name>/  process.json, run.sh, pid, ready
 *                      /logs/<process>.log daemons' output; /logs/runs/<id>.ndjson runs of the CLI
 *                      /metrics/           metrics of the CLI's own runs, for node_exporter's textfile collector
 *                      /run/               sockets; emptied when the stack is down
 */
export interface StackHome {
  /** Absolute path of the stack's folder. */
  dir: string;
  stateDir: string;
  pulumiDir: string;
  passphraseFile: string;
  masterKeyFile: string;
  portsFile: string;
  caDir: string;
  lockFile: string;
  dataDir: string;
  configDir: string;
  processesDir: string;
  logsDir: string;
  metricsDir: string;
  runDir: string;
}

/** Folder of everything purlin keeps on this machine, by the rules above. Created by whoever writes first. */
export function dataHome(env: Readonly<Record<string, string | undefined>>): string {
  if (env.PURLIN_HOME) return resolve(env.PURLIN_HOME);
  if (process.getuid?.() === 0) return "/var/lib/purlin";
  return join(env.XDG_DATA_HOME ?? join(env.HOME ?? homedir(), ".local/share"), "purlin");
}

/** Folder of the tools that all stacks share. */
export function toolchainHome(env: Readonly<Record<string, string | undefined>>): string {
  return join(dataHome(env), "toolchain");
}

/** The debug log of the CLI itself: what every command did, for all stacks. */
export function cliLogFile(env: Readonly<Record<string, string | undefined>>): string {
  return join(dataHome(env), "logs", "cli.ndjson");
}

/** Settings the engine keeps of a stack from its creation on: whoever has none was never up on this machine. */
export function engineSettings(home: Pick<StackHome, "pulumiDir">, stack: string): string {
  return join(home.pulumiDir, "project", `Pulumi.${stack}.yaml`);
}

/** The places of the stack whose folder is `dir`. Touches nothing. */
export function stackHome(dir: string): StackHome {
  return {
    dir,
    stateDir: join(dir, "state"),
    pulumiDir: join(dir, "pulumi"),
    passphraseFile: join(dir, "passphrase"),
    masterKeyFile: join(dir, "master.key"),
    portsFile: join(dir, "ports.json"),
    caDir: join(dir, "ca"),
    lockFile: join(dir, "lock.json"),
    dataDir: join(dir, "data"),
    configDir: join(dir, "config"),
    processesDir: join(dir, "processes"),
    logsDir: join(dir, "logs"),
    metricsDir: join(dir, "metrics"),
    runDir: join(dir, "run"),
  };
}
