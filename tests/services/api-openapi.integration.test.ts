import { afterAll } from "vitest";
import { startSubject } from "./api-subject.ts";
import { testAnswers } from "./openapi-suite.ts";

const { world, subject } = await startSubject();

afterAll(() => world[Symbol.asyncDispose]());

testAnswers(subject);
