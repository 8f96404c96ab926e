/** Bytes as people read them: `512 MiB`, `3.7 GiB`. */
export function mebibytes(bytes: number): string {
  const mebi = bytes / 2 ** 20;
  return mebi < 1024 ? `${Math.floor(mebi)} MiB` : `${(mebi / 1024).toFixed(1)} GiB`;
}
