import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { userInfo } from "node:os";
import { expect, it } from "vitest";
import { isFree, listenerPid, portOwner } from "./port-owner.ts";

it("knows who listens on a port, and when nobody does", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const { port } = address;
  expect(await isFree(port)).toBe(false);
  expect(listenerPid(port)).toBe(process.pid);
  expect(portOwner(port)).toMatch(new RegExp(`^\\S.* \\(pid ${process.pid}, user ${userInfo().username}\\)$`));
  server.close();
  await once(server, "close");
  expect(await isFree(port)).toBe(true);
  expect(portOwner(port)).toBe("another process");
});

it.runIf(process.platform === "linux")(
  "knows it of a process that opens and closes files all the while",
  async () => {
    const busy = `
    const { openSync, closeSync } = require("node:fs");
    const many = () => Array.from({ length: 200 }, () => openSync("/dev/null"));
    const before = many(); // lower than the socket, so looked at before it
    const server = require("node:net").createServer().listen(0, "127.0.0.1", () => {
      console.log(server.address().port);
      before.forEach((fd) => closeSync(fd));
      setImmediate(() => { for (;;) many().forEach((fd) => closeSync(fd)); });
    });`;
    const child = spawn(process.execPath, ["-e", busy], { stdio: ["ignore", "pipe", "inherit"] });
    try {
      const [port] = (await once(child.stdout, "data")) as [Buffer];
      const seen = new Set(Array.from({ length: 8 }, () => listenerPid(Number(port))));
      expect([...seen]).toEqual([child.pid]);
    } finally {
      child.kill("SIGKILL");
    }
  },
  20_000,
);
