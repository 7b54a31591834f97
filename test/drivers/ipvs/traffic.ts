import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { BalancerDriver } from '../../../src/drivers/balancer.ts'
import { createPeer, type Peer, type RealHost, spawnPeer } from './real-host.ts'

/** Real connections through the kernel: two nodes on a bridge of the host, as Docker's, and a client on another network. */
export function traffic(host: RealHost): void {
  const web = { address: '203.0.113.10', port: 80, protocol: 'tcp' } as const
  const names = { address: '203.0.113.10', port: 53, protocol: 'udp' } as const
  const node = (index: number) => ({ address: `172.28.0.${index}`, port: 30080 })
  const others = [
    '-A -t 203.0.113.11:6443',
    '-A -t [2001:db8::10]:80',
    '-A -f 1',
    '-A --sctp-service 203.0.113.10:2905',
  ]

  describe('real connections through the kernel', { concurrency: false }, () => {
    const ends: (() => Promise<void> | void)[] = []
    let driver: BalancerDriver
    let outside: Peer
    let inside: Peer

    before(async () => {
      const setUp = { after: (end: () => Promise<void> | void) => void ends.unshift(end) }
      await host.run('ip', ['link', 'add', 'br0', 'type', 'bridge'])
      await host.run('ip', ['address', 'add', '172.28.0.1/24', 'dev', 'br0'])
      await host.run('ip', ['link', 'set', 'br0', 'up'])
      for (const index of [2, 3]) {
        const { address } = node(index)
        const name = `node${index}`
        const peer = await createPeer(setUp, host, { name, address, gateway: '172.28.0.1', bridge: 'br0' })
        peer.tell(`serve ${name} ${address} 30080`)
        await peer.heard(/listens/)
        await peer.heard(/receives/)
      }
      const client = { name: 'client', address: '198.51.100.2', gateway: '198.51.100.1' }
      outside = await createPeer(setUp, host, client)
      inside = spawnPeer(setUp, host.namespace)
      driver = await host.create()
      ends.unshift(() => driver.close())
      await host.run(
        'ipvsadm',
        ['--restore'],
        await readFile(path.join(import.meta.dirname, 'recorded/others.txt'), 'utf8'),
      )
    })
    after(async () => {
      for (const end of ends) await end()
    })

    const connect = async (peer: Peer, id: string) => {
      peer.tell(`open ${id} ${web.address} ${web.port}`)
      return (await peer.heard(new RegExp(`^${id} (got|failed) `))).slice(id.length + 1)
    }
    const ask = async (text: string) => {
      outside.tell(`ask ${names.address} ${names.port} ${text}`)
      return outside.heard(new RegExp(`^answered .* ${text}$`))
    }
    const counts = async () =>
      (await driver.observe()).flatMap(({ protocol, realServers }) =>
        realServers.map(each => `${protocol} ${each.address} w${each.weight} ${each.activeConnections}`),
      )
    const told = new Map<string, string>()

    test('clients of another machine and of the host itself get the nodes in turn, and are counted', async () => {
      await driver.ensure({ ...web, realServers: [node(2), node(3)] })
      await driver.ensure({ ...names, realServers: [node(2), node(3)] })
      for (const id of ['a', 'b']) told.set(await connect(outside, id), id)
      assert.deepEqual([...told.keys()].toSorted(), ['got node2', 'got node3'])
      assert.deepEqual([await connect(inside, 'c'), await connect(inside, 'd')].toSorted(), ['got node2', 'got node3'])
      assert.match(await ask('hello'), /node[23]/)
      assert.deepEqual((await counts()).toSorted(), [
        'tcp 172.28.0.2 w1 2',
        'tcp 172.28.0.3 w1 2',
        'udp 172.28.0.2 w1 0',
        'udp 172.28.0.3 w1 0',
      ])
    })

    test('connections to a node that leaves go on; new ones go elsewhere', async t => {
      await driver.ensure({ ...web, realServers: [node(3)] })
      const id = told.get('got node2')
      outside.tell(`say ${id} still-there?`)
      await outside.heard(new RegExp(`^${id} got still-there\\?`))
      assert.deepEqual([await connect(outside, 'e'), await connect(outside, 'f')], ['got node3', 'got node3'])
      assert.ok((await counts()).includes('tcp 172.28.0.2 w0 2'), (await counts()).join('; '))
      // What `recorded/` holds is taken from here.
      t.diagnostic(`/proc/net/ip_vs:\n${await host.read('/proc/net/ip_vs')}`)
    })

    test('a client of UDP whose node leaves is answered by another', async () => {
      const [, first] = /node(\d)/.exec(await ask('first')) ?? []
      const other = first === '2' ? 3 : 2
      await driver.ensure({ ...names, realServers: [node(other)] })
      // The kernel drops the datagram by which it learns that the way is gone.
      outside.tell(`ask ${names.address} ${names.port} lost`)
      assert.equal(await ask('again'), `answered node${other} again`)
    })

    test('removal ends the connections, and leaves nothing but what others have made', async () => {
      const id = told.get('got node3')
      await driver.remove(web)
      outside.tell(`say ${id} lost`)
      outside.tell(`say ${id} lost`)
      assert.match(await outside.heard(new RegExp(`^${id} failed`)), /ECONNRESET/)
      assert.equal(await connect(outside, 'g'), 'failed ECONNREFUSED')
      await driver.remove(names)
      assert.deepEqual(await driver.observe(), [])
      assert.doesNotMatch(await host.run('ip', ['address', 'show']), /203\.0\.113\.10/)
      const rules = (await host.run('ipvsadm', ['--save', '--numeric']))
        .split('\n')
        .filter(line => line.startsWith('-A'))
      assert.equal(rules.length, others.length)
      for (const other of others)
        assert.ok(
          rules.some(rule => rule.startsWith(other)),
          `${other} in ${rules.join('; ')}`,
        )
    })
  })
}
