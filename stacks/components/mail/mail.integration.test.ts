import { once } from "node:events";
import { readdirSync, statSync } from "node:fs";
import { get } from "node:http";
import { connect } from "node:net";
import path from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { running, type Running } from "../../../tests/harness/running.ts";
import { local } from "./local.ts";

const spec = { from: "a@b.example" };
const summaries = z.object({
  messages: z.array(z.object({ id: z.string(), to: z.array(z.string()), subject: z.string() })),
});

let platform: Running;
let page: string;

beforeAll(async () => {
  platform = await running({ mail: spec }, []);
  const { outputs } = await platform.apply((target) =>
    local(target, { spec, consumers: [], built: {}, envOf: () => ({}) }),
  );
  page = z.string().parse(outputs.url);
});
afterAll(() => platform.stop());

test("a message can be found by its recipient and read as text and HTML", async () => {
  await send(
    ["ann@b.example", "hidden@b.example"],
    [
      "From: Shop <a@b.example>",
      "To: ann@b.example",
      "Subject: =?utf-8?q?H=C3=A9llo?=",
      "Content-Type: multipart/alternative; boundary=x",
      "",
      "--x\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nopen https://localhost/verify?a=1&b=2\r\n",
      "--x\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>open</p>\r\n--x--",
    ],
  );
  await send(["bob@b.example"], ["Subject: other", "", "text"]);
  for (const to of ["ann@b.example", "ANN@b.example", "hidden@b.example"]) {
    const { messages } = await list(to);
    expect(messages.map(({ subject }) => subject)).toEqual(["Héllo"]);
  }
  const [found] = (await list("ann@b.example")).messages;
  const message: unknown = await (await fetch(`${page}/messages/${found?.id}`)).json();
  expect(message).toMatchObject({ text: "open https://localhost/verify?a=1&b=2\n", html: "<p>open</p>" });
  expect(await (await fetch(page)).text()).toContain("Héllo");
  expect(await (await fetch(`${page}/mail/${found?.id}`)).text()).toContain("https://localhost/verify?a=1&#38;b=2");
});

test("messages outlive the process, and only the platform's user can read them", async () => {
  await send(["kept@b.example"], ["Subject: kept", "", "text"]);
  await platform.kill("mail");
  await platform.start("mail");
  expect((await list("kept@b.example")).messages).toHaveLength(1);
  const folder = platform.target.dataDir("mail");
  expect(readdirSync(folder).filter((name) => (statSync(path.join(folder, name)).mode & 0o077) !== 0)).toEqual([]);
});

test("a message above 1 MiB is refused and the next one taken", async () => {
  const line = "x".repeat(70);
  await expect(
    send(["big@b.example"], ["Subject: big", "", ...Array.from({ length: 16_000 }, () => line)]),
  ).rejects.toThrow("552");
  expect((await list("big@b.example")).messages).toEqual([]);
  await send(["next@b.example"], ["Subject: next", "", "text"]);
  expect((await list("next@b.example")).messages).toHaveLength(1);
});

test("the newest 200 stay", async () => {
  const some = Array.from({ length: 40 }, (_, n) => n);
  for (let round = 0; round < 5; round++) {
    await Promise.all(some.map((n) => send(["many@b.example"], [`Subject: ${round} ${n}`, "", "text"])));
  }
  await send(["many@b.example"], ["Subject: last", "", "text"]);
  const { messages } = await list();
  expect(messages).toHaveLength(200);
  expect(messages[0]?.subject).toBe("last");
  expect(readdirSync(platform.target.dataDir("mail"))).toHaveLength(200);
});

test("another host name, another method and a path out of the folder get nothing", async () => {
  const request = get(`${page}/messages`, { headers: { host: "evil.example" } });
  const [response] = (await once(request, "response")) as [NodeJS.ReadableStream & { statusCode: number }];
  expect([response.statusCode, await text(response)]).toEqual([421, "not a name of this server\n"]);
  expect((await fetch(`${page}/messages`, { method: "DELETE" })).status).toBe(405);
  expect((await fetch(`${page}/messages/..%2f..%2fmaster.key`)).status).toBe(404);
  expect((await fetch(page)).headers.get("content-security-policy")).toContain("default-src 'none'");
});

test("metrics say what was taken and what is held", async () => {
  const metrics = await (await fetch(`${page}/metrics`)).text();
  expect(metrics).toMatch(/mail_messages_received_total\{result="kept"\} 2\d\d/);
  expect(metrics).toContain('mail_messages_received_total{result="refused"} 1');
  expect(metrics).toContain("mail_messages_held_count 200");
  expect(metrics).toContain("process_start_time_seconds");
});

async function list(to?: string) {
  const query = to === undefined ? "" : `?to=${encodeURIComponent(to)}`;
  return summaries.parse(await (await fetch(`${page}/messages${query}`)).json());
}

/** One conversation by RFC 5321. Rejects with the server's line when it refuses something. */
async function send(to: string[], lines: string[]): Promise<void> {
  const socket = connect(platform.target.port("mail/smtp"), "127.0.0.1");
  const answers = createInterface(socket)[Symbol.asyncIterator]();
  const expectCode = async (code: string) => {
    for (;;) {
      const { value } = (await answers.next()) as { value: string };
      if (!value.startsWith(code)) throw new Error(value);
      if (value[3] === " ") return;
    }
  };
  const say = async (line: string, code: string) => {
    socket.write(`${line}\r\n`);
    await expectCode(code);
  };
  try {
    await expectCode("220");
    await say("EHLO test", "250");
    await say("MAIL FROM:<a@b.example>", "250");
    for (const each of to) await say(`RCPT TO:<${each}>`, "250");
    await say("DATA", "354");
    await say(`${lines.join("\r\n")}\r\n.`, "250");
  } finally {
    socket.destroy();
  }
}
