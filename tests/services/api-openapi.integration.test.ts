import { randomBytes, randomUUID } from "node:crypto";
import { afterAll } from "vitest";
import { startWorld, type World as ApiWorld } from "./api-data-world.ts";
import { testOpenApi } from "./openapi-suite.ts";

const release = new AsyncDisposableStack();
let api: ApiWorld;

afterAll(() => release.disposeAsync());

/** Makes something in our organisation; gives its id and version. */
async function make(
  path: string,
  body: unknown,
): Promise<{ id: string; upload?: { url: string; headers: Record<string, string> } }> {
  const answer = await api.ours.owner.send("POST", path, body);
  latest = { "x-consistency-token": answer.headers.get("x-consistency-token") ?? "" };
  if (answer.status >= 300) throw new Error(`POST ${path} answered ${answer.status}: ${await answer.text()}`);
  return (await answer.json()) as { id: string };
}

/** Where the latest write is: what is made for a test must be there for it, on whichever node it reads. */
let latest: Record<string, string> = {};

let keys = 0;
const project = () => make("/projects", { key: `P${(keys++).toString(36).toUpperCase()}X`, name: "A project" });
const task = () => make(`/projects/${api.ours.projectId}/tasks`, { title: "A task" });
const first = { "if-match": '"1"' };

async function comment() {
  const { taskId } = api.ours;
  const { id } = await make(`/tasks/${taskId}/comments`, { body: "<p>hello</p>" });
  return { taskId, commentId: id };
}

async function attachment(checked = true) {
  const { taskId } = api.ours;
  const content = randomBytes(20).toString("hex");
  const made = await make(`/tasks/${taskId}/attachments`, {
    name: "a.txt",
    contentType: "text/plain",
    size: content.length,
  });
  const stored = await fetch(made.upload?.url ?? "", {
    method: "PUT",
    headers: made.upload?.headers ?? {},
    body: content,
  });
  if (!stored.ok) throw new Error(`the upload was answered ${stored.status}: ${await stored.text()}`);
  if (checked) await make(`/tasks/${taskId}/attachments/${made.id}/complete`, undefined);
  return { taskId, attachmentId: made.id };
}

async function delivery() {
  const { id: webhookId } = await webhook();
  const [row] = await api.daemons.sqlIn(
    "app",
    `WITH e AS (INSERT INTO platform.outbox (organisation_id, type, entity_id, payload)
       VALUES ('${api.ours.organisationId}', 'task.created', gen_random_uuid(), '{}') RETURNING id)
     INSERT INTO webhook_deliveries (organisation_id, webhook_id, event_id, type, state)
     SELECT '${api.ours.organisationId}', '${webhookId}', id, 'task.created', 'failed' FROM e RETURNING id`,
  );
  return { webhookId, deliveryId: String(row?.["id"]) };
}

const csv = { "content-type": "text/csv" };

async function imported() {
  const [projectId, importId] = [api.ours.projectId, randomUUID()];
  await api.ours.owner.send(
    "PUT",
    `/projects/${projectId}/imports/${importId}`,
    Buffer.from("title\r\nImported\r\n"),
    csv,
  );
  return { projectId, importId };
}

async function webhook() {
  await api.daemons.sqlIn("app", "DELETE FROM webhooks"); // an organisation may have 20
  return make("/webhooks", { url: "https://example.com/hook", events: ["task.created"] });
}

