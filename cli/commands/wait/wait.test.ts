import { expect, test } from "vitest";
import { processRow } from "../../../tests/harness/cli-samples.ts";
import { fakeContext } from "../../../tests/harness/fake-context.ts";
import type { ProcessRow } from "../../platform.ts";
import { wait } from "./wait.handler.ts";

const ready = processRow();
const starting = processRow({ state: "starting", probe: { ok: false, answer: "LOADING", ms: 1 } });

function answering(...answers: ProcessRow[][]) {
  return { processStatus: () => Promise.resolve(answers.length > 1 ? answers.shift()! : answers[0]!) };
}

test("returns once every process answers", async () => {
  const context = fakeContext({ platform: answering([starting], [ready]) });
  expect(await wait(context, { name: undefined, timeout: 10 })).toBe("done");
  expect(context.err()).toBe("The platform is healthy (0.0 s).\n");
});

test("waits for one component only", async () => {
  const other = processRow({ component: "postgres", name: "postgres-primary", state: "failed" });
  const context = fakeContext({ platform: answering([ready, other]) });
  expect(await wait(context, { name: "redis", timeout: 0 })).toBe("done");
});

test("gives up after the timeout and repeats what the probe said last", async () => {
  const context = fakeContext({ platform: answering([starting]), step: 1000 });
  await expect(wait(context, { name: "redis", timeout: 1 })).rejects.toMatchObject({
    family: "timeout",
    text: {
      what: "redis is not healthy after 1 s",
      why: "redis-cache is starting: LOADING",
      fix: "see `purlin logs redis`",
    },
  });
});

test("names the nearest component", async () => {
  const context = fakeContext({ platform: answering([ready]) });
  await expect(wait(context, { name: "rediss", timeout: 1 })).rejects.toMatchObject({
    text: {
      what: "no component or process is called rediss",
      fix: "did you mean redis? `purlin status` lists them all",
    },
  });
});
