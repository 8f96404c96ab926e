import { serverAudits } from "graphql-http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startWorld, type Caller, type World } from "./api-data-world.ts";

let world: World;

beforeAll(async () => {
  world = await startWorld();
});

afterAll(() => world[Symbol.asyncDispose]());

interface Result {
  data?: Record<string, unknown> | null;
  errors?: { message: string; path?: (string | number)[]; extensions?: Record<string, unknown> }[];
}

async function post(
  body: unknown,
  caller: Caller,
  headers: Record<string, string> = {},
  url = world.api.url,
): Promise<Response> {
  const type = { "content-type": "application/json", accept: "application/graphql-response+json" };
  return fetch(`${url}/graphql`, {
    method: "POST",
    headers: { ...type, ...(await caller.headers()), ...headers },
    body: JSON.stringify(body),
  });
}

async function run(query: string, variables: Record<string, unknown> = {}, caller = world.ours.owner): Promise<Result> {
  return (await (await post({ query, variables }, caller)).json()) as Result;
}

const codes = ({ errors = [] }: Result) => errors.map(({ extensions }) => extensions?.["code"]);

const mine = () => ({ o: world.ours.organisationId, p: world.ours.projectId, t: world.ours.taskId });

describe("GraphQL over HTTP", () => {
  test.each(serverAudits({ url: "http://filled-in" }).map(({ id, name }) => ({ id, name })))(
    "$id: $name",
    async ({ id }) => {
      const fetchFn = async (input: string, init: RequestInit = {}) =>
        fetch(input, {
          ...init,
          headers: { ...(init.headers as Record<string, string>), ...(await world.ours.owner.headers()) },
        });
      const audit = serverAudits({ url: `${world.api.url}/graphql`, fetchFn }).find((one) => one.id === id);
      const result = await audit?.fn();
      expect(result).toMatchObject({ status: "ok" });
    },
  );
});

const everything = `query Everything($o: ID!, $n: Int! = 20) {
  me { id }
  organisation(id: $o) {
    name permissions
    projects(first: 5) { nodes { key createdBy { name } tasks(first: $n) { nodes { title } } } }
    tasks(first: $n) {
      pageInfo { hasNextPage endCursor }
      edges { cursor node {
        id number title status version assignee { id } createdBy { id name } project { key }
        comments(first: 3) { nodes { body author { name } } }
        attachments { name state contentPath }
        activity(first: 2) { nodes { type actor { name } task { title } changes } }
      } }
    }
    activity(first: 3) { nodes { type } }
    forecast { status weeks { week value } }
  }
}`;

