/** One thing a service depends on. */
export interface Check {
  name: string;
  /** Without it the service cannot do its work; what is not required only degrades it. */
  required: boolean;
  /** Rejects when the dependency does not do what the service needs of it. */
  probe: () => Promise<unknown>;
}

export interface ReadinessReport {
  status: "ready" | "degraded" | "unready" | "draining";
  checks: Record<string, { ok: boolean; required: boolean; error?: string }>;
}

export interface Readiness {
  report: () => Promise<ReadinessReport>;
  draining: () => boolean;
  /** From now on the service says that it takes no new work. */
  drain: () => void;
}

/** Milliseconds a report is reused, so that nobody can load the dependencies by asking. */
const reuse = 500;

/** Asks every dependency at once, each for at most `timeout` milliseconds. */
export function createReadiness(checks: Check[], timeout = 1000): Readiness {
  let draining = false;
  let current: { report: Promise<ReadinessReport>; until: number } | undefined;
  const fresh = () => {
    current = { report: ask(checks, timeout), until: performance.now() + reuse };
    return current.report;
  };
  return {
    report: async () => {
      const report = await (current && performance.now() < current.until ? current.report : fresh());
      return draining ? { ...report, status: "draining" } : report;
    },
    draining: () => draining,
    drain: () => {
      draining = true;
    },
  };
}

async function ask(checks: Check[], timeout: number): Promise<ReadinessReport> {
  const answers = await Promise.all(
    checks.map(async (check) => {
      try {
        await within(timeout, check.probe());
        return { name: check.name, required: check.required, ok: true };
      } catch (error) {
        return { name: check.name, required: check.required, ok: false, error: reason(error) };
      }
    }),
  );
  const failed = answers.filter((answer) => !answer.ok);
  const status = failed.length === 0 ? "ready" : failed.some((answer) => answer.required) ? "unready" : "degraded";
  return { status, checks: Object.fromEntries(answers.map(({ name, ...answer }) => [name, answer])) };
}

async function within(timeout: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${timeout} ms`)), timeout);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

function reason(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reason).join("; ");
  return error instanceof Error ? error.message : String(error);
}
