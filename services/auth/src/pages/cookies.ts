import type { CookieOptions, Request, Response } from "express";

/** A cookie of the pages: for their own path, out of reach of scripts, not sent along by other sites' forms. */
export interface PageCookie {
  read: (request: Request) => string | undefined;
  write: (response: Response, value: string, seconds: number) => void;
  clear: (response: Response) => void;
}

/** `name` has the prefix `__Secure-`: no page without TLS can have written it. */
export function pageCookie(name: `__Secure-${string}`, publicUrl: string): PageCookie {
  const options: CookieOptions = { path: new URL(publicUrl).pathname, httpOnly: true, sameSite: "lax", secure: true };
  return {
    read: (request) => {
      const pairs = (request.get("cookie") ?? "").split(";").map((pair) => pair.trim());
      return pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1);
    },
    write: (response, value, seconds) => response.cookie(name, value, { ...options, maxAge: seconds * 1000 }),
    clear: (response) => response.clearCookie(name, options),
  };
}
