import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { test } from 'node:test'
import { chooseBalancer } from '../../../src/drivers/ipvs/choose.ts'
import { createKernelDriver } from '../../../src/drivers/ipvs/kernel.ts'
import { parseIpvsTable } from '../../../src/drivers/ipvs/table.ts'
import { createFakeClock } from '../../support/clock.ts'
import { createFakeKernel } from './fake-kernel.ts'

/**
 * `/proc/net/ip_vs` of Linux 6.1.0-57-cloud-amd64 (Debian 6.1.192-3), as `traffic.ts` prints it with connections open, run
 * by `test/machine/ipvs-kernel.sh`. Besides the driver's it has what `recorded/others.txt` asked for: persistence, a
 * firewall mark, IPv6, SCTP.
 */
const recorded = await readFile(path.join(import.meta.dirname, 'recorded/linux-6.1.txt'), 'utf8')

test('the kernel text is read: hexadecimal addresses, weights, connections', () => {
  assert.deepEqual(parseIpvsTable(recorded), [
    {
      protocol: 'tcp',
      address: '203.0.113.10',
      port: 80,
      realServers: [
        { address: '172.28.0.3', port: 30080, weight: 1, activeConnections: 4, inactiveConnections: 0 },
        { address: '172.28.0.2', port: 30080, weight: 0, activeConnections: 2, inactiveConnections: 0 },
      ],
    },
    {
      protocol: 'tcp',
      address: '203.0.113.11',
      port: 6443,
      realServers: [{ address: '172.28.0.2', port: 6443, weight: 100, activeConnections: 0, inactiveConnections: 0 }],
    },
    {
      protocol: 'udp',
      address: '203.0.113.10',
      port: 53,
      realServers: [
        { address: '172.28.0.3', port: 30080, weight: 1, activeConnections: 0, inactiveConnections: 1 },
        { address: '172.28.0.2', port: 30080, weight: 1, activeConnections: 0, inactiveConnections: 0 },
      ],
    },
  ])
  assert.deepEqual(parseIpvsTable(''), [])
  assert.deepEqual(parseIpvsTable(recorded.split('\n').slice(0, 3).join('\n')), [], 'nothing but the heading')
})

test('the fake kernel writes as the real one does', async t => {
  const kernel = createFakeKernel()
  const driver = createKernelDriver({ clock: createFakeClock(), ...kernel })
  t.after(() => driver.close())
  await driver.ensure({ ...at, realServers: [node(3), node(2)] })
  kernel.connections('-t 203.0.113.10:80', '172.28.0.3:30080', 4)
  kernel.connections('-t 203.0.113.10:80', '172.28.0.2:30080', 2)
  await driver.ensure({ ...at, realServers: [node(3)] })
  const lines = recorded.split('\n')
  const own = lines.findIndex(line => line.startsWith('TCP  CB00710A:0050'))
  const expected = [...lines.slice(0, 3), ...lines.slice(own, own + 3), '']
  assert.deepEqual((await kernel.readTable()).split('\n'), expected)
})

const at = { address: '203.0.113.10', port: 80, protocol: 'tcp' } as const
const node = (index: number) => ({ address: `172.28.0.${index}`, port: 30080 })

test('only differences are sent, and nothing that is not ours is touched', async t => {
  const kernel = createFakeKernel()
  // Somebody else's, at an address that is not on our interface.
  await kernel.run(
    'ipvsadm',
    ['--restore'],
    '-A -t 198.51.100.1:80 -s rr\n-a -t 198.51.100.1:80 -r 10.0.0.1:80 -m -w 1',
  )
  kernel.rules.length = 0
  const driver = createKernelDriver({ clock: createFakeClock(), ...kernel })
  t.after(() => driver.close())
  const sent = async (act: Promise<void>) => {
    await act
    return kernel.rules.splice(0)
  }
  assert.deepEqual(await sent(driver.ensure({ ...at, realServers: [node(2), node(3)] })), [
    '-A -t 203.0.113.10:80 -s rr',
    '-a -t 203.0.113.10:80 -r 172.28.0.2:30080 -m -w 1',
    '-a -t 203.0.113.10:80 -r 172.28.0.3:30080 -m -w 1',
  ])
  assert.deepEqual(kernel.held(), ['203.0.113.10'])
  assert.deepEqual(await sent(driver.ensure({ ...at, realServers: [node(3), node(2)] })), [])
  assert.deepEqual(await sent(driver.ensure({ ...at, realServers: [node(3), node(4)] })), [
    '-a -t 203.0.113.10:80 -r 172.28.0.4:30080 -m -w 1',
    '-d -t 203.0.113.10:80 -r 172.28.0.2:30080',
  ])
  assert.deepEqual(await sent(driver.remove({ address: '198.51.100.1', port: 80, protocol: 'tcp' })), [])
  assert.deepEqual(await sent(driver.prune(new Set())), ['-D -t 203.0.113.10:80'])
  assert.deepEqual(kernel.held(), [])
  assert.match(await kernel.readTable(), /C6336401:0050/)
})

