/** What the kubernetes target will give every component. Not built yet: a blueprint that names it is refused by name. */
export interface KubernetesTarget {
  kind: "kubernetes";
}
