import { readFile, rm } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";
import { withClient, type Server } from "./connect.ts";
import { slotIsUsable } from "./slot.ts";

interface Config {
  primary: Server;
  /** Markers of replicas' copies by slot. */
  markers: Record<string, string>;
}

const beatMs = 1000;
const beatsPerCheck = 10;

/**
 * Writes the time into purlin.heartbeat every second: its age on a replica is the replica's real lag, also while the
 * network is cut or nobody writes. Now and then it looks after the slots: a replica whose slot lost its WAL can never
 * catch up, so the marker of its copy is removed and the next `up` makes a new one.
 */
const [configFile] = process.argv.slice(2);
if (configFile === undefined) throw new Error("usage: heartbeat <config.json>");
const { primary, markers } = readConfig(await readFile(configFile, "utf8"));

for (;;) {
  try {
    await withClient(primary, "postgres", async (client) => {
      const closed = new Promise<never>((_, reject) => client.on("error", reject));
      await Promise.race([closed, beat(client)]);
    });
  } catch (error) {
    console.error(`heartbeat: ${error instanceof Error ? error.message : String(error)}; trying again`);
    await setTimeout(beatMs);
  }
}

async function beat(client: Parameters<typeof slotIsUsable>[0]): Promise<never> {
  for (let beats = 0; ; beats++) {
    await client.query("update purlin.heartbeat set at = clock_timestamp()");
    if (beats % beatsPerCheck === 0) await checkSlots(client);
    await setTimeout(beatMs);
  }
}

async function checkSlots(client: Parameters<typeof slotIsUsable>[0]): Promise<void> {
  for (const [slot, marker] of Object.entries(markers)) {
    if (await slotIsUsable(client, slot)) continue;
    console.error(`heartbeat: slot ${slot} lost its WAL; the next \`purlin up\` makes the replica anew`);
    await rm(marker, { force: true });
  }
}

/** Without a schema: the library for it would be a third of this process, which runs for ever and reads one file of ours. */
function readConfig(text: string): Config {
  const config: unknown = JSON.parse(text);
  if (!isConfig(config)) throw new Error("heartbeat: its configuration is not what `purlin up` writes");
  return config;
}

function isConfig(value: unknown): value is Config {
  return typeof value === "object" && value !== null && "primary" in value && "markers" in value;
}
