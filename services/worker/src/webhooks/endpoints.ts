import {
  BrokenCircuitError,
  bulkhead,
  BulkheadRejectedError,
  circuitBreaker,
  ConsecutiveBreaker,
  handleAll,
  wrap,
  type IPolicy,
} from "cockatiel";
import { Postpone } from "../jobs/kind.ts";

/** Calls one endpoint has under way at once: one that is slow must not take every place there is. */
const atOnce = 4;
/** Failures in a row after which an endpoint is left alone, and for how many seconds. */
const failures = 5;
const pause = 30;
/** Endpoints remembered; beyond that the one that was first used is forgotten, and begins anew. */
const remembered = 1_000;

/** Calls endpoints of users, each behind a circuit breaker and with a limit of its own, in this instance. */
export function createEndpoints() {
  const policies = new Map<string, IPolicy>();
  const policyFor = (id: string): IPolicy => {
    const known = policies.get(id);
    if (known) return known;
    const [oldest] = policies.keys();
    if (policies.size >= remembered && oldest !== undefined) policies.delete(oldest);
    const breaker = circuitBreaker(handleAll, {
      halfOpenAfter: pause * 1_000,
      breaker: new ConsecutiveBreaker(failures),
    });
    const policy = wrap(bulkhead(atOnce, 0), breaker);
    policies.set(id, policy);
    return policy;
  };
  return {
    /** @throws Postpone when it is not called now; what `call` throws. */
    call: async <T>(id: string, call: () => Promise<T>): Promise<T> => {
      try {
        return await policyFor(id).execute(call);
      } catch (error) {
        if (error instanceof BrokenCircuitError) throw new Postpone(pause, "the endpoint failed too often");
        if (error instanceof BulkheadRejectedError) throw new Postpone(1, "the endpoint is busy");
        throw error;
      }
    },
  };
}
