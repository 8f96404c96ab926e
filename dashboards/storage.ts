import { limits } from "./limits.ts";
import type { DashboardSpec } from "./lib/signal.ts";

export const storage: DashboardSpec = {
  noun: "storage",
  title: "Storage",
  question: "Can objects be written and read, how fast, and how much room is left?",
  rows: [
    {
      title: "Health",
      signals: [
        {
          title: "Leaders",
          description: "Must be exactly one: without a leader no object can be written.",
          unit: "none",
          show: "stat",
          queries: [{ expr: "sum(SeaweedFS_master_is_leader{$scope})", legend: "leaders" }],
          limits: { critical: 1, when: "below" },
        },
        {
          title: "Volumes that take writes",
          description: "At zero uploads fail although the disk may have room: raise the volume limit or free space.",
          unit: "none",
          show: "stat",
          queries: [{ expr: "sum(SeaweedFS_master_volume_layout_writable{$scope})", legend: "writable" }],
          absentWhenHealthy: "volumes are made with the first object",
        },
        {
          title: "Heartbeats of volume servers",
          description: "Heartbeats per second the master receives. None: the volume server is gone.",
          unit: "ops",
          show: "lines",
          queries: [
            {
              expr: "sum by (type) (rate(SeaweedFS_master_received_heartbeats{$scope}[$interval]))",
              legend: "{{type}}",
            },
          ],
        },
        {
          title: "Volumes in use",
          description: "Volumes made, against the number the server may hold.",
          unit: "none",
          show: "lines",
          queries: [
            { expr: "sum(SeaweedFS_volumeServer_volumes{$scope})", legend: "in use" },
            { expr: "sum(SeaweedFS_volumeServer_max_volumes{$scope})", legend: "at most" },
          ],
        },
      ],
    },
    {
      title: "S3 requests",
      signals: [
        {
          title: "Requests by operation and answer",
          description: "S3 calls per second. 403: a key used outside its bucket; 5xx: see the errors beside.",
          unit: "reqps",
          show: "stacked",
          queries: [
            {
              expr: "sum by (type, code) (rate(SeaweedFS_s3_request_total{$scope}[$interval]))",
              legend: "{{type}} {{code}}",
            },
          ],
        },
        {
          title: "Share of calls that failed",
          description: "5xx over all calls.",
          unit: "percentunit",
          show: "lines",
          queries: [
            {
              expr: '(sum(rate(SeaweedFS_s3_request_total{$scope,code=~"5.."}[$interval])) or 0 * sum(rate(SeaweedFS_s3_request_total{$scope}[$interval]))) / (sum(rate(SeaweedFS_s3_request_total{$scope}[$interval])) > 0)',
              legend: "failed",
            },
          ],
          limits: limits.s3ErrorShare,
        },
        {
          title: "Time by operation, 99th percentile",
          description: "Slow writes usually mean a slow disk, slow lists a slow metadata store.",
          unit: "s",
          show: "lines",
          queries: [
            {
              expr: "histogram_quantile(0.99, sum by (type, le) (rate(SeaweedFS_s3_request_seconds_bucket{$scope}[$interval])))",
              legend: "{{type}}",
            },
          ],
        },
        {
          title: "Metadata store, 99th percentile",
          description: "Time of the filer's own store by operation.",
          unit: "s",
          show: "lines",
          queries: [
            {
              expr: "histogram_quantile(0.99, sum by (store, type, le) (rate(SeaweedFS_filerStore_request_seconds_bucket{$scope}[$interval])))",
              legend: "{{store}} {{type}}",
            },
          ],
        },
      ],
    },
    {
      title: "Room",
      signals: [
        {
          title: "Disk free where objects live",
          description: "Free share of the volume folder's file system.",
          unit: "percentunit",
          show: "lines",
          queries: [
            {
              expr: 'sum by (name) (SeaweedFS_volumeServer_resource{$scope,type="avail"}) / sum by (name) (SeaweedFS_volumeServer_resource{$scope,type="all"})',
              legend: "{{name}}",
            },
          ],
          limits: limits.diskFree,
        },
        {
          title: "Size of buckets",
          description: "Bytes stored by bucket, as the S3 server counts them.",
          unit: "bytes",
          show: "lines",
          queries: [{ expr: "max by (bucket) (SeaweedFS_s3_bucket_size_bytes{$scope})", legend: "{{bucket}}" }],
          absentWhenHealthy: "the S3 server counts buckets every few minutes",
        },
      ],
    },
  ],
};
