import type { Input } from "@pulumi/pulumi";

export interface MailSpec {
  /** Sender of the platform's mail: `name@host` or `Name <name@host>`. */
  from: string;
  /** smtp:// or smtps:// URL with its login; absent: on `local` mail is caught and shown, elsewhere it is refused. */
  smtp?: string | undefined;
}

interface MailOutputs {
  /** URL of the server that takes mail, with its login. */
  smtp: Input<string>;
  from: string;
  /** Page with the mail that was caught; absent where mail really goes out. */
  url?: Input<string>;
}

declare module "../component.ts" {
  interface Specs {
    mail: MailSpec;
  }
  interface Outputs {
    mail: MailOutputs;
  }
  interface Claims {
    // eslint-disable-next-line @typescript-eslint/no-empty-object-type -- a claim on mail has no fields
    mail: {};
  }
}
