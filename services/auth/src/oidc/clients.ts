import { permissions } from "@purlin/kit/permissions";
import type { ClientMetadata } from "oidc-provider";
import { z } from "zod";
import { isServiceAccount } from "./service-accounts.ts";

/** Stands for everything the person may do (see the kit's permissions). */
const everything = "platform";

const identityScopes = ["openid", "profile", "email", "offline_access"] as const;

/** Scopes of the platform's API. */
export const apiScopes: readonly string[] = [everything, ...permissions];

const deviceGrant = "urn:ietf:params:oauth:grant-type:device_code";

const redirectUri = z.url().refine((uri) => !/[#*]/.test(uri) && !/^(javascript|data|vbscript):/i.test(uri), {
  message: "must be one exact address, without a fragment",
});

/** A client as the settings name it. Every client is public and uses PKCE, unless it has a secret. */
export const clientSettings = z
  .strictObject({
    id: z
      .string()
      .regex(/^[a-z][a-z0-9-]{0,39}$/, "must be lower case letters, digits and dashes")
      .refine((id) => !isServiceAccount(id), "must not be a uuid: those are service accounts"),
    name: z.string().min(1).max(80),
    /** Ours: nobody is asked whether it may have what it asks for. */
    firstParty: z.boolean().default(false),
    /** `native`: an installed application, whose loopback redirect may use any port (RFC 8252, 7.3). */
    kind: z.enum(["web", "native"]).default("web"),
    redirectUris: z.array(redirectUri).default([]),
    postLogoutRedirectUris: z.array(redirectUri).default([]),
    /** What it may ask for. By default, who the person is; ours may ask for everything. */
    scopes: z.array(z.enum([...identityScopes, everything, ...permissions])).optional(),
    /** Whether its tokens outlive the browser's session. */
    offline: z.boolean().default(false),
    deviceFlow: z.boolean().default(false),
    /** Access tokens bound to a key of the client (RFC 9449). */
    dpop: z.boolean().default(false),
    secret: z.string().min(32).optional(),
    backchannelLogoutUri: z.url({ protocol: /^https?$/ }).optional(),
  })
  .refine((client) => client.deviceFlow || client.redirectUris.length > 0, {
    message: "needs a redirect URI or the device flow",
    path: ["redirectUris"],
  });

type ClientSettings = z.output<typeof clientSettings>;

/** A client of this platform: the settings and what they mean. */
export interface PlatformClient extends Omit<ClientSettings, "scopes"> {
  scopes: ReadonlySet<string>;
}

export type Clients = ReadonlyMap<string, PlatformClient>;

/** Every client by id: the platform's own, and those of the settings, which may replace them. */
export function createClients(platformUrl: string, issuer: string, settings: ClientSettings[]): Clients {
  const own = z.array(clientSettings).parse(ownClients(platformUrl.replace(/\/+$/, ""), issuer));
  return new Map([...own, ...settings].map((client) => [client.id, { ...client, scopes: scopesOf(client) }]));
}

/** The client that stands for the account pages of this service itself: it only signs people in. */
export const accountClient = "account";

function ownClients(platform: string, issuer: string): z.input<typeof clientSettings>[] {
  const loopback = ["http://127.0.0.1/callback", "http://[::1]/callback"];
  const ours = { firstParty: true } as const;
  return [
    {
      ...ours,
      id: "web",
      name: "Web app",
      redirectUris: [`${platform}/callback`],
      postLogoutRedirectUris: [`${platform}/`],
    },
    {
      ...ours,
      id: "mobile",
      name: "Mobile app",
      kind: "native",
      offline: true,
      redirectUris: ["com.purlin.app:/callback"],
    },
    { ...ours, id: "desktop", name: "Desktop app", kind: "native", offline: true, redirectUris: loopback },
    {
      ...ours,
      id: "cli",
      name: "Command line",
      kind: "native",
      offline: true,
      deviceFlow: true,
      redirectUris: loopback,
    },
    { ...ours, id: accountClient, name: "Your account", redirectUris: [`${issuer}/account`], scopes: ["openid"] },
  ];
}

function scopesOf({ firstParty, scopes }: ClientSettings): ReadonlySet<string> {
  return new Set(scopes ?? (firstParty ? [...identityScopes, ...apiScopes] : identityScopes));
}

/** The client as oidc-provider wants it. */
export function clientMetadata(client: PlatformClient): ClientMetadata {
  const interactive = client.redirectUris.length > 0;
  return {
    client_id: client.id,
    client_name: client.name,
    application_type: client.kind,
    token_endpoint_auth_method: client.secret === undefined ? "none" : "client_secret_basic",
    ...(client.secret !== undefined && { client_secret: client.secret }),
    grant_types: [
      ...(interactive ? ["authorization_code"] : []),
      "refresh_token",
      ...(client.deviceFlow ? [deviceGrant] : []),
    ],
    response_types: !interactive ? [] : client.id === accountClient ? ["none"] : ["code"],
    response_modes: ["query"], // the others need a script, or put the answer where scripts see it
    redirect_uris: client.redirectUris,
    post_logout_redirect_uris: client.postLogoutRedirectUris,
    scope: identityScopes.filter((scope) => client.scopes.has(scope)).join(" "),
    dpop_bound_access_tokens: client.dpop,
    ...(client.backchannelLogoutUri !== undefined && {
      backchannel_logout_uri: client.backchannelLogoutUri,
      backchannel_logout_session_required: true,
    }),
  };
}
