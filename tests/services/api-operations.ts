import { randomUUID } from "node:crypto";
import type { Tenant, World } from "./api-data-world.ts";
import type { Call, Fixture } from "./openapi-calls.ts";

type Ids = Record<string, string>;

/** How to call each operation of the API, in `world.ours`. */
export function apiOperations({ ours, daemons }: World): Record<string, Fixture> {
  const inOrganisation = { organisationId: ours.organisationId };
  const make = (path: string, body?: object) => made(ours, path, body);
  const key = () => `K${randomUUID().replaceAll("-", "").slice(0, 8).toUpperCase()}`;
  const name = () => `made ${randomUUID()}`;

  const project = async (): Promise<Ids> => ({
    ...inOrganisation,
    projectId: await make("/projects", { key: key(), name: name() }),
  });
  const archived = async () => {
    const params = await project();
    await ours.owner.send("PATCH", `/projects/${params["projectId"]}`, { archived: true }, firstVersion);
    return params;
  };
  const task = async (): Promise<Ids> => ({
    ...inOrganisation,
    taskId: await make(`/projects/${ours.projectId}/tasks`, { title: name() }),
  });
  const comment = async (): Promise<Ids> => {
    const params = await task();
    return { ...params, commentId: await make(`/tasks/${params["taskId"]}/comments`, { body: name() }) };
  };
  const announced = async (): Promise<Ids> => {
    const params = await task();
    return { ...params, attachmentId: await make(`/tasks/${params["taskId"]}/attachments`, file) };
  };
  const uploaded = async () => upload(ours, await task());
  const checked = async () => {
    const params = await uploaded();
    await ours.owner.send("POST", `/tasks/${params["taskId"]}/attachments/${params["attachmentId"]}/complete`);
    return params;
  };
  const filler = "https://example.com/filler";
  const webhook = async (): Promise<Ids> => {
    await daemons.sqlIn("app", `DELETE FROM webhooks WHERE url = '${filler}'`);
    return { ...inOrganisation, webhookId: await make("/webhooks", newWebhook) };
  };
  /** As many webhooks as an organisation may have. */
  const fillWebhooks = () =>
    daemons.sqlIn(
      "app",
      `INSERT INTO webhooks (organisation_id, url, secret, events, created_by)
       SELECT '${ours.organisationId}', '${filler}', secret, events, created_by
       FROM (SELECT * FROM webhooks WHERE organisation_id = '${ours.organisationId}' LIMIT 1) AS one,
         generate_series(1, 100 - (SELECT count(*)::int FROM webhooks WHERE organisation_id = '${ours.organisationId}'))`,
    );
  const delivery = async (state: string): Promise<Ids> => {
    const params = await webhook();
    const deliveryId = randomUUID();
    await daemons.sqlIn(
      "app",
      `INSERT INTO webhook_deliveries (organisation_id, id, webhook_id, event_id, type, state)
       VALUES ('${ours.organisationId}', '${deliveryId}', '${params["webhookId"]}', 1, 'task.created', '${state}')`,
    );
    return { ...params, deliveryId };
  };
  const newImport = (): Ids => ({ ...inOrganisation, projectId: ours.projectId, importId: randomUUID() });
  const csv = (content: string, type = "text/csv") => ({ type, content });
  const imported = async () => {
    const params = newImport();
    await ours.owner.send(
      "PUT",
      `/projects/${params["projectId"]}/imports/${params["importId"]}`,
      Buffer.from("title\r\na\r\n"),
      { "content-type": "text/csv" },
    );
    return params;
  };

  return {
    getMe: read({}),
    createProject: {
      call: () => Promise.resolve({ params: inOrganisation, body: { key: key(), name: name() } }),
      others: { 409: () => Promise.resolve({ params: inOrganisation, body: { key: "PLAN", name: name() } }) },
    },
    listProjects: read(inOrganisation),
    getProject: { call: call(project) },
    updateProject: {
      call: call(project, { name: "x" }, firstVersion),
      others: { 409: call(project, { key: "PLAN" }, firstVersion) },
    },
    deleteProject: { call: call(project, undefined, firstVersion) },
    createTask: {
      call: () =>
        Promise.resolve({ params: { ...inOrganisation, projectId: ours.projectId }, body: { title: name() } }),
      others: { 409: call(archived, { title: "late" }) },
    },
    listProjectTasks: { call: call(project) },
    listTasks: read(inOrganisation),
    getTask: { call: call(task) },
    updateTask: { call: call(task, { title: "x", dueOn: "2031-01-01", estimate: 0.07 }, firstVersion) },
    deleteTask: { call: call(task, undefined, firstVersion) },
    createComment: { call: async () => ({ params: await task(), body: { body: name() } }) },
    listComments: { call: call(task) },
    getComment: { call: call(comment) },
    updateComment: { call: call(comment, { body: "x" }, firstVersion) },
    deleteComment: { call: call(comment, undefined, firstVersion) },
    createAttachment: {
      call: call(task, file),
      others: { 422: call(task, { ...file, size: 2 ** 50 }) },
    },
    listAttachments: { call: call(task) },
    getAttachment: { call: call(announced) },
    deleteAttachment: { call: call(announced) },
    completeAttachment: { call: call(uploaded), others: { 409: call(announced) } },
    downloadAttachment: { call: call(checked), others: { 409: call(announced) } },
    listActivity: read(inOrganisation),
    getForecast: read(inOrganisation),
    requestForecast: read(inOrganisation),
    importTasks: {
      call: () => Promise.resolve({ params: newImport(), raw: csv("title\r\nfrom a file\r\n") }),
      others: {
        400: () => Promise.resolve({ params: newImport(), raw: csv('title\r\n"open') }),
        409: async () => ({ params: { ...(await archived()), importId: randomUUID() }, raw: csv("title\r\na\r\n") }),
        415: () => Promise.resolve({ params: newImport(), raw: csv("{}", "application/json") }),
        422: () => Promise.resolve({ params: newImport(), raw: csv(`title\r\n${'""\r\n'.repeat(10_001)}`) }),
      },
    },
    getImport: { call: call(imported) },
    exportTasks: read(inOrganisation),
    createWebhook: {
      call: () => Promise.resolve({ params: inOrganisation, body: newWebhook }),
      others: {
        422: async () => {
          await webhook();
          await fillWebhooks();
          return { params: inOrganisation, body: newWebhook };
        },
      },
    },
    listWebhooks: read(inOrganisation),
    getWebhook: { call: call(webhook) },
    updateWebhook: { call: call(webhook, { enabled: false }, firstVersion) },
    deleteWebhook: { call: call(webhook, undefined, firstVersion) },
    rotateWebhookSecret: { call: call(webhook) },
    listWebhookDeliveries: { call: call(webhook) },
    redeliverWebhook: { call: call(() => delivery("failed")), others: { 409: call(() => delivery("pending")) } },
  };
}

