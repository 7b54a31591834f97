import type { Version } from '../../../engine/versions.ts'

export const versionExample: Version = {
  version: '0.1.0',
  runtime: 'docker',
  simulated: false,
  docker: { version: '28.2.2', apiVersion: '1.50', os: 'linux', arch: 'amd64' },
  node: 'v24.21.0',
  staleSince: null,
}
