/** The store cannot be used as it is set up. The message is for whoever starts the gateway and says what to do. */
export class StoreError extends Error {
  override name = 'StoreError'
}
