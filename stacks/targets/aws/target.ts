/** What the aws target will give every component. Not built yet: a blueprint that names it is refused by name. */
export interface AwsTarget {
  kind: "aws";
}
