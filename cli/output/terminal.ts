import { WriteStream } from "node:tty";

/** One of the CLI's two output streams, as handlers see it. */
export interface Terminal {
  write: (text: string) => void;
  /** Colours and live views are for people at a terminal. */
  isTTY: boolean;
  colour: boolean;
  /** The real terminal behind it, for live views; undefined elsewhere. */
  screen: WriteStream | undefined;
}

/** The part of a Node.js stream a Terminal is made of. */
export interface TerminalStream {
  write: (text: string) => unknown;
  isTTY?: boolean | undefined;
}

export interface ColourChoice {
  env: Readonly<Record<string, string | undefined>>;
  /** `--no-color` was given. */
  noColour: boolean;
}

/**
 * Wraps a stream. Colour is on only at a terminal, and off with `--no-color`, NO_COLOR (https://no-color.org: any
 * value but the empty one) or TERM=dumb.
 */
export function terminal(stream: TerminalStream, { env, noColour }: ColourChoice): Terminal {
  const isTTY = stream.isTTY === true && env["TERM"] !== "dumb";
  const refused = noColour || (env["NO_COLOR"] ?? "") !== "";
  return {
    write: (text) => void stream.write(text),
    isTTY,
    colour: isTTY && !refused,
    screen: isTTY && stream instanceof WriteStream ? stream : undefined,
  };
}
