import { stringify } from 'yaml'

/** A certificate that `kubectl` can parse; nobody has its key, so nothing can pass for it. */
const certificateAuthority = `-----BEGIN CERTIFICATE-----
MIIBoDCCAUegAwIBAgIUIXmu69B/pkJTHfj3FLnVKyLf/hkwCgYIKoZIzj0EAwIw
HTEbMBkGA1UEAwwSa2luZGdhdGUtc2ltdWxhdGVkMCAXDTI2MTEyMTA4MjY1NFoY
DzIxMjYxMDI4MDgyNjU0WjAdMRswGQYDVQQDDBJraW5kZ2F0ZS1zaW11bGF0ZWQw
WTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAARTjVMIdlw3/mTe1hDqpCDZiw+KcezN
97GusLZqpJMz9FZNjOT0g64WUVwmh0bNixcRlYoq9OERPckR06lmu2GBo2MwYTAd
BgNVHQ4EFgQUv9GEV6QPRV/Ne5zwbR+uyHRDI2AwHwYDVR0jBBgwFoAUv9GEV6QP
RV/Ne5zwbR+uyHRDI2AwDwYDVR0TAQH/BAUwAwEB/zAOBgNVHQ8BAf8EBAMCAqQw
CgYIKoZIzj0EAwIDRwAwRAIgCq9NFN1hYIvsXz5IVHIbZe11KC9+xYKF5ewbRG86
A2QCIBjKI2NVosa4qUQcAmE/vpOOKLwGXp3bkcAnp1H9TRLh
-----END CERTIFICATE-----
`

/** A kubeconfig of the shape and with the names that kind gives it; clients load it, and then find nobody there. */
export function simulatedKubeconfig(cluster: string, endpoint: { host: string; port: number }): string {
  const name = `kind-${cluster}`
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name,
        cluster: {
          'certificate-authority-data': Buffer.from(certificateAuthority).toString('base64'),
          server: `https://${endpoint.host}:${endpoint.port}`,
        },
      },
    ],
    contexts: [{ name, context: { cluster: name, user: name } }],
    'current-context': name,
    preferences: {},
    users: [{ name, user: { token: 'simulated' } }],
  }
  return `# Simulated: this cluster exists in kindgate's memory only, no API server answers at its address.\n${stringify(config, { lineWidth: 0 })}`
}
