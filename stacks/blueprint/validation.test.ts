import { join } from "node:path";
import { expect, test } from "vitest";
import { PurlinError } from "../../errors/purlin-error.ts";
import { kinds } from "../components/index.ts";
import { parseBlueprint } from "./load.ts";
import { resolveSource } from "./resolve.ts";

/*
 * Wrong blueprints, one a line: what is written instead of what in a right one, and exactly what the user reads. `+`
 * appends to the right one.
 */
const right = `name: shop
stacks:
  dev: { target: local }
  prod: { target: local, set: { postgres: { replicas: 3 } } }
gateway: { ports: { https: 8443 }, maxBody: 10MiB }
postgres: { replicas: 2, databases: { app: {}, stats: {} } }
redis: {}
storage: { buckets: { files: { versioning: true } } }
mindsdb: { database: app }
monitoring:
  retention: 15d
  alerts:
    receivers: { on-call: { webhook: "https://hooks.example.com/x" } }
    routes: [{ severity: page, receiver: on-call }]
services:
  api:
    path: services/api
    command: [node, dist/server.js]
    migrate: [node, dist/migrate.js]
    route: { path: /api }
    needs:
      postgres: [{ database: app, access: read-write, migrates: true }]
      redis: [{ instance: cache }]
      storage: [{ bucket: files }]
    env: { LOG_LEVEL: debug }
`;

const worker = `  mailer: { path: services/api, command: [node, x.js]`;

type Case = [wrong: string, instead: string, problem: string];