testOpenApi({
  start: async () => {
    api = release.use(
      await startWorld({ RATE_LIMITS: '{"read":{"limit":100000,"window":60},"write":{"limit":100000,"window":60}}' }),
    );
    const { owner, viewer, organisationId } = api.ours;
    return {
      url: api.api.url,
      owner: async () => ({ ...(await owner.headers()), ...latest }),
      viewer: async () => ({ ...(await viewer.headers()), ...latest }),
      stranger: async () => ({ ...(await api.theirs.owner.headers()), ...latest }),
      organisationId,
      strangersOrganisationId: api.theirs.organisationId,
    };
  },
  fixtures: {
    createProject: () => ({
      body: { key: `N${(keys++).toString(36).toUpperCase()}X`, name: "New", description: "<p>x</p>" },
      headers: { "idempotency-key": randomUUID() },
      status: 201,
    }),
    listProjects: () => ({ query: { limit: "2" }, status: 200 }),
    getProject: () => ({ params: { projectId: api.ours.projectId }, status: 200 }),
    updateProject: async () => ({
      params: { projectId: (await project()).id },
      body: { name: "Renamed" },
      headers: first,
      status: 200,
    }),
    deleteProject: async () => ({ params: { projectId: (await project()).id }, headers: first, status: 204 }),
    createTask: () => ({
      params: { projectId: api.ours.projectId },
      body: { title: "New", status: "todo", priority: 2, dueOn: "2027-01-01", estimate: 1.5, assigneeId: null },
      headers: { "idempotency-key": randomUUID() },
      status: 201,
    }),
    listTasks: () => ({ query: { q: "task", limit: "2" }, status: 200 }),
    listProjectTasks: () => ({ params: { projectId: api.ours.projectId }, query: { sort: "-due" }, status: 200 }),
    getTask: () => ({ params: { taskId: api.ours.taskId }, status: 200 }),
    updateTask: async () => ({
      params: { taskId: (await task()).id },
      body: { title: "Renamed", status: "done" },
      headers: first,
      status: 200,
    }),
    deleteTask: async () => ({ params: { taskId: (await task()).id }, headers: first, status: 204 }),
    createComment: () => ({
      params: { taskId: api.ours.taskId },
      body: { body: "<p>new</p>" },
      headers: { "idempotency-key": randomUUID() },
      status: 201,
    }),
    listComments: () => ({ params: { taskId: api.ours.taskId }, status: 200 }),
    getComment: async () => ({ params: await comment(), status: 200 }),
    updateComment: async () => ({
      params: await comment(),
      body: { body: "<p>changed</p>" },
      headers: first,
      status: 200,
    }),
    deleteComment: async () => ({ params: await comment(), headers: first, status: 204 }),
    createAttachment: () => ({
      params: { taskId: api.ours.taskId },
      body: { name: "a.txt", contentType: "text/plain", size: 5 },
      status: 201,
    }),
    listAttachments: () => ({ params: { taskId: api.ours.taskId }, status: 200 }),
    getAttachment: async () => ({ params: await attachment(), status: 200 }),
    completeAttachment: async () => ({ params: await attachment(false), status: 200 }),
    downloadAttachment: async () => ({ params: await attachment(), status: 200 }),
    deleteAttachment: async () => ({ params: await attachment(), status: 204 }),
    listActivity: () => ({ query: { projectId: api.ours.projectId }, status: 200 }),
    getForecast: () => ({ status: 200 }),
    importTasks: () => ({
      params: { projectId: api.ours.projectId, importId: randomUUID() },
      body: "title\r\nImported\r\n",
      headers: csv,
      status: 200,
    }),
    getImport: async () => ({ params: await imported(), status: 200 }),
    createWebhook: () => ({ body: { url: "https://example.com/hook", events: ["task.created"] }, status: 201 }),
    listWebhooks: () => ({ status: 200 }),
    getWebhook: async () => ({ params: { webhookId: (await webhook()).id }, status: 200 }),
    updateWebhook: async () => ({
      params: { webhookId: (await webhook()).id },
      body: { enabled: false },
      headers: first,
      status: 200,
    }),
    rotateWebhookSecret: async () => ({ params: { webhookId: (await webhook()).id }, status: 200 }),
    deleteWebhook: async () => ({ params: { webhookId: (await webhook()).id }, headers: first, status: 204 }),
    listWebhookDeliveries: async () => ({ params: { webhookId: (await delivery()).webhookId }, status: 200 }),
    redeliverWebhook: async () => ({ params: await delivery(), status: 202 }),
    exportTasks: () => ({ query: { bom: "true" }, status: 200 }),
  },
});
