import type { Image } from '../../../engine/images/schema.ts'
import { image } from './common.ts'

export const imageExample: Image = {
  name: image,
  local: true,
  id: 'sha256:3eea0d32f3e7a1c5b9d84f6e2a0c7b5d9e1f3a8c6b4d2e0f9a7c5b3d1e8f6a4c',
  digest: null,
  size: 987654321,
  default: true,
  simulated: false,
}
