import { createServer } from "node:http";
import { createAdapter } from "@socket.io/redis-streams-adapter";
import { Redis } from "ioredis";
import { Server } from "socket.io";
import { z } from "zod";

/*
 * A socket.io server with the Redis streams adapter that lets anybody into the room they name. `POST` gives it messages, a JSON list,
 * for everybody in their room on every server.
 */
const settingsSchema = z.strictObject({ port: z.number(), redis: z.string() });
export type BareFanOutSettings = Omit<z.input<typeof settingsSchema>, "port">;

const { port, redis } = settingsSchema.parse(JSON.parse(process.argv[2] ?? ""));
const messagesSchema = z.array(z.looseObject({ projectId: z.string() }));

const server = createServer((request, response) => {
  let text = "";
  request.on("data", (chunk: Buffer) => (text += chunk.toString()));
  request.on("end", () => {
    if (text !== "") for (const one of messagesSchema.parse(JSON.parse(text))) io.to(one.projectId).emit("event", one);
    response.end();
  });
});
const io = new Server({ adapter: createAdapter(new Redis(redis), { onlyPlaintext: true }), serveClient: false });
io.on("connection", (socket) => {
  socket.on("subscribe", async ({ projectId }: { projectId: string }, answer: (ack: object) => void) => {
    await socket.join(projectId);
    answer({ ok: true });
  });
});
server.listen(port, "127.0.0.1");
io.attach(server);
