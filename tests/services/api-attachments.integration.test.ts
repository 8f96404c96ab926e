import { createHash, randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bucket, startWorld, type Caller, type World } from "./api-data-world.ts";
import { storedObjects } from "./buckets.ts";
import { eventually } from "./daemons.ts";

let world: World;

beforeAll(async () => {
  world = await startWorld();
});

afterAll(() => world[Symbol.asyncDispose]());

interface Attachment {
  id: string;
  state: string;
  reason: string | null;
  sha256: string | null;
  name: string;
  upload: { url: string; method: string; headers: Record<string, string>; expiresAt: string };
}

const path = (id = "") => `/tasks/${world.ours.taskId}/attachments${id === "" ? "" : `/${id}`}`;

async function announce(body: Buffer, contentType = "text/plain", name = "notes.txt"): Promise<Attachment> {
  const answer = await world.ours.owner.send("POST", path(), { name, contentType, size: body.length });
  expect(answer.status).toBe(201);
  return (await answer.json()) as Attachment;
}

async function upload({ upload: { url, method, headers } }: Attachment, body: Buffer<ArrayBuffer>): Promise<number> {
  return (await fetch(url, { method, headers, body })).status;
}

async function complete(id: string, caller: Caller = world.ours.owner): Promise<Response> {
  return caller.send("POST", `${path(id)}/complete`);
}

/** One that was announced, uploaded and checked. */
async function attach(body: Buffer<ArrayBuffer>, contentType?: string, name?: string): Promise<Attachment> {
  const announced = await announce(body, contentType, name);
  expect(await upload(announced, body)).toBe(200);
  const answer = await complete(announced.id);
  expect(answer.status).toBe(200);
  return (await answer.json()) as Attachment;
}

const row = async (id: string) => (await world.daemons.sqlIn("app", `SELECT * FROM attachments WHERE id = '${id}'`))[0];
const eventsOf = async (id: string) =>
  (await world.daemons.sqlIn("app", `SELECT type FROM platform.outbox WHERE entity_id = '${id}' ORDER BY id`)).map(
    (event) => event["type"],
  );

describe("the way of a file", () => {
  test("announced, uploaded, checked, downloaded: byte for byte, only ever as a download", async () => {
    const body = randomBytes(100_000).toString("hex");
    const bytes = Buffer.from(`<script>${body}</script>`);
    const announced = await announce(bytes, "text/html", "../Übersicht.html");
    expect(announced).toMatchObject({ state: "pending", name: "Übersicht.html", sha256: null });
    expect(await upload(announced, bytes)).toBe(200);
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    const completed = await complete(announced.id);
    expect(await completed.json()).toMatchObject({ id: announced.id, state: "checked", sha256 });

    const token = { "x-consistency-token": completed.headers.get("x-consistency-token") ?? "" };
    const answer = await world.ours.viewer.send("GET", `${path(announced.id)}/content`, undefined, token);
    expect(answer.status).toBe(200);
    expect(answer.headers.get("content-type")).toBe("application/octet-stream");
    expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
    expect(answer.headers.get("content-security-policy")).toBe("default-src 'none'; sandbox");
    expect(answer.headers.get("content-disposition")).toBe(
      `attachment; filename="_bersicht.html"; filename*=UTF-8''%C3%9Cbersicht.html`,
    );
    expect(Buffer.from(await answer.arrayBuffer()).equals(bytes)).toBe(true);
    const known = { ...token, "if-none-match": `"${sha256}"` };
    expect((await world.ours.viewer.send("GET", `${path(announced.id)}/content`, undefined, known)).status).toBe(304);
    expect(await eventsOf(announced.id)).toEqual(["attachment.uploaded", "attachment.checked"]);
  });

  test("completing twice, also at once, decides once", async () => {
    const bytes = Buffer.from("twice");
    const announced = await announce(bytes);
    await upload(announced, bytes);
    const answers = await Promise.all(Array.from({ length: 5 }, () => complete(announced.id)));
    for (const { status } of answers) expect([200, 409]).toContain(status);
    const again = await complete(announced.id);
    expect(await again.json()).toMatchObject({ state: "checked" });
    expect(await eventsOf(announced.id)).toEqual(["attachment.uploaded", "attachment.checked"]);
    const { object_key: key } = (await row(announced.id)) ?? {};
    expect(await storedObjects(world.daemons, bucket)).toContain(key);
  });

  test("what is not as announced is rejected, and its object removed", async () => {
    const bytes = Buffer.from("<script>alert(1)</script>");
    const announced = await announce(bytes, "image/png", "photo.png");
    await upload(announced, bytes);
    expect(await (await complete(announced.id)).json()).toMatchObject({ state: "rejected", reason: "type" });
    expect((await storedObjects(world.daemons, bucket)).filter((key) => key.includes(announced.id))).toEqual([]);
    expect((await world.ours.owner.send("GET", `${path(announced.id)}/content`)).status).toBe(409);
    expect(await eventsOf(announced.id)).toEqual(["attachment.uploaded", "attachment.rejected"]);
  });

  test("an upload repeated after the check changes nothing", async () => {
    const announced = await announce(Buffer.from("good"));
    await upload(announced, Buffer.from("good"));
    await complete(announced.id);
    expect(await upload(announced, Buffer.from("evil"))).toBe(200);
    const again = await complete(announced.id);
    const token = { "x-consistency-token": again.headers.get("x-consistency-token") ?? "" };
    const content = await world.ours.owner.send("GET", `${path(announced.id)}/content`, undefined, token);
    expect(await content.text()).toBe("good");
  });

  test("nothing uploaded yet is a conflict, and the upload still possible", async () => {
    const announced = await announce(Buffer.from("later"));
    expect((await complete(announced.id)).status).toBe(409);
    await upload(announced, Buffer.from("later"));
    expect((await complete(announced.id)).status).toBe(200);
  });

  test.each([
    ["a type that is not taken", { name: "a", contentType: "application/x-msdownload", size: 1 }, 400],
    ["a negative size", { name: "a", contentType: "text/plain", size: -1 }, 400],
    ["no name", { name: "", contentType: "text/plain", size: 1 }, 400],
    ["a field nobody knows", { name: "a", contentType: "text/plain", size: 1, objectKey: "x" }, 400],
    ["more than the limit", { name: "a", contentType: "text/plain", size: 10 ** 12 }, 422],
  ])("%s is refused", async (_, body, status) => {
    expect((await world.ours.owner.send("POST", path(), body)).status).toBe(status);
  });
});

