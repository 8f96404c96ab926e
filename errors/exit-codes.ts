/** Exit codes of the CLI, one a family. Permanent: scripts depend on them. */
export const exitCodes = {
  done: 0,
  bug: 1,
  usage: 2,
  blueprint: 3,
  preflight: 4,
  locked: 5,
  failed: 6,
  unhealthy: 7,
  timeout: 8,
  drift: 9,
  interrupted: 130,
} as const;

export type ExitFamily = keyof typeof exitCodes;
