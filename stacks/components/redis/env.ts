import { interpolate, type Input } from "@pulumi/pulumi";
import type { NeedOf } from "../component.ts";
import type { RedisInstance, RedisOutputs } from "./outputs.ts";

/** REDIS_CACHE_URL and REDIS_QUEUE_URL for the instances claimed, and REDIS_KEY_PREFIX, which every key must start with. */
export function redisEnv(outputs: RedisOutputs, needs: NeedOf<"redis">[]): Record<string, Input<string>> {
  const env: Record<string, Input<string>> = {};
  for (const { consumer, instance } of needs) {
    const login = outputs[instance].consumers[consumer];
    if (!login) throw new Error(`redis: ${consumer} has no user on ${instance}`);
    env[`REDIS_${instance.toUpperCase()}_URL`] = url(outputs[instance], login.user, login.password);
    env["REDIS_KEY_PREFIX"] = login.keyPrefix;
  }
  return env;
}

function url({ host, port }: RedisInstance, user: string, password: Input<string>): Input<string> {
  return interpolate`redis://${user}:${password}@${host}:${port}`;
}
