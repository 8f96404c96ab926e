import path from "node:path";

const host = "127.0.0.1";

/** MB a volume file grows to before the next one is begun. Small, so that removed objects give their disk back soon. */
const volumeSizeMb = 1024;

/** Every port SeaweedFS would otherwise choose itself, gRPC ones included: all on loopback. */
export interface WeedPorts {
  master: number;
  masterGrpc: number;
  volume: number;
  volumeGrpc: number;
  filer: number;
  filerGrpc: number;
  s3: number;
  s3Grpc: number;
  serverMetrics: number;
  filerMetrics: number;
  s3Metrics: number;
}

export type WeedDaemon = "server" | "filer" | "s3";

/**
 * Arguments of the three daemons. They are apart because in one process a stop takes 15 s or never ends: the filer
 * waits for subscribers, and for a place to write its last changes, that are being stopped at the same time.
 */
export function weedArguments(
  ports: WeedPorts,
  folders: { data: string; config: string; identities: string },
): Record<WeedDaemon, string[]> {
  const filerSocket = path.join(folders.config, "filer.sock");
  const bind = { ip: host, "ip.bind": host, metricsIp: host };
  return {
    server: flags("server", {
      ...bind,
      dir: folders.data,
      "master.port": ports.master,
      "master.port.grpc": ports.masterGrpc,
      "master.peers": "none",
      "master.telemetry": false,
      "master.volumeSizeLimitMB": volumeSizeMb,
      "volume.port": ports.volume,
      "volume.port.grpc": ports.volumeGrpc,
      "volume.max": 0, // as many volumes as the disk holds
      "volume.minFreeSpace": "1GiB",
      "volume.preStopSeconds": 0, // time for other nodes to notice; there are none
      metricsPort: ports.serverMetrics,
    }),
    filer: flags("filer", {
      ...bind,
      master: `${host}:${ports.master}.${ports.masterGrpc}`,
      port: ports.filer,
      "port.grpc": ports.filerGrpc,
      defaultStoreDir: folders.data,
      localSocket: filerSocket,
      disableDirListing: true,
      exposeDirectoryData: false,
      metricsPort: ports.filerMetrics,
    }),
    s3: flags("s3", {
      "ip.bind": host,
      metricsIp: host,
      filer: `${host}:${ports.filer}.${ports.filerGrpc}`,
      port: ports.s3,
      "port.grpc": ports.s3Grpc,
      "port.iceberg": 0,
      "port.lance": 0,
      localFilerSocket: filerSocket,
      localSocket: path.join(folders.config, "s3.sock"),
      config: folders.identities,
      iam: false, // users come from the blueprint alone
      allowedOrigins: "https://localhost", // by default any: who may call from elsewhere is the gateway's affair
      autoCreateBucket: false,
      allowDeleteBucketNotEmpty: false,
      metricsPort: ports.s3Metrics,
    }),
  };
}

/** Sockets the daemons make for one another, whatever the flags say, and that outlast a kill. Fixed in SeaweedFS 4.48. */
export function weedSockets(ports: WeedPorts): Record<WeedDaemon, string[]> {
  const socket = (name: string, port: number) => `/tmp/seaweedfs-${name}-grpc-${port}.sock`;
  return {
    server: [socket("master", ports.masterGrpc), socket("volume", ports.volumeGrpc)],
    filer: [socket("filer", ports.filerGrpc)],
    s3: [socket("s3", ports.s3Grpc)],
  };
}

function flags(command: WeedDaemon, values: Record<string, string | number | boolean>): string[] {
  return ["-logtostderr=true", command, ...Object.entries(values).map(([name, value]) => `-${name}=${value}`)];
}
