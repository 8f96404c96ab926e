/**
 * Places on disk. The data home is `$PURLIN_HOME`, else /var/lib/purlin for root, else $XDG_DATA_HOME/purlin:
 *
 *   <data home>/toolchain/                 tools, shared by all stacks (owned by the toolchain)
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
 *                      /processes/<name>/  process.json, run.sh, supervisor.conf, pid
 *                      /logs/<process>.log daemons' output; /logs/runs/<id>.ndjson runs of the CLI
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
  runDir: string;
}
