import * as oauth from "openid-client";
import { githubProfile, openidProfile, type ExternalProfile } from "./profiles.ts";
import type { ProviderSettings } from "./settings.ts";

/** What a sign-in keeps to itself while the browser is at the provider. */
export interface FlowSecrets {
  state: string;
  nonce: string;
  codeVerifier: string;
}

/** Our side of one external provider. */
export interface ProviderClient {
  settings: ProviderSettings;
  /** Where to send the browser. @throws when the provider cannot be asked where that is */
  authorizationUrl: (secrets: FlowSecrets) => Promise<URL>;
  /**
   * Who the person is, by the address the browser came back with. Checked are, by openid-client: `state`, `iss` of the answer
   * where the provider sends one (RFC 9207), and of the ID token signature, issuer, audience, nonce and times.
   */
  profile: (callback: URL, secrets: FlowSecrets) => Promise<ExternalProfile>;
}

export function newFlowSecrets(): FlowSecrets {
  return { state: oauth.randomState(), nonce: oauth.randomNonce(), codeVerifier: oauth.randomPKCECodeVerifier() };
}

/** Milliseconds a discovery document is believed. */
const remembered = 600_000;

/** `redirectUri`: of this provider alone, so that an answer cannot be taken for another's (RFC 9700, 4.4). */
export function createProviderClient(settings: ProviderSettings, redirectUri: string): ProviderClient {
  let known: { configuration: Promise<oauth.Configuration>; until: number } | undefined;
  const configuration = () => {
    if (known && known.until > Date.now()) return known.configuration;
    const fresh = { configuration: configure(settings), until: Date.now() + remembered };
    known = fresh;
    fresh.configuration.catch(() => {
      if (known === fresh) known = undefined; // asked again by the next
    });
    return fresh.configuration;
  };
  const openid = settings.protocol === "oidc";

  return {
    settings,
    authorizationUrl: async ({ state, nonce, codeVerifier }) =>
      oauth.buildAuthorizationUrl(await configuration(), {
        redirect_uri: redirectUri,
        scope: settings.scopes.join(" "),
        state,
        ...(openid && { nonce }),
        ...(settings.hostedDomain !== undefined && { hd: settings.hostedDomain }),
        code_challenge: await oauth.calculatePKCECodeChallenge(codeVerifier),
        code_challenge_method: "S256",
      }),
    profile: async (callback, { state, nonce, codeVerifier }) => {
      const client = await configuration();
      const tokens = await oauth.authorizationCodeGrant(client, callback, {
        expectedState: state,
        pkceCodeVerifier: codeVerifier,
        ...(openid && { expectedNonce: nonce, idTokenExpected: true }),
      });
      return openid ? openidProfile(client, settings, tokens) : githubProfile(settings, tokens.access_token);
    },
  };
}

/** For development: the settings allow http on this machine alone. Discovery knows it by being this very function. */
// eslint-disable-next-line @typescript-eslint/no-deprecated -- marked so only to make it stand out
const allowHttp: (client: oauth.Configuration) => void = oauth.allowInsecureRequests;

async function configure(settings: ProviderSettings): Promise<oauth.Configuration> {
  const { issuer, clientId, clientSecret, protocol } = settings;
  const plain = issuer.startsWith("http:") ? [allowHttp] : [];
  if (protocol === "oidc") {
    // the ID token comes straight from the provider, but what is signed is checked all the same (RFC 8725, 3.3)
    const execute = [oauth.enableNonRepudiationChecks, ...plain];
    return oauth.discovery(new URL(issuer), clientId, clientSecret, undefined, { execute, timeout: 5 });
  }
  const github = new oauth.Configuration(
    {
      issuer,
      authorization_endpoint: `${issuer}/login/oauth/authorize`,
      token_endpoint: `${issuer}/login/oauth/access_token`,
    },
    clientId,
    clientSecret,
  );
  github.timeout = 5;
  for (const permit of plain) permit(github);
  return github;
}
