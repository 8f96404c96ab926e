import { secret, type Input } from "@pulumi/pulumi";
import type { LlmSpec } from "./outputs.ts";

const baseUrls = { openai: "https://api.openai.com/v1", ollama: "http://127.0.0.1:11434/v1" } as const;

/** What models/summary.py reads. Empty without a language model. */
export function llmEnv(llm: LlmSpec | undefined): Record<string, Input<string>> {
  if (!llm) return {};
  return {
    PURLIN_LLM_URL: llm.baseUrl ?? baseUrls[llm.provider],
    PURLIN_LLM_MODEL: llm.model,
    ...(llm.apiKey !== undefined && { PURLIN_LLM_KEY: secret(llm.apiKey) }),
  };
}
