import { limits } from "../limits.ts";
import type { AlertGroup } from "../lib/alert.ts";

export const storage: AlertGroup = {
  noun: "storage",
  alerts: [
    {
      name: "StorageNoLeader",
      severity: "page",
      for: "1m",
      expr: "sum by (env, cluster) (SeaweedFS_master_is_leader) != 1",
      summary: "object storage has no leader",
      why: "No object can be written.",
      first: ["`purlin status`", "`purlin logs storage`"],
      fires: { series: { SeaweedFS_master_is_leader: "0x10" }, at: "5m" },
      quiet: { series: { SeaweedFS_master_is_leader: "1x10" }, at: "5m" },
    },
    {
      name: "StorageNotWritable",
      severity: "page",
      for: "5m",
      expr: "increase(SeaweedFS_master_pick_for_write_error[5m]) > 0",
      summary: "object storage finds no volume to write to",
      why: "Uploads fail long before the disk is full.",
      first: ["free disk space", "raise the volume limit"],
      fires: { series: { SeaweedFS_master_pick_for_write_error: "0+1x20" }, at: "15m" },
      quiet: { series: { SeaweedFS_master_pick_for_write_error: "0x20" }, at: "15m" },
    },
    {
      name: "StorageErrors",
      severity: "page",
      for: "5m",
      expr: `sum by (env, cluster) (rate(SeaweedFS_s3_request_total{code=~"5.."}[5m])) / (sum by (env, cluster) (rate(SeaweedFS_s3_request_total[5m])) > 0) > ${limits.s3ErrorShare.critical}`,
      summary: "object storage fails {{ $value | humanizePercentage }} of its calls",
      why: "Uploads and downloads fail while the services look healthy.",
      first: ["`purlin logs storage`", "the disk"],
      fires: {
        series: {
          'SeaweedFS_s3_request_total{code="200"}': "0+10x20",
          'SeaweedFS_s3_request_total{code="500"}': "0+5x20",
        },
        at: "15m",
      },
      quiet: { series: { 'SeaweedFS_s3_request_total{code="200"}': "0+10x20" }, at: "15m" },
    },
    {
      name: "StorageDiskError",
      severity: "page",
      for: "0m",
      expr: "max by (env, cluster, instance, name) (SeaweedFS_volumeServer_disk_error_status) > 0",
      summary: "a volume folder of {{ $labels.instance }} has disk errors",
      why: "Objects there are in danger.",
      first: ["the kernel's log", "move the data home to another disk"],
      fires: { series: { 'SeaweedFS_volumeServer_disk_error_status{name="a"}': "1x5" }, at: "2m" },
      quiet: { series: { 'SeaweedFS_volumeServer_disk_error_status{name="a"}': "0x5" }, at: "2m" },
    },
  ],
};
