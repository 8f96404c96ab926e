import { expect, it } from "vitest";
import { stackHome } from "../../../home/home.ts";
import { supervisorSocket } from "./places.ts";

it("puts the socket into the run folder while its path fits into a socket's address", () => {
  expect(supervisorSocket(stackHome("/var/lib/purlin/stacks/shop-dev"))).toBe(
    "/var/lib/purlin/stacks/shop-dev/run/supervisor.sock",
  );
});

it("puts it into a short folder of the stack's own otherwise, the same each time", () => {
  const long = supervisorSocket(stackHome(`/${"long/".repeat(30)}shop-dev`));
  expect(long).toMatch(/^\/tmp\/purlin-[0-9a-f]{16}\/supervisor\.sock$/);
  expect(supervisorSocket(stackHome(`/${"long/".repeat(30)}shop-dev`))).toBe(long);
  expect(supervisorSocket(stackHome(`/${"long/".repeat(30)}shop-prod`))).not.toBe(long);
});
