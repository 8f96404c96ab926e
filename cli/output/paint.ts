import { styleText } from "node:util";
import type { Terminal } from "./terminal.ts";

export type Colour = "bold" | "dim" | "red" | "green" | "yellow" | "blue" | "cyan" | "magenta";

/** Paints text for one terminal; returns it untouched where colour is off. */
export type Paint = (colour: Colour, text: string) => string;

export function painter({ colour }: Pick<Terminal, "colour">): Paint {
  return (name, text) => (colour ? styleText(name, text, { validateStream: false }) : text);
}
