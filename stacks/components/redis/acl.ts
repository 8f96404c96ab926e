import { createHash } from "node:crypto";
import { all, output, type Input, type Output } from "@pulumi/pulumi";
import type { Login } from "../component.ts";

export interface RedisUsers {
  admin: Login;
  monitor: Login;
  consumers: (Login & { keyPrefix: string })[];
}

/*
 * Commands are given by name where Redis 6.2 and 7.0 both know them: 7 refuses a file that names an unknown
 * subcommand. INFO and CLIENT SETNAME are what ioredis and bull ask when they connect. SCAN, RANDOMKEY and DBSIZE see
 * the names of everybody's keys, and FUNCTION (7) changes what all share, so they stay off.
 */
const consumerCommands = [
  ...["+@all", "-@admin", "-@dangerous", "-scan", "-randomkey", "-dbsize"],
  ...["-@scripting", "+eval", "+evalsha", "+script|load", "+script|exists"],
  ...["+info", "+client|setname", "+client|getname", "+client|id"],
].join(" ");
const monitorCommands = "-@all +auth +ping +select +info +config|get +slowlog +latency +client|setname";

/** The ACL file: nobody but these users; passwords as sha256, so that the file gives none away. */
export function aclFile(users: RedisUsers): Output<string> {
  return all([
    output("user default off resetkeys resetchannels -@all"),
    userLine(users.admin, "~* &* +@all"),
    userLine(users.monitor, `resetkeys resetchannels ${monitorCommands}`),
    ...users.consumers.map((login) =>
      userLine(login, `~${login.keyPrefix}* resetchannels &${login.keyPrefix}* ${consumerCommands}`),
    ),
  ]).apply((lines) => `${lines.join("\n")}\n`);
}

function userLine({ user, password }: Login, rules: string): Output<string> {
  return sha256(password).apply((hash) => `user ${user} on #${hash} ${rules}`);
}

/** Hexadecimal, as Redis wants it after `#`. */
export function sha256(password: Input<string>): Output<string> {
  return output(password).apply((text) => createHash("sha256").update(text).digest("hex"));
}
