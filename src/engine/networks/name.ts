/** The Docker network of a cluster. */
export function networkName(cluster: string): string {
  return `kindgate-${cluster}`
}
