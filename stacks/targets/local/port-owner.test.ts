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
