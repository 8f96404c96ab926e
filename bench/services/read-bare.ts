import express from "express";
import pg from "pg";
import { z } from "zod";

/*
 * A route that reads one task and checks nothing, as a tutorial writes it. `tuned`: with what costs nothing to know: no
 * ETag by hashing the answer, and a statement prepared once a connection.
 */
const settingsSchema = z.strictObject({ port: z.number(), postgres: z.string(), tuned: z.boolean() });
export type BareReadSettings = Omit<z.input<typeof settingsSchema>, "port">;

const { port, postgres, tuned } = settingsSchema.parse(JSON.parse(process.argv[2] ?? ""));
const pool = new pg.Pool({ connectionString: postgres, max: 10 });
const app = express();
if (tuned) app.disable("etag").disable("x-powered-by");

/** The statement of the full route (services/api/src/tasks/tasks.ts), with the organisation as a value. */
const text = `
  SELECT t.id, t.project_id AS "projectId", t.number, t.title, t.description, t.status, t.priority, t.assignee_id AS "assigneeId",
    t.due_on::text AS "dueOn", t.estimate::float8 AS estimate, t.completed_at AS "completedAt", t.version,
    t.created_by AS "createdBy", t.created_at AS "createdAt", t.updated_at AS "updatedAt"
  FROM tasks t WHERE t.organisation_id = $1 AND t.id = $2`;

app.get("/organisations/:organisationId/tasks/:taskId", async (request, response) => {
  const values = [request.params.organisationId, request.params.taskId];
  const { rows } = await pool.query<object>(tuned ? { name: "task", text, values } : { text, values });
  if (rows[0] === undefined) response.sendStatus(404);
  else response.json(rows[0]);
});

app.listen(port, "127.0.0.1");
