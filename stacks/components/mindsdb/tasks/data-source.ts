import { z } from "zod";
import { runTask } from "../../../targets/local/tasks/run-task.ts";
import { logIn } from "./log-in.ts";

const input = z.strictObject({
  url: z.url(),
  login: z.strictObject({ user: z.string(), password: z.string() }),
  name: z.string(),
  parameters: z.strictObject({
    host: z.string(),
    port: z.number(),
    database: z.string(),
    user: z.string(),
    password: z.string(),
    connection_parameters: z.record(z.string(), z.string()),
  }),
});

/** Makes the data source, or gives it the present address and login; either way MindsDB tries the connection first. */
await runTask(input, async ({ url, login, name, parameters }) => {
  const { Databases, SQL } = (await logIn(url, login)).sdk;
  if (!(await Databases.getDatabase(name))) {
    await Databases.createDatabase(name, "postgres", parameters);
    return;
  }
  const { error_message } = await SQL.runQuery(`ALTER DATABASE ${name} PARAMETERS = ${JSON.stringify(parameters)}`);
  if (error_message) throw new Error(error_message);
});
