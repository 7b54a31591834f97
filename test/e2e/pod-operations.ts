import assert from 'node:assert/strict'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { WebSocket } from 'ws'
import type { Kubectl } from './kubectl.ts'
import { eventually } from './tools.ts'

export const v5 = 'v5.channel.k8s.io'
export const v4 = 'v4.channel.k8s.io'

/**
 * What one does with pods through the gateway, in a cluster of any version: lists, logs, exec and attach by REST and by
 * kubectl, and the way to the API server. `protocol` is the newest that the cluster speaks over WebSocket. Leaves the
 * cluster as it was.
 */
export async function usePods(kubectl: Kubectl, cluster: string, protocol: typeof v5 | typeof v4): Promise<void> {
  const { gateway, run } = kubectl
  const at = `/api/v1/clusters/${cluster}`
  const pod = `${at}/namespaces/default/pods`
  const file = path.join(kubectl.folder, 'pods.yaml')
  await writeFile(file, manifest)
  await eventually('the service account', async () =>
    (await run(cluster, 'get', 'serviceaccounts')).includes('default'),
  )
  await run(cluster, 'apply', '-f', file)
  try {
    await eventually('both pods', async () => {
      const { items }: { items: { name: string; status: string; ready: string }[] } = JSON.parse(
        (await gateway.call('GET', `${at}/pods?namespace=default`, { status: 200 })).text,
      )
      const shown = items.map(({ name, ready, status }) => `${name} ${ready} ${status}`)
      assert.deepEqual(shown.toSorted(), ['tell 1/1 Running', 'term 1/1 Running'])
      return true
    })
    assert.match(await run(cluster, 'get', 'pods'), /tell +1\/1 +Running/)
    await logs(kubectl, cluster, `${pod}/tell/log`)
    await execByRest(kubectl, `${pod}/tell/exec`, protocol)
    await execByKubectl(kubectl, cluster, protocol)
    await attachByRest(kubectl, `${pod}/term/attach`, protocol)
    await attachByKubectl(kubectl, cluster)
  } finally {
    await run(cluster, 'delete', '-f', file, '--grace-period=0', '--force')
  }
  await eventually('their end', async () => {
    const { items }: { items: unknown[] } = JSON.parse((await gateway.call('GET', `${at}/pods?namespace=default`)).text)
    return items.length === 0
  })
}

async function logs({ gateway, run }: Kubectl, cluster: string, path: string): Promise<void> {
  assert.equal((await gateway.call('GET', `${path}?tailLines=1`, { status: 200 })).text, 'told\n')
  assert.equal(await run(cluster, 'logs', 'tell', '--tail=1'), 'told\n')
  const controller = new AbortController()
  const lines = await gateway.lines(`${path}?follow=true&tailLines=0`, controller.signal)
  const said = run(cluster, 'exec', 'tell', '--', 'sh', '-c', 'echo said later >/proc/1/fd/1')
  for await (const line of lines) {
    assert.equal(line, 'said later')
    break
  }
  controller.abort()
  await said
}

async function execByRest(kubectl: Kubectl, path: string, protocol: string): Promise<void> {
  const command = ['sh', '-c', 'cat; echo to stderr >&2; exit 3'].map(word => `&command=${encodeURIComponent(word)}`)
  const query = `stdin=true&stdout=true&stderr=true${command.join('')}`
  // Only the newer protocol can say that the input has ended: `head` does not wait for that.
  const until = query.replace('cat%3B', 'head%20-n%201%3B')
  for (const offered of [[v5, v4], [v4]]) {
    const socket = await open(kubectl, `${path}?${until}`, offered)
    assert.equal(socket.protocol, offered.includes(protocol) ? protocol : v4)
    const said = { 1: '', 2: '', 3: '' }
    socket.on('message', (data: Buffer) => {
      if (data[0] === 1 || data[0] === 2 || data[0] === 3) said[data[0]] += data.subarray(1)
    })
    socket.send(Buffer.from('\0through the gateway\n'))
    await once(socket, 'close')
    assert.deepEqual([said[1], said[2]], ['through the gateway\n', 'to stderr\n'])
    assert.match(said[3], /"reason":"NonZeroExitCode".*"message":"3"/)
  }
}

async function execByKubectl({ program, to, begin }: Kubectl, cluster: string, protocol: string): Promise<void> {
  for (const webSockets of ['true', 'false']) {
    const { child, text } = begin(
      program,
      [...to(cluster), '-v=9', 'exec', '-i', 'tell', '--', 'sh', '-c', 'tr a-z A-Z; exit 3'],
      { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: webSockets },
    )
    child.stdin.end('through the gateway\n')
    const [code] = await once(child, 'close')
    assert.match(text(), /THROUGH THE GATEWAY/)
    assert.equal(code, 3, text())
    assertProtocol(text(), webSockets === 'true' && protocol === v5)
  }
}

/** By what kubectl says at -v=9. It speaks no older protocol than v5 over WebSocket, and falls back to SPDY. */
export function assertProtocol(text: string, webSocket: boolean): void {
  assert.equal(/The subprotocol is v5\.channel\.k8s\.io/.test(text), webSocket, text)
  assert.equal(/X-Stream-Protocol-Version: v\d\.channel\.k8s\.io/i.test(text), !webSocket, text)
}

async function attachByRest(kubectl: Kubectl, path: string, protocol: string): Promise<void> {
  const socket = await open(kubectl, `${path}?stdin=true&stdout=true&tty=true`, [v5, v4])
  assert.equal(socket.protocol, protocol)
  let said = ''
  const answered = new Promise<void>(resolve =>
    socket.on('message', (data: Buffer) => {
      if (data[0] === 1) said += data.subarray(1)
      if (said.includes('is 42')) resolve()
    }),
  )
  socket.send(Buffer.from('\0echo is $((40 + 2))\n'))
  await Promise.race([answered, once(socket, 'close')])
  assert.match(said, /is 42/)
  socket.close()
}

async function attachByKubectl({ program, to, begin, shows }: Kubectl, cluster: string): Promise<void> {
  const command = [program, ...to(cluster), 'attach', '-it', 'term'].join(' ')
  const terminal = begin('script', ['-qec', command, '/dev/null'])
  terminal.child.stdin.write('echo is $((50 + 3))\n')
  await shows('the answer', terminal, /is 53/)
  // Who lets go of it leaves the program as it is.
  terminal.child.kill()
  await once(terminal.child, 'close')
}

async function open({ gateway, token, ca }: Kubectl, path: string, protocols: string[]): Promise<WebSocket> {
  const socket = new WebSocket(new URL(path, gateway.url.replace(/^http/, 'ws')), protocols, {
    headers: { authorization: `Bearer ${token}` },
    ca,
    handshakeTimeout: 30_000,
  })
  await once(socket, 'open')
  return socket
}

const manifest = `
apiVersion: v1
kind: Pod
metadata: {name: tell}
spec:
  terminationGracePeriodSeconds: 0
  containers:
  - name: tell
    image: docker.io/library/busybox:1.35
    imagePullPolicy: Never
    command: [sh, -c, "echo started; echo told; exec sleep 3600"]
---
apiVersion: v1
kind: Pod
metadata: {name: term}
spec:
  terminationGracePeriodSeconds: 0
  containers:
  - {name: term, image: 'docker.io/library/busybox:1.35', imagePullPolicy: Never, command: [sh], stdin: true, tty: true}
`
