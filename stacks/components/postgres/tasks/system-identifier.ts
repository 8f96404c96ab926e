import { open } from "node:fs/promises";
import path from "node:path";

/** The identifier initdb gave the cluster and every copy of it shares: the first 8 bytes of pg_control. */
export async function systemIdentifier(dataDir: string): Promise<string> {
  const file = await open(path.join(dataDir, "global", "pg_control"));
  try {
    const { buffer } = await file.read(Buffer.alloc(8), 0, 8, 0);
    return buffer.readBigUInt64LE().toString();
  } finally {
    await file.close();
  }
}
