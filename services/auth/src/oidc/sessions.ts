import type { Request, Response } from "express";

/** Somewhere a person is signed in: a browser, or an application that goes on without one. */
export interface SignInSession {
  id: string;
  kind: "browser" | "application";
  /** The clients that have tokens of it. */
  clients: { id: string; name: string }[];
  signedInAt: Date;
  lastSeenAt: Date;
  /** Of the last request. */
  address: string | undefined;
  userAgent: string | undefined;
}

/** The session of a browser, by its cookie. */
export interface CurrentSession {
  id: string;
  accountId: string;
  /** When the person last proved who they are. */
  signedInAt: Date;
}

export interface Sessions {
  /** Who this browser is signed in as. */
  current: (request: Request, response: Response) => Promise<CurrentSession | undefined>;
  list: (accountId: string) => Promise<SignInSession[]>;
  /**
   * Signs out one session: its refresh tokens are gone at once, its access tokens within a second, and clients are
   * told by back-channel logout. False when the account has no such session.
   */
  end: (accountId: string, id: string) => Promise<boolean>;
  /** Signs out everywhere, or everywhere else. Everything issued before is void. */
  endAll: (accountId: string, options?: { except?: string }) => Promise<void>;
}
