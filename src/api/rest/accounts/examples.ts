import type { AuditEntry } from '../../../engine/audit/schema.ts'
import type { IssuedServiceAccount, IssuedToken, ServiceAccount, Token, User } from '../../../engine/users/schema.ts'

const at = '2026-11-21T08:00:00.000Z'
const metadata = { resourceVersion: '1763712000000042', createdAt: at, generation: 1 }

export const userExample: User = {
  id: '0b0d6a5e-5b0c-4a51-9d1f-0a6c1f9b7c11',
  name: 'ann',
  owner: 'ann',
  email: 'ann@example.com',
  admin: false,
  disabled: false,
  quotas: { clusters: 10, nodes: 50, connections: 200, requestsPerMinute: 6000 },
  metadata,
}

const stored = {
  id: '718bef86-7dfe-46c0-bf4e-3dfea83c6c28',
  name: 'laptop',
  createdAt: at,
  expiresAt: null,
  lastUsedAt: '2026-11-21T09:30:00.000Z',
}

export const tokenExample: Token = { ...stored, kind: 'token' }

const issuedTokenExample: IssuedToken = {
  ...tokenExample,
  lastUsedAt: null,
  token: 'kg_4vFhX0kTgq0Vb2m0o8pXyJx0m1c9kq7Zq2b3n4r5s6t',
}

export const serviceAccountExample: ServiceAccount = { ...stored, name: 'cli' }

const issuedServiceAccountExample: IssuedServiceAccount = {
  ...serviceAccountExample,
  lastUsedAt: null,
  cli: {
    qbo_uid: {
      crv: 'P-521',
      kty: 'EC',
      x: 'AMu-cWn4gmkQiCAJMeW4BfZUAhPwAA3rROnw6nGUk8hl3bvV7gKKng2Eov6oxTvg70kulH6Nbq2wvJbAzyAjnPlT',
      y: 'Ab7VgSfOzG-7IgRF6ffUn5E0J43eDL8_vFtFtP7RihVgNBMUeZzo0yaskfx59SdqnL8q24wEHSTp4dDUxNal3kQ1',
    },
    qbo_aux: '66fac858-a271-49cf-bad0-fdd9ff0b4787',
    qbo_port: 9601,
    qbo_host: '127.0.0.1',
    qbo_user: 'ann@example.com',
  },
}

export const auditExample: AuditEntry = {
  id: '5e2f6a0b-0c3f-4b7c-8f0e-9a1b2c3d4e5f',
  name: '5e2f6a0b-0c3f-4b7c-8f0e-9a1b2c3d4e5f',
  owner: null,
  at,
  actor: 'ann',
  credential: `token ${stored.id}`,
  action: 'clusterDelete',
  resource: '/api/v1/clusters/alex',
  result: 'OK',
  surface: 'rest',
  from: '127.0.0.1',
  requestId: '018f3e0c-3a52-4d0a-9f0e-5d4f1a2b3c4d',
  detail: null,
  metadata,
}

/** By the name of their schema. */
export const accountExamples: Record<string, object> = {
  User: userExample,
  Token: tokenExample,
  IssuedToken: issuedTokenExample,
  ServiceAccount: serviceAccountExample,
  IssuedServiceAccount: issuedServiceAccountExample,
  AuditEntry: auditExample,
}
