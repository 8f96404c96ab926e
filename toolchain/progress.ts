import type { ToolName } from "./tool.ts";

export type Phase = "check" | "wait" | "download" | "build" | "install" | "verify" | "done" | "absent";

/** One step of getting a tool, for the UI. */
export interface Progress {
  tool: ToolName;
  /** Name of the source at work; empty before one is chosen. */
  source: string;
  phase: Phase;
  detail: string;
  /** Since the tool's work began. */
  seconds: number;
}

export type OnProgress = (progress: Progress) => void;
