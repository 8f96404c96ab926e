import { limits } from "../limits.ts";
import type { AlertGroup } from "../lib/alert.ts";

const disks = 'fstype!~"tmpfs|overlay|squashfs|ramfs|devtmpfs"';
const disk = 'instance="host",mountpoint="/",fstype="ext4"';

export const host: AlertGroup = {
  noun: "host",
  alerts: [
    {
      name: "DiskFillingUp",
      severity: "ticket",
      for: "30m",
      expr: `node_filesystem_avail_bytes{${disks}} / node_filesystem_size_bytes{${disks}} < 0.4 and predict_linear(node_filesystem_avail_bytes{${disks}}[6h], 24*3600) < 0 and node_filesystem_readonly{${disks}} == 0`,
      summary: "{{ $labels.mountpoint }} will be full within a day",
      why: "A full disk stops Postgres hard.",
      first: ["WAL and slots on the Postgres dashboard", "logs", "old objects"],
      fires: {
        series: {
          [`node_filesystem_avail_bytes{${disk}}`]: "350-1x120",
          [`node_filesystem_size_bytes{${disk}}`]: "1000x120",
          [`node_filesystem_readonly{${disk}}`]: "0x120",
        },
        at: "100m",
      },
      quiet: {
        series: {
          [`node_filesystem_avail_bytes{${disk}}`]: "350x120",
          [`node_filesystem_size_bytes{${disk}}`]: "1000x120",
          [`node_filesystem_readonly{${disk}}`]: "0x120",
        },
        at: "100m",
      },
    },
    {
      name: "DiskAlmostFull",
      severity: "page",
      for: "10m",
      expr: `node_filesystem_avail_bytes{${disks}} / node_filesystem_size_bytes{${disks}} < ${limits.diskFree.critical} and node_filesystem_readonly{${disks}} == 0`,
      summary: "{{ $labels.mountpoint }} is almost full",
      why: "A full disk stops Postgres hard.",
      first: ["free space now: old logs, old objects", "then find what grows"],
      fires: {
        series: {
          [`node_filesystem_avail_bytes{${disk}}`]: "10x30",
          [`node_filesystem_size_bytes{${disk}}`]: "1000x30",
          [`node_filesystem_readonly{${disk}}`]: "0x30",
        },
        at: "20m",
      },
      quiet: {
        series: {
          [`node_filesystem_avail_bytes{${disk}}`]: "500x30",
          [`node_filesystem_size_bytes{${disk}}`]: "1000x30",
          [`node_filesystem_readonly{${disk}}`]: "0x30",
        },
        at: "20m",
      },
    },
    {
      name: "MemoryPressure",
      severity: "ticket",
      for: "10m",
      expr: `rate(node_pressure_memory_stalled_seconds_total[5m]) > ${limits.memoryStall.warn}`,
      summary: "programs on {{ $labels.instance }} wait for memory",
      why: "Stalls precede kills.",
      first: ["which process grew? `purlin status`", "smaller limits or a larger machine"],
      fires: { series: { 'node_pressure_memory_stalled_seconds_total{instance="host"}': "0+30x30" }, at: "20m" },
      quiet: { series: { 'node_pressure_memory_stalled_seconds_total{instance="host"}': "5x30" }, at: "20m" },
    },
    {
      name: "OomKill",
      severity: "ticket",
      for: "0m",
      expr: "increase(node_vmstat_oom_kill[10m]) > 0",
      summary: "the kernel ended a process on {{ $labels.instance }} for want of memory",
      why: "It will happen again: something is sized wrong.",
      first: ["the kernel's log names the process", "`purlin status`: who restarted?"],
      fires: { series: { 'node_vmstat_oom_kill{instance="host"}': "0x5 1x5" }, at: "8m" },
      quiet: { series: { 'node_vmstat_oom_kill{instance="host"}': "3x20" }, at: "8m" },
    },
  ],
};
