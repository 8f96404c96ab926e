import { afterAll } from "vitest";
import { startSubject } from "./api-subject.ts";
import { testFuzz } from "./openapi-fuzz.ts";

const { world, subject } = await startSubject();

afterAll(() => world[Symbol.asyncDispose]());

testFuzz(subject, 60);
