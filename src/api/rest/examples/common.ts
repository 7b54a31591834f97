/** What examples share. */
export const metadata = { resourceVersion: '1763712000000042', createdAt: '2026-11-21T08:00:00.000Z', generation: 1 }
export const image = 'kindest/node:v1.34.4'