test('a rule that the kernel does not take is an error, also where ipvsadm goes by its last one', async t => {
  const kernel = createFakeKernel()
  const driver = createKernelDriver({ clock: createFakeClock(), ...kernel })
  t.after(() => driver.close())
  kernel.refuse('-a -t 203.0.113.10:80 -r 172.28.0.2:30080 -m -w 1')
  await assert.rejects(
    driver.ensure({ ...at, realServers: [node(2), node(3)] }),
    /did not take: -a -t 203\.0\.113\.10:80 -r 172\.28\.0\.2:30080 -m -w 1$/,
  )
  kernel.refuse('-D -t 203.0.113.10:80')
  await assert.rejects(driver.remove(at), /took no rules/)
  assert.deepEqual(kernel.held(), ['203.0.113.10'], 'as long as a rule is there')
})

test('what another process has left in the kernel is found, mended and removed', async t => {
  const kernel = createFakeKernel()
  const clock = createFakeClock()
  const first = createKernelDriver({ clock, ...kernel })
  await first.ensure({ ...at, realServers: [node(2)] })
  await first.close()
  await kernel.run('ipvsadm', ['--restore'], '-e -t 203.0.113.10:80 -r 172.28.0.2:30080 -m -w 0')
  kernel.rules.length = 0
  const second = createKernelDriver({ clock, ...kernel })
  t.after(() => second.close())
  assert.equal((await second.observe()).length, 1)
  await second.ensure({ ...at, realServers: [node(2)] })
  assert.deepEqual(kernel.rules, ['-e -t 203.0.113.10:80 -r 172.28.0.2:30080 -m -w 1'])
  await second.remove(at)
  assert.deepEqual([await second.observe(), kernel.held()], [[], []])
})

for (const [how, advance, active] of [
  ['until its last connection has ended', 5000, 0],
  ['for a minute at most', 65_000, 3],
] as const) {
  test(`a real server that leaves gets no new connections, and stays ${how}`, async t => {
    const kernel = createFakeKernel()
    const clock = createFakeClock()
    const driver = createKernelDriver({ clock, ...kernel })
    t.after(() => driver.close())
    await driver.ensure({ ...at, realServers: [node(2), node(3)] })
    kernel.connections('-t 203.0.113.10:80', '172.28.0.2:30080', 3)
    await driver.ensure({ ...at, realServers: [node(3)] })
    assert.equal(kernel.rules.at(-1), '-e -t 203.0.113.10:80 -r 172.28.0.2:30080 -m -w 0')
    kernel.connections('-t 203.0.113.10:80', '172.28.0.2:30080', active)
    await clock.advance(advance)
    await driver.observe()
    assert.equal(kernel.rules.at(-1), '-d -t 203.0.113.10:80 -r 172.28.0.2:30080')
  })
}

const nothing = async () => {
  throw new Error('ENOENT')
}

test('the choice goes by what the host has', async t => {
  const clock = createFakeClock()
  const kernel = createFakeKernel()
  const written = new Set<string>()
  const host = {
    run: async (program: string) => (program === 'ip' ? '[]' : ''),
    read: async (file: string) => (file.endsWith('ip_forward') ? '1\n' : kernel.readTable()),
    write: async (file: string, text: string) => void written.add(`${file} ${text}`),
  }
  const chosen = async (choice: Omit<Parameters<typeof chooseBalancer>[0], 'clock' | 'device'>) => {
    const driver = await chooseBalancer({ clock, device: '', ...choice })
    t.after(() => driver.close())
    return driver.name
  }
  assert.equal(await chosen({ wanted: 'auto', host }), 'ipvs')
  assert.equal(await chosen({ wanted: 'ipvs', host }), 'ipvs')
  assert.deepEqual(written, new Set(['/proc/sys/net/ipv4/vs/expire_nodest_conn 1']))
  assert.equal(await chosen({ wanted: 'userspace', host }), 'userspace')
  assert.equal(await chosen({ wanted: 'auto', host: { ...host, read: nothing } }), 'userspace')
  assert.equal(await chosen({ wanted: 'auto', host: { ...host, run: nothing } }), 'userspace')
  const still = { ...host, read: async (file: string) => (file.endsWith('ip_forward') ? '0\n' : host.read(file)) }
  assert.equal(await chosen({ wanted: 'auto', host: still }), 'userspace')
  await assert.rejects(chosen({ wanted: 'ipvs', host: still }), /net\.ipv4\.ip_forward/)
  assert.equal(await chosen({ wanted: 'ipvs', host: { ...host, write: nothing } }), 'ipvs', 'with /proc read-only')
  await assert.rejects(chosen({ wanted: 'ipvs', host: { ...host, read: nothing } }), /kernel has no IPVS/)
  await assert.rejects(chosen({ wanted: 'ipvs', host: { ...host, run: nothing } }), /ENOENT/)
})

test('a module that is not loaded yet is loaded', async t => {
  const kernel = createFakeKernel()
  let loaded = false
  const driver = await chooseBalancer({
    clock: createFakeClock(),
    device: '',
    wanted: 'auto',
    host: {
      run: async program => {
        loaded ||= program === 'modprobe'
        return ''
      },
      read: async () => (loaded ? kernel.readTable() : nothing()),
      write: nothing,
    },
  })
  t.after(() => driver.close())
  assert.equal(driver.name, 'ipvs')
})
