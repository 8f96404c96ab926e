import { expect, test } from "vitest";
import { withEngine } from "../../../tests/harness/cli-samples.ts";
import { fakeContext } from "../../../tests/harness/fake-context.ts";
import { open } from "./open.handler.ts";

const outputs = {
  gateway: { url: "https://localhost:8443" },
  monitoring: { prometheus: { url: "http://127.0.0.1:9090" } },
};
const platform = withEngine({ outputs: () => Promise.resolve(outputs) });

test("prints the page's URL, and opens nothing without a terminal", async () => {
  const context = fakeContext({ platform });
  expect(await open(context, { page: "prometheus" })).toBe("done");
  expect(context.out()).toBe("http://127.0.0.1:9090\n");
});

test("opens it at a terminal", async () => {
  const opened: string[] = [];
  const spawn = ({ command }: { command: string[] }) => {
    opened.push(command.at(-1) ?? "");
    return Promise.resolve(undefined);
  };
  const context = fakeContext({ platform: { ...platform, spawn } });
  context.stdout.isTTY = true;
  await open(context, { page: "gateway" });
  expect(opened).toEqual(["https://localhost:8443"]);
});

test("prefers the page a service names to its root", async () => {
  const services = { api: { url: "https://localhost:8443/api", page: "https://localhost:8443/api/reference" } };
  const mail = { url: "http://127.0.0.1:8025" };
  const context = fakeContext({ platform: withEngine({ outputs: () => Promise.resolve({ services, mail }) }) });
  await open(context, { page: "api" });
  await open(context, { page: "mail" });
  expect(context.out()).toBe("https://localhost:8443/api/reference\nhttp://127.0.0.1:8025\n");
});

test("says which pages there are", async () => {
  await expect(open(fakeContext({ platform }), { page: "grafana" })).rejects.toMatchObject({
    text: { what: "this platform has no page grafana", why: "it has gateway, prometheus" },
  });
});