describe("queries", () => {
  test("everything, from the organisation down", async () => {
    const { data, errors } = await run(everything, mine());
    expect(errors).toBeUndefined();
    expect(data).toMatchObject({
      me: { id: world.ours.owner.id },
      organisation: {
        name: "Ours",
        projects: {
          nodes: [{ key: "PLAN", createdBy: { name: "Ours-owner" }, tasks: { nodes: [{ title: "Ours task" }] } }],
        },
        tasks: {
          edges: [
            { node: { title: "Ours task", project: { key: "PLAN" }, activity: { nodes: [{ type: "task.created" }] } } },
          ],
        },
        forecast: { status: "training" },
      },
    });
  });

  test("a page follows the other without gap or repeat, by cursors REST takes too", async () => {
    const { o } = mine();
    const made = await run(
      `mutation ($o: ID!, $i: NewProject!) { createProject(organisationId: $o, input: $i) { id } }`,
      { o, i: { key: "PAGES", name: "pages" } },
    );
    const { id } = made.data?.["createProject"] as { id: string };
    for (let n = 0; n < 7; n++)
      await world.ours.owner.send("POST", `/projects/${id}/tasks`, { title: `page ${n}`, priority: n % 4 });
    const last = await world.ours.owner.send("POST", `/projects/${id}/tasks`, { title: "page 7", priority: 3 });
    const token = { "x-consistency-token": last.headers.get("x-consistency-token") ?? "" };
    interface Tasks {
      edges: { cursor: string; node: { title: string } }[];
      pageInfo: { hasNextPage: boolean; endCursor: string };
    }
    for (const sort of ["-created", "updated", "priority"]) {
      const query = `query ($o: ID!, $p: ID!, $s: String, $after: String) {
        organisation(id: $o) { tasks(first: 3, after: $after, filter: { projectId: $p, sort: $s }) {
          edges { cursor node { title } } pageInfo { hasNextPage endCursor } } } }`;
      const page = async (after?: string) => {
        const result = (await (
          await post({ query, variables: { o, p: id, s: sort, after } }, world.ours.owner, token)
        ).json()) as Result;
        return (result.data?.["organisation"] as { tasks: Tasks }).tasks;
      };
      const seen: string[] = [];
      let after: string | undefined;
      for (;;) {
        const { edges, pageInfo } = await page(after);
        seen.push(...edges.map(({ node }) => node.title));
        if (!pageInfo.hasNextPage) break;
        after = pageInfo.endCursor;
      }
      const rest = await world.ours.owner.send("GET", `/projects/${id}/tasks?limit=100&sort=${sort}`, undefined, token);
      const { items } = (await rest.json()) as { items: { title: string }[] };
      expect(seen).toEqual(items.map(({ title }) => title));
      const [, second] = (await page()).edges;
      const url = `/projects/${id}/tasks?limit=100&sort=${sort}&cursor=${second?.cursor ?? ""}`;
      const behind = (await (
        await world.ours.owner.send("GET", url, undefined, token)
      ).json()) as typeof items extends never ? never : { items: { title: string }[] };
      expect(behind.items.map(({ title }) => title)).toEqual(seen.slice(2));
    }
    const nested = `query ($o: ID!, $p: ID!, $after: String) { organisation(id: $o) { project(id: $p) {
      tasks(first: 5, after: $after) { nodes { title } pageInfo { endCursor hasNextPage } } } } }`;
    const first = (await (
      await post({ query: nested, variables: { o, p: id } }, world.ours.owner, token)
    ).json()) as Result;
    const { tasks } = (
      first.data?.["organisation"] as { project: { tasks: { nodes: unknown[]; pageInfo: { endCursor: string } } } }
    ).project;
    const next = (await (
      await post({ query: nested, variables: { o, p: id, after: tasks.pageInfo.endCursor } }, world.ours.owner, token)
    ).json()) as Result;
    expect(JSON.stringify(next)).toContain("page 2");
    expect(next).toMatchObject({
      data: { organisation: { project: { tasks: { nodes: [{}, {}, {}], pageInfo: { hasNextPage: false } } } } },
    });
  });
});

