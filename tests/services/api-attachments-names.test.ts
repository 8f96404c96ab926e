import fc from "fast-check";
import { expect, test } from "vitest";
import { cleanFileName, downloadAs } from "../../services/api/src/attachments/file-names.ts";

test.each([
  ["report.pdf", "report.pdf"],
  ["../../etc/passwd", "passwd"],
  ["..\\..\\windows\\win.ini", "win.ini"],
  ["/absolute/", "file"],
  ["..", "file"],
  ["...", "file"],
  ["", "file"],
  [" ", "file"],
  ["a\r\nset-cookie: x=y", "aset-cookie: x=y"],
  ["photo\u202egpj.exe", "photogpj.exe"],
  ["zero\u200bwidth.txt", "zerowidth.txt"],
  ["line\u2028end", "lineend"],
  ["nul\0.png", "nul.png"],
  ["half\ud83d", "half\ufffd"],
  ["Übersicht 👩.html", "Übersicht 👩.html"],
])("%j is shown as %j", (sent, shown) => expect(cleanFileName(sent)).toBe(shown));

test("whatever a client sends, the header stays one line of ASCII with one file name in it", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 400 }), (sent) => {
      const name = cleanFileName(sent);
      expect(name.length).toBeGreaterThan(0);
      expect(name.length).toBeLessThanOrEqual(200);
      expect(cleanFileName(name)).toBe(name);
      const header = /^attachment; filename="([\x20-\x7e]*)"; filename\*=UTF-8''([\w.~!%-]+)$/.exec(downloadAs(name));
      expect(header?.[1]).not.toMatch(/["\\/]/);
      expect(decodeURIComponent(header?.[2] ?? "")).toBe(name);
    }),
    { numRuns: 2000 },
  );
});

test("the real name travels beside an ASCII one", () => {
  expect(downloadAs("Übersicht.html")).toBe(
    `attachment; filename="_bersicht.html"; filename*=UTF-8''%C3%9Cbersicht.html`,
  );
});
