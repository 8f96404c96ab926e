import { createHash, randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { exportJWK, generateKeyPair, SignJWT, type GenerateKeyPairResult } from "jose";

/*
 * An OpenID provider of somebody else, as small as one can be, in a process of its own: whoever comes is the person it was told
 * of. It can be told to lie. `PUT /person` and `PUT /lies` set both; `GET /seen` tells the last token request.
 */
interface Lies {
  /** Claims of the ID token, instead of the true ones; null leaves one out. */
  claims?: Record<string, unknown>;
  /** `iss` of the authorisation response; null leaves it out. */
  responseIss?: string | null;
  /** Signs with a key that is not published. */
  wrongKey?: boolean;
  /** Takes a code again. */
  replays?: boolean;
}

let person: Record<string, unknown> = { sub: "1", email: "person@example.com", email_verified: true, name: "A person" };
let lies: Lies = {};
let seen: Record<string, string> = {};
const codes = new Map<string, Record<string, string>>();
const published = await newKey();
const unpublished = await newKey();

const server = createServer((request, response) => {
  void handle(request.method ?? "", new URL(request.url ?? "/", url()), request).then(({ status, headers, body }) => {
    response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
  });
});
server.listen(0, "127.0.0.1", () => process.stdout.write(`${url()}\n`));

function url(): string {
  const address = server.address();
  return `http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}`;
}

interface Answer {
  status: number;
  headers?: Record<string, string>;
  body?: unknown;
}

async function handle(method: string, asked: URL, request: AsyncIterable<Buffer>): Promise<Answer> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part);
  const text = Buffer.concat(parts).toString();
  switch (`${method} ${asked.pathname}`) {
    case "GET /.well-known/openid-configuration":
      return { status: 200, body: discovery() };
    case "GET /jwks":
      return {
        status: 200,
        body: { keys: [{ ...(await exportJWK(published.publicKey)), kid: "1", alg: "ES256", use: "sig" }] },
      };
    case "GET /authorize":
      return authorize(Object.fromEntries(asked.searchParams));
    case "POST /token":
    case "POST /login/oauth/access_token":
      return token(Object.fromEntries(new URLSearchParams(text)));
    case "GET /login/oauth/authorize":
      return authorize(Object.fromEntries(asked.searchParams));
    case "GET /user": // GitHub's API
      return { status: 200, body: { id: Number(person["sub"]), login: "octo", name: person["name"] } };
    case "GET /user/emails":
      return { status: 200, body: [{ email: person["email"], primary: true, verified: person["email_verified"] }] };
    case "PUT /person":
      person = JSON.parse(text) as Record<string, unknown>;
      return { status: 204 };
    case "PUT /lies":
      lies = JSON.parse(text) as Lies;
      return { status: 204 };
    case "GET /seen":
      return { status: 200, body: seen };
    default:
      return { status: 404, body: {} };
  }
}

function discovery() {
  return {
    issuer: url(),
    authorization_endpoint: `${url()}/authorize`,
    token_endpoint: `${url()}/token`,
    jwks_uri: `${url()}/jwks`,
    response_types_supported: ["code"],
    subject_types_supported: ["public"],
    id_token_signing_alg_values_supported: ["ES256"],
    authorization_response_iss_parameter_supported: true,
  };
}

function authorize(parameters: Record<string, string>): Answer {
  const code = randomUUID();
  codes.set(code, parameters);
  const back = new URL(parameters["redirect_uri"] ?? "");
  back.searchParams.set("code", code);
  back.searchParams.set("state", parameters["state"] ?? "");
  const github = parameters["nonce"] === undefined;
  const iss = lies.responseIss === undefined ? url() : lies.responseIss;
  if (iss !== null && !github) back.searchParams.set("iss", iss);
  return { status: 302, headers: { location: back.href } };
}

async function token(form: Record<string, string>): Promise<Answer> {
  seen = form;
  const asked = codes.get(form["code"] ?? "");
  const challenge = createHash("sha256")
    .update(form["code_verifier"] ?? "")
    .digest("base64url");
  if (asked?.["code_challenge"] !== challenge || asked["redirect_uri"] !== form["redirect_uri"]) {
    return { status: 400, body: { error: "invalid_grant" } };
  }
  if (!lies.replays) codes.delete(form["code"] ?? "");
  const tokens = { access_token: randomUUID(), token_type: "bearer", expires_in: 60 };
  if (asked["nonce"] === undefined) return { status: 200, body: { ...tokens, scope: asked["scope"] } };
  const now = Math.floor(Date.now() / 1000);
  const truth = {
    iss: url(),
    aud: asked["client_id"] ?? "",
    nonce: asked["nonce"],
    iat: now,
    exp: now + 60,
    ...person,
  };
  const told: Record<string, unknown> = { ...truth, ...lies.claims };
  const claims = Object.entries(told).filter(([, value]) => value !== null);
  const idToken = await new SignJWT(Object.fromEntries(claims))
    .setProtectedHeader({ alg: "ES256", kid: "1" })
    .sign((lies.wrongKey ? unpublished : published).privateKey);
  return { status: 200, body: { ...tokens, id_token: idToken } };
}

function newKey(): Promise<GenerateKeyPairResult> {
  return generateKeyPair("ES256", { extractable: true });
}
