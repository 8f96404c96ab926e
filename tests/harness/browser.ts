/** As much of a browser as signing in needs: cookies by path, redirects one at a time, forms. */
export interface Browser {
  /** One request; redirects are not followed. */
  request: (url: string | URL, init?: RequestInit) => Promise<Response>;
  /** Follows redirects until a page comes, or an address that `outside` says is not ours to open. */
  open: (url: string | URL, init?: RequestInit) => Promise<{ url: URL; response: Response | undefined }>;
  cookies: { name: string; value: string; path: string; attributes: string }[];
}

export interface BrowserOptions {
  /** Stands in for the gateway and the network. */
  fetch: (url: URL, init: RequestInit) => Promise<Response>;
  /** Addresses of clients, which are only looked at. */
  outside: (url: URL) => boolean;
}

export function openBrowser({ fetch, outside }: BrowserOptions): Browser {
  const cookies: Browser["cookies"] = [];
  const remember = (url: URL, response: Response) => {
    for (const line of response.headers.getSetCookie()) {
      const [pair = "", ...rest] = line.split(";").map((part) => part.trim());
      const at = pair.indexOf("=");
      const path = rest.find((part) => /^path=/i.test(part))?.slice(5) ?? url.pathname;
      const cookie = {
        name: pair.slice(0, at),
        value: pair.slice(at + 1),
        path,
        attributes: rest.join("; ").toLowerCase(),
      };
      const known = cookies.findIndex(({ name, path: other }) => name === cookie.name && other === path);
      if (known >= 0) cookies.splice(known, 1);
      if (cookie.value !== "") cookies.push(cookie);
    }
  };
  const request: Browser["request"] = async (address, init = {}) => {
    const url = new URL(address);
    const sent = cookies.filter(
      ({ path }) => url.pathname === path || url.pathname.startsWith(path.replace(/\/?$/, "/")),
    );
    const headers = new Headers(init.headers);
    headers.set("accept", "text/html");
    if (init.method === "POST") headers.set("sec-fetch-site", "same-origin");
    if (sent.length > 0) headers.set("cookie", sent.map(({ name, value }) => `${name}=${value}`).join("; "));
    const response = await fetch(url, { ...init, headers, redirect: "manual" });
    remember(url, response);
    if (init.method === "POST" && response.headers.has("location") && response.status !== 303) {
      throw new Error(`${url.pathname} sends a form on with ${response.status}: what was typed in may go along`);
    }
    return response;
  };
  return {
    cookies,
    request,
    open: async (address, init) => {
      let url = new URL(address);
      let response = await request(url, init);
      for (let step = 0; step < 20; step++) {
        const location = response.headers.get("location");
        if (location === null) return { url, response };
        url = new URL(location, url);
        if (outside(url)) return { url, response: undefined };
        response = await request(url);
      }
      throw new Error(`too many redirects, the last to ${url.href}`);
    },
  };
}

/** The form of a page that has one button of this name and value, or any. */
export function formOf(html: string): { action: string; fields: Record<string, string> } {
  const action = /<form[^>]* action="([^"]*)"/.exec(html)?.[1];
  if (action === undefined) throw new Error(`there is no form:\n${html}`);
  const inputs = [...html.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g)];
  return { action, fields: Object.fromEntries(inputs.map(([, name = "", value = ""]) => [name, value])) };
}
