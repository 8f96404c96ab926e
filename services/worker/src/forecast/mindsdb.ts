import { AsyncLocalStorage } from "node:async_hooks";
import type { Metrics } from "@purlin/kit/metrics";
import axios, { isAxiosError, type AxiosInstance } from "axios";
import sdk from "mindsdb-js-sdk";
import { z } from "zod";

/** MindsDB cannot be reached, or did not answer in time: nothing is wrong with what it was asked. */
export class MindsdbUnavailable extends Error {
  override name = "MindsdbUnavailable";
}

interface Limits {
  signal: AbortSignal;
  /** Milliseconds until the answer has to be there. */
  timeout: number;
}

export interface Mindsdb {
  /**
   * Runs one statement and gives its rows.
   * @throws MindsdbUnavailable; Error with MindsDB's words when it refuses the statement
   */
  run: (statement: string, limits: Limits) => Promise<Record<string, unknown>[]>;
}

const loginTimeout = 5_000;
const answer = z.object({ token: z.string() });

/**
 * MindsDB through its SDK, logged in when it is first asked and again when it has forgotten us, as it does whenever it
 * restarts. The SDK is one for the whole process, and its own login is that of the hosted service: it gets our client with each call.
 */
export function createMindsdb(
  { url, user, password }: { url: string; user: string; password: string },
  metrics: Pick<Metrics, "dependency">,
): Mindsdb {
  const calls = new AsyncLocalStorage<Call>();
  const http = axios.create({ baseURL: url, maxContentLength: 4 * 1024 * 1024, maxRedirects: 0, proxy: false });
  http.interceptors.request.use((request) => Object.assign(request, calls.getStore()?.limits));
  keepLoggedIn(http, { username: user, password }, calls);

  const ask = async (statement: string) => {
    try {
      sdk.default.SQL.client = http; // it is read before anybody else can set it
      return await sdk.default.SQL.runQuery(statement);
    } catch (error) {
      // What it refuses it says in an answer of status 200: whatever is thrown is about the way there.
      throw new MindsdbUnavailable("MindsDB does not answer", { cause: error });
    }
  };
  return {
    run: (statement, limits) =>
      metrics.dependency("mindsdb", () =>
        calls.run({ limits, retried: false }, async () => {
          const { rows, error_message } = await ask(statement);
          if (error_message) throw new Error(error_message);
          return rows;
        }),
      ),
  };
}

interface Call {
  limits: Limits;
  /** Whether it has been asked again with another token. */
  retried: boolean;
}

/** Sends the token with each request; after a 401 it gets another one and asks once more. */
function keepLoggedIn(
  http: AxiosInstance,
  credentials: { username: string; password: string },
  calls: AsyncLocalStorage<Call>,
): void {
  const options = {
    baseURL: http.defaults.baseURL ?? "",
    timeout: loginTimeout,
    maxRedirects: 0,
    proxy: false,
  } as const;
  const logIn = async () => answer.parse((await axios.post<unknown>("/api/login", credentials, options)).data).token;
  let token: Promise<string> | undefined; // one login for all who wait: MindsDB keeps every token it ever gave
  http.interceptors.request.use(async (request) => {
    token ??= logIn();
    try {
      request.headers.set("authorization", `Bearer ${await token}`);
    } catch (error) {
      token = undefined;
      throw new Error("cannot log in to MindsDB", { cause: error });
    }
    return request;
  });
  http.interceptors.response.use(undefined, async (error: unknown) => {
    const call = calls.getStore();
    const request = isAxiosError(error) && error.response?.status === 401 ? error.config : undefined;
    if (!request || !call || call.retried) throw error;
    call.retried = true;
    token = undefined;
    return http.request(request);
  });
}
