import { isText } from "@purlin/kit/text";
import { z } from "zod";
import { sanitiseRichText } from "./rich-text.ts";

/** HTML as people write it; what could do more than show text is taken out. */
export function richText(max: number) {
  return z
    .string()
    .max(max)
    .refine(isText, "has characters that are not text")
    .overwrite(sanitiseRichText)
    .describe("HTML of a small set of elements; everything else is taken out.");
}
