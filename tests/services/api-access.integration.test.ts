import { afterAll } from "vitest";
import { startSubject } from "./api-subject.ts";
import { testAccess } from "./openapi-access.ts";

const { world, subject } = await startSubject();

afterAll(() => world[Symbol.asyncDispose]());

testAccess(subject);
