import { expect, test } from "vitest";
import { renderConf, renderHba, streamingSettings } from "./settings.ts";

test("values are written as postgresql.conf wants them, the included file last", () => {
  expect(renderConf({ ssl: true, port: 5432, cluster_name: "it's" }, "/etc/more.conf")).toBe(
    "ssl = on\nport = 5432\ncluster_name = 'it''s'\ninclude '/etc/more.conf'\n",
  );
});

test("a replica verifies the primary and keeps the password out of its settings", () => {
  const place = { port: 5432, caFile: "/a b/ca.pem", passFile: "/it's/pgpass", user: "repl", slot: "replica_1" };
  expect(streamingSettings(place)).toEqual({
    primary_conninfo:
      "host='127.0.0.1' port='5432' user='repl' passfile='/it\\'s/pgpass' sslmode='verify-full' sslrootcert='/a b/ca.pem'",
    primary_slot_name: "replica_1",
  });
});

test("every way in is over TLS with scram, and the replication role gets no database", () => {
  expect(renderHba("repl").trim().split("\n")).toEqual([
    "hostssl replication repl 127.0.0.1/32 scram-sha-256",
    "hostssl all repl 127.0.0.1/32 reject",
    "hostssl all all 127.0.0.1/32 scram-sha-256",
  ]);
});
