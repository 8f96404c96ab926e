/*
 * What may be attached, and how it is told apart: by its first bytes, or by being text. Whatever it is, browsers only
 * ever get it as a download.
 */
export const objectTypes = {
  "image/png": "magic",
  "image/jpeg": "magic",
  "image/gif": "magic",
  "image/webp": "magic",
  "image/avif": "magic",
  "video/mp4": "magic",
  "video/webm": "magic",
  "audio/mpeg": "magic",
  "application/pdf": "magic",
  "application/zip": "magic",
  "application/gzip": "magic",
  "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "magic",
  "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "magic",
  "application/vnd.openxmlformats-officedocument.presentationml.presentation": "magic",
  "application/vnd.oasis.opendocument.text": "magic",
  "application/vnd.oasis.opendocument.spreadsheet": "magic",
  "application/vnd.oasis.opendocument.presentation": "magic",
  "image/svg+xml": "text",
  "application/json": "text",
  "application/xml": "text",
  "text/csv": "text",
  "text/html": "text",
  "text/markdown": "text",
  "text/plain": "text",
} as const satisfies Record<string, "magic" | "text">;

export type ObjectType = keyof typeof objectTypes;

export const objectTypeNames = Object.keys(objectTypes).filter(isObjectType);

export function isObjectType(name: string): name is ObjectType {
  return Object.hasOwn(objectTypes, name);
}
