import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AxeBuilder } from "@axe-core/playwright";
import { chromium } from "playwright-core";
import { startWorld, type World } from "./api-data-world.ts";
import { noBrowser } from "./auth-accounts-browser.ts";
import { readDocument } from "./openapi-document.ts";

/* The page that shows the document, in a real browser: under its own policy it must show all of it, and ask nobody else. */
describe.skipIf(noBrowser !== undefined)("the reference", () => {
  let world: World;

  beforeAll(async () => {
    world = await startWorld({ PUBLIC_URL: "" });
  });

  afterAll(() => world[Symbol.asyncDispose]());

  test("shows every operation, without a complaint of the browser and without asking anybody else", async () => {
    const { url } = world.api;
    const browser = await chromium.launch({
      executablePath: "/usr/bin/chromium",
      args: ["--no-sandbox", "--disable-gpu"],
    });
    try {
      const page = await (await browser.newContext()).newPage();
      const complaints: string[] = [];
      const asked = new Set<string>();
      page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
      page.on("pageerror", (error) => complaints.push(error.message));
      page.on("request", (request) => asked.add(new URL(request.url()).origin));
      await page.goto(`${url}/`);
      await page.locator(".opblock").first().waitFor();
      const { operations } = readDocument(await (await fetch(`${url}/openapi.json`)).json());
      expect(await page.locator(".opblock").count()).toBe(operations.length);
      expect(await page.getByRole("button", { name: "Authorize" }).isVisible()).toBe(true);
      await page.locator("#operations-Tasks-createTask").getByRole("button").first().click();
      await page.locator("#operations-Tasks-createTask .responses-table").first().waitFor();
      expect(complaints).toEqual([]);
      expect([...asked].filter((origin) => origin !== "null")).toEqual([url]);
      const { violations } = await new AxeBuilder({ page }).withTags(["wcag2a"]).analyze();
      expect(violations.filter(({ impact }) => impact === "critical").map(({ id }) => id)).toEqual([]);
    } finally {
      await browser.close();
    }
  });
});
