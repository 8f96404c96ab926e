const most = 200;

/**
 * What a client calls a file, made fit for showing: no folders, no control or direction characters, at most 200 long.
 * It is never part of a path or key.
 */
export function cleanFileName(name: string): string {
  const base = name.toWellFormed().split(/[/\\]/).at(-1) ?? "";
  // \p{Cf} holds the characters that turn text around: "photo\u202Egpj.exe" would be shown as "photoexe.jpg"
  const clean = base
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "")
    .trim()
    .slice(0, most)
    .toWellFormed();
  return /^\.*$/.test(clean) ? "file" : clean;
}

/** A `content-disposition` that downloads: an ASCII name for old clients, the real one for the rest. RFC 6266, RFC 8187. */
export function downloadAs(name: string): string {
  const ascii = name.replace(/[^\x20-\x7e]|["\\%]/g, "_");
  const encoded = encodeURIComponent(name).replace(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
  return `attachment; filename="${ascii}"; filename*=UTF-8''${encoded}`;
}
