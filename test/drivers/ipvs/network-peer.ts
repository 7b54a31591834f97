/**
 * What runs in a network namespace of `real-host.ts`, as a client and as a real server. Takes lines on its standard
 * input and tells what happens on its standard output; both end with the test.
 */
import { createSocket } from 'node:dgram'
import { createConnection, createServer, type Socket } from 'node:net'
import { createInterface } from 'node:readline'

const tell = (line: string) => void process.stdout.write(`${line}\n`)
const connections = new Map<string, Socket>()
const client = createSocket('udp4').on('message', data => tell(`answered ${data}`))

const acts: Record<string, (...words: string[]) => void> = {
  /** Says its name to who connects, gives back what it gets, and answers datagrams with both. */
  serve(name = '', address, port) {
    createServer(socket => {
      socket.on('error', () => undefined)
      socket.write(name)
      socket.pipe(socket)
    }).listen(Number(port), address, () => tell('listens'))
    const echo = createSocket('udp4').on('message', (data, from) =>
      echo.send(`${name} ${data}`, from.port, from.address),
    )
    echo.bind(Number(port), address, () => tell('receives'))
  },
  open(id = '', address, port) {
    const socket = createConnection({ host: address, port: Number(port) })
    connections.set(id, socket)
    socket.on('error', error => tell(`${id} failed ${'code' in error ? error.code : error.message}`))
    socket.on('data', data => tell(`${id} got ${data}`))
  },
  say(id = '', text = '') {
    connections.get(id)?.write(text)
  },
  end(id = '') {
    connections.get(id)?.destroy()
  },
  ask(address, port, text = '') {
    client.send(text, Number(port), address)
  },
}

for await (const line of createInterface({ input: process.stdin })) {
  const [act = '', ...words] = line.split(' ')
  acts[act]?.(...words)
}
process.exit(0)
