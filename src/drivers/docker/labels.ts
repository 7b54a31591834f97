/** Labels by which the `kind` CLI, and we, know a cluster's containers (kind: pkg/cluster/internal/providers/docker). */
export const clusterLabel = 'io.x-k8s.kind.cluster'
export const roleLabel = 'io.x-k8s.kind.role'
/** On containers and networks of this gateway: the cluster's id in its store. */
export const clusterIdLabel = 'io.kindgate.cluster-id'
/** The id of the gateway's store: whose the container or network is to clear away. */
export const gatewayLabel = 'io.kindgate.gateway'
