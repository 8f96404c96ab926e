import { limits } from "./limits.ts";
import type { DashboardSpec } from "./lib/signal.ts";

const disks = 'fstype!~"tmpfs|overlay|squashfs|ramfs|devtmpfs"';

export const host: DashboardSpec = {
  noun: "host",
  title: "Host",
  question: "Is the machine the bottleneck: processor, memory, disk or network?",
  rows: [
    {
      title: "Use",
      signals: [
        {
          title: "Processor in use",
          description: "Share of all cores that is busy.",
          unit: "percentunit",
          show: "lines",
          queries: [
            {
              expr: '1 - avg by (instance) (sum without (mode) (rate(node_cpu_seconds_total{$scope,mode=~"idle|iowait"}[$interval])))',
              legend: "{{instance}}",
            },
          ],
        },
        {
          title: "Processor by kind of work",
          description: "Cores by mode: much iowait is a slow disk, much steal a crowded host.",
          unit: "short",
          show: "stacked",
          queries: [
            {
              expr: 'sum by (mode) (rate(node_cpu_seconds_total{$scope,mode!="idle"}[$interval]))',
              legend: "{{mode}}",
            },
          ],
        },
        {
          title: "Memory available",
          description: "Share of memory that programs can still take without swapping.",
          unit: "percentunit",
          show: "lines",
          queries: [
            {
              expr: "node_memory_MemAvailable_bytes{$scope} / node_memory_MemTotal_bytes{$scope}",
              legend: "{{instance}}",
            },
          ],
        },
        {
          title: "Disk free",
          description: "Free share of each file system; below the red line Postgres is in danger.",
          unit: "percentunit",
          show: "lines",
          queries: [
            {
              expr: `min by (mountpoint) (node_filesystem_avail_bytes{$scope,${disks}} / node_filesystem_size_bytes{$scope,${disks}})`,
              legend: "{{mountpoint}}",
            },
          ],
          limits: limits.diskFree,
        },
      ],
    },
    {
      title: "Saturation",
      signals: [
        {
          title: "Load against cores",
          description: "Runnable tasks per core over five minutes. Above 1 they queue.",
          unit: "short",
          show: "lines",
          queries: [
            {
              expr: 'node_load5{$scope} / on (instance) count by (instance) (node_cpu_seconds_total{$scope,mode="idle"})',
              legend: "{{instance}}",
            },
          ],
        },
        {
          title: "Stalled for want of a resource",
          description:
            "Share of time some task waited for processor, memory or disk: the best sign of saturation where the kernel offers it.",
          unit: "percentunit",
          show: "lines",
          queries: [
            {
              expr: "rate(node_pressure_cpu_waiting_seconds_total{$scope}[$interval])",
              legend: "{{instance}} processor",
            },
            {
              expr: "rate(node_pressure_memory_stalled_seconds_total{$scope}[$interval])",
              legend: "{{instance}} memory",
            },
            { expr: "rate(node_pressure_io_stalled_seconds_total{$scope}[$interval])", legend: "{{instance}} disk" },
          ],
          limits: limits.memoryStall,
          absentWhenHealthy: "the kernel offers pressure figures only when built with CONFIG_PSI",
        },
        {
          title: "Disk time per write",
          description: "Mean seconds per write by device.",
          unit: "s",
          show: "lines",
          queries: [
            {
              expr: "rate(node_disk_write_time_seconds_total{$scope}[$interval]) / (rate(node_disk_writes_completed_total{$scope}[$interval]) > 0)",
              legend: "{{device}}",
            },
          ],
        },
        {
          title: "Network",
          description: "Bits per second by device.",
          unit: "bps",
          show: "lines",
          queries: [
            {
              expr: "sum by (device) (rate(node_network_receive_bytes_total{$scope}[$interval])) * 8",
              legend: "{{device}} in",
            },
            {
              expr: "sum by (device) (rate(node_network_transmit_bytes_total{$scope}[$interval])) * 8",
              legend: "{{device}} out",
            },
          ],
        },
        {
          title: "Out-of-memory kills",
          description: "Processes the kernel ended in the last minutes. Any is a wrong size somewhere.",
          unit: "none",
          show: "stat",
          queries: [{ expr: "increase(node_vmstat_oom_kill{$scope}[$interval])", legend: "{{instance}}" }],
          limits: { critical: 1 },
        },
      ],
    },
  ],
};
