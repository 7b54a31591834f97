/** Who asks. Surfaces find out who it is; what they may see and do is decided in the engine. */
export interface Principal {
  name: string
  admin: boolean
}