const cases: Case[] = [
  ["", "name: shop\n", "1:1 name: required: Name of the product; part of the names of everything that is made"],
  [
    "name: Shop",
    "name: shop",
    '1:7 name: "Shop" is not a project name; use lower case letters, digits and single dashes, at most 40',
  ],
  ["name: 7", "name: shop", '1:7 name: expected text, not 7; put it in quotes: "7"'],
  ["name: [a]", "name: shop", "1:7 name: expected text, not a list"],
  ["name:", "name: shop", "1:6 name: expected text, not nothing"],
  ["backend: 3\n", "+", '26:10 backend: expected text, not 3; put it in quotes: "3"'],
  ["gatway:", "gateway:", '5:1 gatway: unknown key; did you mean "gateway"?'],
  ["kubernetes: {}\n", "+", `26:1 kubernetes: unknown key; keys here: name, backend, stacks, ${kinds.join(", ")}`],
  [
    "{ target: locl }",
    "{ target: local }",
    '3:18 stacks.dev.target: must be one of local, kubernetes, aws, not "locl"; did you mean "local"?',
  ],
  ["{ }", "{ target: local }", "3:3 stacks.dev.target: required: Where the stack runs"],
  ["local", "{ target: local }", '3:8 stacks.dev: expected a mapping, not "local"'],
  [
    "stacks: {}\n",
    right.slice(right.indexOf("stacks"), right.indexOf("gateway")),
    "2:9 stacks: name at least one stack, like dev: { target: local }",
  ],
  [
    "stacks: dev\n",
    right.slice(right.indexOf("stacks"), right.indexOf("gateway")),
    '2:9 stacks: expected a mapping, not "dev"',
  ],
  [
    "Dev: {",
    "dev: {",
    '3:3 stacks.Dev: "Dev" is not a stack name; use lower case letters, digits and single dashes, at most 20',
  ],
  ["set: { postgress:", "set: { postgres:", '4:33 stacks.prod.set.postgress: unknown key; did you mean "postgres"?'],
  [
    "set: { name: a, postgres:",
    "set: { postgres:",
    `4:33 stacks.prod.set.name: unknown key; keys here: ${kinds.join(", ")}`,
  ],
  [
    "set: { postgres: { replicas: 9 } }",
    "set: { postgres: { replicas: 3 } }",
    "4:55 stacks.prod.set.postgres.replicas: must be at most 5, not 9",
  ],
  [
    "set: { postgres: { replica: 3 } }",
    "set: { postgres: { replicas: 3 } }",
    '4:45 stacks.prod.set.postgres.replica: unknown key; did you mean "replicas"?',
  ],
  [
    "set: { postgres: false }",
    "set: { postgres: { replicas: 3 } }",
    [
      "9:10 mindsdb: needs postgres, which is not part of this platform; add a postgres section (in stack prod)",
      "22:17 services.api.needs.postgres: needs postgres, which is not part of this platform; add a postgres section (in stack prod)",
    ].join("\n"),
  ],
  [
    "set: { storage: { buckets: { files: null } } }",
    "set: { postgres: { replicas: 3 } }",
    '24:27 services.api.needs.storage[0].bucket: "files" is not in storage.buckets; nothing is declared there (in stack prod)',
  ],
  ["https: 443", "https: 8443", "5:28 gateway.ports.https: must be at least 1024, not 443"],
  ['https: "8443"', "https: 8443", '5:28 gateway.ports.https: expected a number, not "8443"; write it without quotes'],
  ["https: 8443.5", "https: 8443", "5:28 gateway.ports.https: expected a whole number, not 8443.5"],
  [
    "http: 8443, https: 8443",
    "https: 8443",
    "5:40 gateway.ports.https: 8443 is already the port of gateway.ports.http",
  ],
  [
    "maxBody: 10MB",
    "maxBody: 10MiB",
    '5:45 gateway.maxBody: "10MB" is not a size; write a number and KiB, MiB or GiB, like 128MiB',
  ],
  [
    "maxBody: 10485760",
    "maxBody: 10MiB",
    "5:45 gateway.maxBody: 10485760 is not a size; write a number and KiB, MiB or GiB, like 128MiB",
  ],
  ["maxBody: 1B", "maxBody: 10MiB", '5:45 gateway.maxBody: "1B" is too small; the least is 1KiB'],
  ["max_body: 10MiB", "maxBody: 10MiB", '5:36 gateway.max_body: unknown key; did you mean "maxBody"?'],
  [
    "cors: { origins: https://a.example }",
    "maxBody: 10MiB",
    '5:53 gateway.cors.origins: expected a list, not "https://a.example"; write it as a list: [https://a.example]',
  ],
  [
    "cors: { origins: [a.example] }",
    "maxBody: 10MiB",
    '5:54 gateway.cors.origins[0]: "a.example" is not an origin; write scheme and host without a path, like https://shop.example.com',
  ],
  [
    "domain: shop.example.com/",
    "maxBody: 10MiB",
    '5:44 gateway.domain: "shop.example.com/" is not a host name, like shop.example.com',
  ],
  ["retries: -1", "maxBody: 10MiB", "5:45 gateway.retries: must be at least 0, not -1"],
  [
    "gateway: true",
    "gateway: { ports: { https: 8443 }, maxBody: 10MiB }",
    "5:10 gateway: expected a mapping, not true; {} takes the defaults",
  ],
  [
    "gateway: null",
    "gateway: { ports: { https: 8443 }, maxBody: 10MiB }",
    "20:12 services.api.route: has a route, but the platform has no gateway; add a gateway section",
  ],
  ["{ replicas: .nan,", "{ replicas: 2,", "6:23 postgres.replicas: expected a number, not NaN (in stack dev)"],
  ["{ replicas: two,", "{ replicas: 2,", '6:23 postgres.replicas: expected a number, not "two" (in stack dev)'],
  ["{ version: 17,", "{ replicas: 2,", "6:22 postgres.version: must be 18, not 17"],
  [
    "{ ports: { primary: 8443 },",
    "{ replicas: 2,",
    "6:31 postgres.ports.primary: 8443 is already the port of gateway.ports.https",
  ],
  [
    "databases: { app: {}, Stats: {} }",
    "databases: { app: {}, stats: {} }",
    '6:48 postgres.databases.Stats: "Stats" is not a database name; use lower case letters, digits and _, at most 40; not postgres or template0/1',
  ],
  [
    "databases: { app: , stats: {} }",
    "databases: { app: {}, stats: {} }",
    "6:44 postgres.databases.app: expected a mapping, not nothing; {} takes the defaults",
  ],
  ["databases: [app]", "databases: { app: {}, stats: {} }", "6:37 postgres.databases: expected a mapping, not a list"],
  [
    "databases: { app: { extensions: [Pg Trgm] } }",
    "databases: { app: {}, stats: {} }",
    '6:59 postgres.databases.app.extensions[0]: "Pg Trgm" is not the name of a Postgres extension, like pg_trgm',
  ],
  [
    "databases: { postgres: {}, app: {} }",
    "databases: { app: {}, stats: {} }",
    '6:39 postgres.databases.postgres: "postgres" is not a database name; use lower case letters, digits and _, at most 40; not postgres or template0/1',
  ],
  [
    "redis: { queue: { policy: allkeys-lru } }",
    "redis: {}",
    '7:27 redis.queue.policy: must be noeviction, not "allkeys-lru"',
  ],
  [
    "redis: { cache: { policy: alkeys-lru } }",
    "redis: {}",
    '7:27 redis.cache.policy: must be one of allkeys-lru, allkeys-lfu, volatile-lru, volatile-ttl, noeviction, not "alkeys-lru"; did you mean "allkeys-lru"?',
  ],
  [
    "redis: { cache: { maxMemory: lots } }",
    "redis: {}",
    '7:30 redis.cache.maxMemory: "lots" is not a size; write a number and KiB, MiB or GiB, like 128MiB',
  ],
  [
    "redis: false",
    "redis: {}",
    "23:14 services.api.needs.redis: needs redis, which is not part of this platform; add a redis section",
  ],
  [
    "{ Files: { versioning: true } }",
    "{ files: { versioning: true } }",
    '8:23 storage.buckets.Files: "Files" is not a bucket name; use 3 to 63 lower case letters, digits and single dashes',
  ],
  [
    "{ files: { versioning: yes } }",
    "{ files: { versioning: true } }",
    '8:44 storage.buckets.files.versioning: expected true or false, not "yes"',
  ],
  [
    "{ files: { expireDays: 0 } }",
    "{ files: { versioning: true } }",
    "8:44 storage.buckets.files.expireDays: must be at least 1, not 0",
  ],
  [
    "mindsdb: {}",
    "mindsdb: { database: app }",
    "9:1 mindsdb.database: required: Database of postgres.databases it reads, on a replica where there is one",
  ],
  [
    "mindsdb: { database: ap }",
    "mindsdb: { database: app }",
    '9:22 mindsdb.database: "ap" is not in postgres.databases; did you mean "app"?',
  ],
  [
    "retention: 2 weeks",
    "retention: 15d",
    '11:14 monitoring.retention: "2 weeks" is not a duration; write a number and s, m, h, d, w or y, like 15d',
  ],
  ["scrapeInterval: 15s", "retention: 15d", '11:19 monitoring.scrapeInterval: expected a number, not "15s"'],
  ["grafana: on", "retention: 15d", '11:12 monitoring.grafana: must be one of auto, off, not "on"'],
  [
    "webhook: hooks.example.com/secret",
    'webhook: "https://hooks.example.com/x"',
    "13:38 monitoring.alerts.receivers.on-call.webhook: not a URL; write https://... or, to keep it out of the file, ${env:NAME}",
  ],
  [
    "severity: pager",
    "severity: page",
    '14:26 monitoring.alerts.routes[0].severity: must be one of page, ticket, info, not "pager"; did you mean "page"?',
  ],
  [
    "receiver: oncall }",
    "receiver: on-call }",
    '14:42 monitoring.alerts.routes[0].receiver: "oncall" is not in monitoring.alerts.receivers; did you mean "on-call"?',
  ],
  [
    "component: postgre, receiver",
    "severity: page, receiver",
    '14:27 monitoring.alerts.routes[0].component: "postgre" is not part of this platform; did you mean "postgres"?',
  ],
  [
    "path: services/nothing",
    "path: services/api",
    '17:11 services.api.path: no folder "services/nothing" beside the file',
  ],
  [
    "path: /services/api",
    "path: services/api",
    '17:11 services.api.path: "/services/api" must be a folder below that of purlin.yaml, written relative to it',
  ],
  [
    "path: ../services/api",
    "path: services/api",
    '17:11 services.api.path: "../services/api" must be a folder below that of purlin.yaml, written relative to it',
  ],
  [
    "command: node dist/server.js",
    "command: [node, dist/server.js]",
    '18:14 services.api.command: expected a list, not "node dist/server.js"; write it as a list: [node, dist/server.js]',
  ],
  ["command: []", "command: [node, dist/server.js]", "18:5 services.api.command[0]: required: The program to run"],
  [
    "command: [node, 1]",
    "command: [node, dist/server.js]",
    '18:21 services.api.command[1]: expected text, not 1; put it in quotes: "1"',
  ],
  ["instances: 99", "migrate: [node, dist/migrate.js]", "19:16 services.api.instances: must be at most 32, not 99"],
  [
    "instances: 1",
    "migrate: [node, dist/migrate.js]",
    "22:65 services.api.needs.postgres[0].migrates: is true, but the service has no `migrate` command",
  ],
  [
    "migrates: false",
    "migrates: true",
    "19:14 services.api.migrate: has no database to migrate; give one claim of needs.postgres `migrates: true`",
  ],
  [
    "route: { path: api }",
    "route: { path: /api }",
    '20:20 services.api.route.path: "api" is not a route path; start with a slash and end without one, like /api',
  ],
  [
    "route: { path: /api/ }",
    "route: { path: /api }",
    '20:20 services.api.route.path: "/api/" is not a route path; start with a slash and end without one, like /api',
  ],
  [
    "route: {}",
    "route: { path: /api }",
    "20:5 services.api.route.path: required: Path prefix whose requests come here; the longest match wins",
  ],
  ["route: /api", "route: { path: /api }", '20:12 services.api.route: expected a mapping, not "/api"'],
  [
    "database: apps, access: read-write",
    "database: app, access: read-write",
    '22:30 services.api.needs.postgres[0].database: "apps" is not in postgres.databases; did you mean "app"?',
  ],
  [
    "database: app, access: write",
    "database: app, access: read-write",
    '22:43 services.api.needs.postgres[0].access: must be one of read-write, read-only, not "write"',
  ],
  [
    "postgres: { database: app }",
    "postgres: [{ database: app, access: read-write, migrates: true }]",
    "22:17 services.api.needs.postgres: expected a list, not a mapping",
  ],
  [
    "redis: [{ instance: cache }, { instance: cache }]",
    "redis: [{ instance: cache }]",
    '23:36 services.api.needs.redis[1]: claims "cache" a second time; keep one claim',
  ],
  [
    "redis: [cache]",
    "redis: [{ instance: cache }]",
    '23:15 services.api.needs.redis[0]: expected a mapping, not "cache"',
  ],
  [
    "storage: [{ bucket: file }]",
    "storage: [{ bucket: files }]",
    '24:27 services.api.needs.storage[0].bucket: "file" is not in storage.buckets; did you mean "files"?',
  ],
  [
    "kafka: []",
    "storage: [{ bucket: files }]",
    "24:7 services.api.needs.kafka: unknown key; keys here: postgres, redis, storage, mail, mindsdb",
  ],
  ["mindsdb: yes", "storage: [{ bucket: files }]", '24:16 services.api.needs.mindsdb: must be true, not "yes"'],
  [
    "env: { PORT: '80' }",
    "env: { LOG_LEVEL: debug }",
    "25:12 services.api.env.PORT: is set by the platform; remove it",
  ],
  [
    "keys: { LOG_LEVEL: x, PORT: x }\n    env: { LOG_LEVEL: debug }",
    "env: { LOG_LEVEL: debug }",
    "25:13 services.api.keys.LOG_LEVEL: is in `env` too; keep one\n25:27 services.api.keys.PORT: is set by the platform; remove it",
  ],
  [
    "env: { WORKERS: 4 }",
    "env: { LOG_LEVEL: debug }",
    '25:21 services.api.env.WORKERS: expected text, not 4; put it in quotes: "4"',
  ],
  [
    "env: { log-level: debug }",
    "env: { LOG_LEVEL: debug }",
    '25:12 services.api.env.log-level: "log-level" is not the name of an environment variable',
  ],
  ["stopTimeout: 0", "env: { LOG_LEVEL: debug }", "25:18 services.api.stopTimeout: must be at least 1, not 0"],
  ["  redis:\n", "  api:\n", "16:3 services.redis: is the name of a component; choose another"],
  [`${worker}, route: { path: /api } }\n`, "+", "26:71 services.mailer.route.path: /api already leads to services.api"],
  [
    "files: { presigned: true }, api: { presigned: true }",
    "files: { versioning: true }",
    "8:69 storage.buckets.api.presigned: /api already leads to services.api",
  ],
  [
    "postgres: { replicas: 2, maxConnections: 49,",
    "postgres: { replicas: 2,",
    "6:42 postgres.maxConnections: 49 is too few: pools may take 30, and 20 are kept for the platform; write 50, or give claims of needs.postgres a smaller pool",
  ],
  [
    "access: read-write, migrates: true, pool: 81",
    "access: read-write, migrates: true",
    "6:1 postgres.maxConnections: 100 is too few: pools may take 101, and 20 are kept for the platform; write 121, or give claims of needs.postgres a smaller pool",
  ],
  ["mail: {}\n", "+", "26:1 mail.from: required: Sender of the platform's mail"],
  [
    "mail: { from: a@b.example, smtp: 'http://x' }\n",
    "+",
    "26:34 mail.smtp: not an smtp URL; write smtps://user:password@host or, to keep it out of the file, ${env:NAME}",
  ],
  [
    "mail: { from: me }\n",
    "+",
    '26:15 mail.from: "me" is not a sender; write name@example.com or Name <name@example.com>',
  ],
  [
    "mail: true",
    "storage: [{ bucket: files }]",
    "24:13 services.api.needs.mail: needs mail, which is not part of this platform; add a mail section",
  ],
  [
    "retention: 15d\n  traces: { endpoint: localhost }",
    "retention: 15d",
    "12:23 monitoring.traces.endpoint: not a URL; write https://... or, to keep it out of the file, ${env:NAME}",
  ],
  [
    "env: { NODE_EXTRA_CA_CERTS: /x }",
    "env: { LOG_LEVEL: debug }",
    "25:12 services.api.env.NODE_EXTRA_CA_CERTS: is set by the platform; remove it",
  ],
  [`${worker}, instanses: 2 }\n`, "+", '26:56 services.mailer.instanses: unknown key; did you mean "instances"?'],
  [
    "  api_2: {}\n",
    "+",
    '26:3 services.api_2: "api_2" is not a service name; use lower case letters, digits and single dashes, at most 20',
  ],
];

test("the right one has no problem", () => {
  expect(problemsOf(right)).toBe("no problem");
});

test.each(cases)("%s", (wrong, instead, problem) => {
  expect(problemsOf(change(wrong, instead))).toBe(problem);
});

function change(wrong: string, instead: string): string {
  if (instead === "+") return right + wrong;
  expect(right.split(instead)).toHaveLength(2); // the case changes one place of the right one
  return right.replace(instead, wrong);
}

const file = join(import.meta.dirname, "../../purlin.yaml");

function problemsOf(text: string): string {
  try {
    resolveSource(parseBlueprint(file, text), { file });
    return "no problem";
  } catch (error) {
    if (!(error instanceof PurlinError)) throw error;
    const [, ...problems] = error.message.split("\n");
    return problems.map((line) => line.replace(`  ${file}:`, "")).join("\n");
  }
}