describe("who may", () => {
  test("a viewer downloads and changes nothing", async () => {
    const { id } = await attach(Buffer.from("read only"));
    const { viewer } = world.ours;
    expect((await viewer.send("GET", path())).status).toBe(200);
    expect((await viewer.send("POST", path(), { name: "a", contentType: "text/plain", size: 1 })).status).toBe(403);
    expect((await complete(id, viewer)).status).toBe(403);
    expect((await viewer.send("DELETE", path(id))).status).toBe(403);
  });

  test("another organisation finds nothing, neither at its own address nor at ours", async () => {
    const { id } = await attach(Buffer.from("secret"));
    const { owner } = world.theirs;
    for (const [method, tail] of [
      ["GET", ""],
      ["GET", "/content"],
      ["POST", "/complete"],
      ["DELETE", ""],
    ] as const) {
      expect((await owner.send(method, `${path(id)}${tail}`)).status).toBe(404);
      expect((await owner.send(method, `/tasks/${world.theirs.taskId}/attachments/${id}${tail}`)).status).toBe(404);
      const foreign = await fetch(`${world.api.url}/organisations/${world.ours.organisationId}${path(id)}${tail}`, {
        method,
        headers: await owner.headers(),
      });
      expect(foreign.status).toBe(404);
    }
    const body = { name: "a", contentType: "text/plain", size: 1 };
    expect((await owner.send("POST", path(), body)).status).toBe(404);
    expect((await owner.send("GET", path())).status).toBe(404);
    expect(await row(id)).toMatchObject({ state: "checked" });
  });
});

describe("nothing is left behind", () => {
  /** Lets what is due later be due now. */
  const age = async () => {
    await world.daemons.sqlIn("app", "UPDATE removed_objects SET remove_after = now() - interval '1 second'");
    await world.daemons.sqlIn(
      "app",
      "UPDATE attachments SET upload_expires_at = now() - interval '1 hour' WHERE state = 'pending'",
    );
  };

  test("deleting removes the object; deleting the task those of all its attachments", async () => {
    const { id } = await attach(Buffer.from("short-lived"));
    const { object_key: key } = (await row(id)) ?? {};
    expect((await world.ours.owner.send("DELETE", path(id))).status).toBe(204);
    expect(await storedObjects(world.daemons, bucket)).not.toContain(key);
    expect(await eventsOf(id)).toContain("attachment.deleted");

    const made = await world.ours.owner.send("POST", `/projects/${world.ours.projectId}/tasks`, {
      title: "with a file",
    });
    const task = (await made.json()) as { id: string };
    const tasks = `/tasks/${task.id}/attachments`;
    const body = Buffer.from("of a task");
    const announcing = await world.ours.owner.send("POST", tasks, {
      name: "a",
      contentType: "text/plain",
      size: body.length,
    });
    const announced = (await announcing.json()) as Attachment;
    await upload(announced, body);
    await world.ours.owner.send("POST", `${tasks}/${announced.id}/complete`);
    await world.daemons.sqlIn("app", `DELETE FROM tasks WHERE id = '${task.id}'`);
    await age();
    await eventually(async () => {
      expect((await storedObjects(world.daemons, bucket)).filter((one) => one.includes(task.id))).toEqual([]);
    });
  });

  test("an upload nobody completed is checked all the same, one that never came is forgotten", async () => {
    const [came, never] = [await announce(Buffer.from("came")), await announce(Buffer.from("never"))];
    await upload(came, Buffer.from("came"));
    await age();
    await eventually(async () => {
      expect(await row(came.id)).toMatchObject({ state: "checked" });
      expect(await row(never.id)).toBeUndefined();
    });
  });

  test("storage away: nothing is promised, and what was to go goes when it is back", async () => {
    const { id } = await attach(Buffer.from("survivor"));
    const { object_key: key } = (await row(id)) ?? {};
    await world.daemons.storage.kill();
    try {
      expect((await complete((await announce(Buffer.from("x"))).id)).status).toBe(503);
      expect((await world.ours.owner.send("GET", `${path(id)}/content`)).status).toBe(503);
      expect((await world.ours.owner.send("DELETE", path(id))).status).toBe(204);
    } finally {
      await world.daemons.storage.start();
    }
    expect(await storedObjects(world.daemons, bucket)).toContain(key);
    await age();
    await eventually(async () => expect(await storedObjects(world.daemons, bucket)).not.toContain(key));
  });
});