describe("mutations", () => {
  test("do what REST does: sanitise, version, tell, outdate lists; and are read back in the same request", async () => {
    const { o, p } = mine();
    const made = await post(
      {
        query: `mutation ($o: ID!, $p: ID!, $i: NewTask!) {
          createTask(organisationId: $o, projectId: $p, input: $i) {
            id version description activity(first: 5) { nodes { type } } project { tasks(first: 1) { nodes { title } } } } }`,
        variables: { o, p, i: { title: "made", description: "<p onclick=x>a</p><script>b</script>", priority: 2 } },
      },
      world.ours.owner,
    );
    expect(made.headers.get("x-consistency-token")).toMatch(/^[0-9A-F]{16}$/);
    const { data, errors } = (await made.json()) as Result;
    expect(errors).toBeUndefined();
    const task = data?.["createTask"] as { id: string };
    expect(task).toMatchObject({
      version: 1,
      description: "<p>a</p>",
      activity: { nodes: [{ type: "task.created" }] },
      project: { tasks: { nodes: [{ title: "made" }] } },
    });
    const list = await world.ours.owner.send("GET", `/projects/${p}/tasks`);
    expect(JSON.stringify(await list.json())).toContain(task.id);

    const change = `mutation ($o: ID!, $t: ID!, $v: Int!) {
      updateTask(organisationId: $o, id: $t, version: $v, input: { status: done }) { status version completedAt } }`;
    expect(await run(change, { o, t: task.id, v: 1 })).toMatchObject({
      data: { updateTask: { status: "done", version: 2 } },
    });
    expect(codes(await run(change, { o, t: task.id, v: 1 }))).toEqual(["precondition_failed"]);
    const comment = `mutation ($o: ID!, $t: ID!) {
      createComment(organisationId: $o, taskId: $t, input: { body: "hello" }) { id body author { name } } }`;
    expect(await run(comment, { o, t: task.id })).toMatchObject({
      data: { createComment: { author: { name: "Ours-owner" } } },
    });
    const gone = await run(`mutation ($o: ID!, $t: ID!) { deleteTask(organisationId: $o, id: $t, version: 2) }`, {
      o,
      t: task.id,
    });
    expect(gone).toEqual({ data: { deleteTask: task.id } });
    const events = await world.daemons.sqlIn(
      "app",
      `SELECT type FROM platform.outbox WHERE entity_id = '${task.id}' ORDER BY id`,
    );
    expect(events.map(({ type }) => type)).toEqual(["task.created", "task.updated", "task.deleted"]);
  });

  test("a file: announced, uploaded, checked, shown", async () => {
    const { o, t } = mine();
    const announced = await run(
      `mutation ($o: ID!, $t: ID!) {
        createAttachment(organisationId: $o, taskId: $t, input: { name: "a.txt", contentType: "text/plain", size: 5 }) {
          attachment { id state contentPath } upload { url method headers } } }`,
      { o, t },
    );
    const { attachment, upload } = announced.data?.["createAttachment"] as {
      attachment: { id: string };
      upload: { url: string; method: string; headers: Record<string, string> };
    };
    expect((await fetch(upload.url, { ...upload, body: "hello" })).status).toBe(200);
    const done = await run(
      `mutation ($o: ID!, $t: ID!, $a: ID!) { completeAttachment(organisationId: $o, taskId: $t, id: $a) { state contentPath } }`,
      { o, t, a: attachment.id },
    );
    const { state, contentPath } = done.data?.["completeAttachment"] as { state: string; contentPath: string };
    expect(state).toBe("checked");
    const content = await fetch(world.api.url + contentPath, { headers: await world.ours.owner.headers() });
    expect([200, 404]).toContain(content.status); // a replica may not have it yet
    const removed = await run(
      `mutation ($o: ID!, $t: ID!, $a: ID!) { deleteAttachment(organisationId: $o, taskId: $t, id: $a) }`,
      { o, t, a: attachment.id },
    );
    expect(removed.errors).toBeUndefined();
  });

  test("wrong input is told as REST tells it, a field at a time", async () => {
    const { o, p } = mine();
    const { errors } = await run(
      `mutation ($o: ID!, $p: ID!) { createTask(organisationId: $o, projectId: $p, input: { title: " ", priority: 9 }) { id } }`,
      { o, p },
    );
    expect(errors?.[0]?.extensions).toMatchObject({ code: "invalid_request" });
    const paths = (errors?.[0]?.extensions?.["errors"] as { path: string }[]).map(({ path }) => path);
    expect(paths).toEqual(["input.title", "input.priority"]);
    const bad = await run(
      `{ organisation(id: "${o}") { task(id: "1 OR 1=1") { id } tasks(first: 101) { nodes { id } } } }`,
    );
    expect(codes(bad)).toEqual(["invalid_request", "invalid_request"]);
    expect(codes(await run(`{ organisation(id: "${o}") { tasks(after: "nonsense") { nodes { id } } } }`))).toEqual([
      "invalid_request",
    ]);
  });
});
