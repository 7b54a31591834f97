import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { fromEndpointSlice, fromEndpoints, toKubernetesService } from '../../../src/drivers/kubernetes/services.ts'

const metadata = { name: 'web', namespace: 'shop', uid: 'u', resourceVersion: '1' }
const pod = (name: string) => ({ kind: 'Pod', name })

describe('toKubernetesService', () => {
  it('maps a load balancer', () => {
    const service = {
      metadata: { ...metadata, labels: { app: 'web' }, creationTimestamp: '2026-11-21T08:00:00Z' },
      spec: {
        type: 'LoadBalancer',
        clusterIP: '10.96.0.9',
        externalIPs: ['203.0.113.9'],
        loadBalancerIP: '203.0.113.10',
        loadBalancerClass: 'example.com/own',
        externalTrafficPolicy: 'Local',
        selector: { app: 'web' },
        ports: [
          { name: 'http', port: 80, targetPort: 'web', nodePort: 30080 },
          { name: 'dns', port: 53, targetPort: 5353, protocol: 'UDP' },
          { port: 443 },
        ],
      },
      status: { loadBalancer: { ingress: [{ ip: '203.0.113.10' }, { hostname: 'lb.example.com' }, {}] } },
    }
    assert.deepEqual(toKubernetesService(service), {
      uid: 'u',
      name: 'web',
      namespace: 'shop',
      labels: { app: 'web' },
      type: 'LoadBalancer',
      clusterIP: '10.96.0.9',
      externalIPs: ['203.0.113.9'],
      loadBalancerIP: '203.0.113.10',
      loadBalancerClass: 'example.com/own',
      ingress: ['203.0.113.10', 'lb.example.com'],
      externalName: '',
      externalTrafficPolicy: 'Local',
      selector: { app: 'web' },
      ports: [
        { name: 'http', protocol: 'TCP', port: 80, targetPort: 'web', nodePort: 30080 },
        { name: 'dns', protocol: 'UDP', port: 53, targetPort: 5353, nodePort: null },
        { name: '', protocol: 'TCP', port: 443, targetPort: 443, nodePort: null },
      ],
      createdAt: '2026-11-21T08:00:00Z',
      deletedAt: null,
    })
  })

  it('maps headless and external services', () => {
    assert.equal(toKubernetesService({ metadata, spec: { clusterIP: 'None' } }).clusterIP, 'None')
    const external = toKubernetesService({ metadata, spec: { type: 'ExternalName', externalName: 'db.example.com' } })
    assert.deepEqual([external.type, external.externalName, external.ports], ['ExternalName', 'db.example.com', []])
    assert.equal(toKubernetesService({ metadata }).type, 'ClusterIP')
  })
})

describe('endpoints of a service', () => {
  it('are what an EndpointSlice says', () => {
    const slice = {
      metadata: { ...metadata, name: 'web-abc', labels: { 'kubernetes.io/service-name': 'web' } },
      ports: [{ name: 'http', port: 8080 }],
      endpoints: [
        { addresses: ['10.244.0.7', 'ignored'], conditions: { ready: true }, nodeName: 'n1', targetRef: pod('web-0') },
        { addresses: ['10.244.0.8'], conditions: { ready: false }, nodeName: 'n2', targetRef: pod('web-1') },
        { addresses: ['192.0.2.1'], targetRef: { kind: 'Thing', name: 'x' } },
        { addresses: [] },
      ],
    }
    assert.deepEqual(fromEndpointSlice(slice), {
      name: 'web-abc',
      namespace: 'shop',
      service: 'web',
      ports: [{ name: 'http', protocol: 'TCP', port: 8080 }],
      endpoints: [
        { address: '10.244.0.7', ready: true, node: 'n1', pod: 'web-0' },
        { address: '10.244.0.8', ready: false, node: 'n2', pod: 'web-1' },
        { address: '192.0.2.1', ready: true, node: '', pod: '' },
      ],
    })
  })

  it('are the same from an Endpoints object', () => {
    const object = {
      metadata,
      subsets: [
        {
          ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
          addresses: [{ ip: '10.244.0.7', nodeName: 'n1', targetRef: pod('web-0') }],
          notReadyAddresses: [{ ip: '10.244.0.8', nodeName: 'n2', targetRef: pod('web-1') }],
        },
        { addresses: [{ ip: '192.0.2.1' }] },
      ],
    }
    assert.deepEqual(fromEndpoints(object), {
      name: 'web',
      namespace: 'shop',
      service: 'web',
      ports: [{ name: 'http', protocol: 'TCP', port: 8080 }],
      endpoints: [
        { address: '10.244.0.7', ready: true, node: 'n1', pod: 'web-0' },
        { address: '10.244.0.8', ready: false, node: 'n2', pod: 'web-1' },
        { address: '192.0.2.1', ready: true, node: '', pod: '' },
      ],
    })
    assert.deepEqual(fromEndpoints({ metadata }).endpoints, [])
  })
})
