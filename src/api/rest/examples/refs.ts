import type { Ref } from '../../../engine/refs/schema.ts'
import { metadata } from './common.ts'

export const refExample: Ref = {
  id: '0c1a6f0e-8c49-4f5f-a2f5-5b8f6d1f7a11',
  name: 'platform/kubefox/release/demo/dev',
  kind: 'release',
  owner: 'admin',
  title: null,
  description: null,
  head: null,
  platform: 'kubefox',
  system: 'demo/branch/main',
  systemId: 'a909eca',
  environment: 'dev/tag/v1.0',
  environmentId: '5defc4d7-4651-4f2c-a217-a876a30b4042',
  cluster: 'alex',
  namespace: 'kfr-demo-dev',
  ready: true,
  components: { 'hello-a909eca': { ready: true } },
  message: '',
  simulated: false,
  metadata,
}
