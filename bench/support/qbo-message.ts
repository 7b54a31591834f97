/** Bytes of a change of the bench's node, as a message of the gateway: the bare server sends as many. */
export const messageLength = 766