const firstVersion = { "if-match": '"1"' };
const content = Buffer.from("hello");
const file = { name: "notes.txt", contentType: "text/plain", size: content.length };
const newWebhook = { url: "https://example.com/hook", events: ["task.created"] };

function read(params: Ids): Fixture {
  return { call: () => Promise.resolve({ params }) };
}

/** A call about something that is made first. */
function call(make: () => Promise<Ids>, body?: object, headers?: Record<string, string>): () => Promise<Call> {
  return async () => ({ params: await make(), body, headers });
}

/** Makes something as its owner does; gives its id. */
async function made({ owner }: Tenant, path: string, body?: object): Promise<string> {
  const answer = await owner.send("POST", path, body);
  if (!answer.ok) throw new Error(`POST ${path} answered ${answer.status}: ${await answer.text()}`);
  return ((await answer.json()) as { id: string }).id;
}

/** A file that was announced and sent to storage, and not checked yet. */
async function upload({ owner }: Tenant, params: Ids): Promise<Ids> {
  const answer = await owner.send("POST", `/tasks/${params["taskId"]}/attachments`, file);
  const { id, upload } = (await answer.json()) as {
    id: string;
    upload: { url: string; method: string; headers: Record<string, string> };
  };
  await fetch(upload.url, { method: upload.method, headers: upload.headers, body: content });
  return { ...params, attachmentId: id };
}
