import axios from "axios";
import sdk from "mindsdb-js-sdk";
import { z } from "zod";

const answer = z.object({ token: z.string() });

/** The SDK, logged in, and the HTTP client under it for what the SDK cannot do. It logs in by itself only where the host is not this machine. */
export async function logIn(url: string, { user, password }: { user: string; password: string }) {
  const { data } = await axios.post<unknown>("/api/login", { username: user, password }, { baseURL: url });
  const http = axios.create({
    baseURL: url,
    timeout: 60_000,
    headers: { Authorization: `Bearer ${answer.parse(data).token}` },
  });
  await sdk.default.connect({ user, password, host: url, httpClient: http });
  return { sdk: sdk.default, http };
}
