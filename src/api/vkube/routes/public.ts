import { Type } from '@sinclair/typebox'
import { isImageName } from '../../../engine/images/check.ts'
import { closed } from '../../../engine/schema.ts'
import { GatewayError } from '../../../errors.ts'
import { ref } from '../../http/openapi/ref.ts'
import type { HttpServer } from '../../http/server.ts'
import type { VkubeContext } from '../context.ts'
import { describe, json } from '../describe.ts'
import { handleVkubeError, wording, wrongImage } from '../errors.ts'
import { portCheckExample } from '../examples.ts'
import { checkPortsSchema, doneSchema, portCheckSchema } from '../schemas.ts'

/** What the guide serves without a secret; where the operator has closed it, with one. */
export function publicRoutes(server: HttpServer, { engine, settings }: VkubeContext): void {
  const access = settings.public ? 'public' : 'order'
  const config = {
    access,
    rateLimit: { max: settings.requestsPerMinute, timeWindow: 60_000, groupId: 'v-kube' },
  } as const
  const secret = !settings.public

  server.get('/regions', { config, schema: regionList(secret) }, async () => engine.orders.regions.list())

  server.get(
    '/images',
    {
      config,
      schema: imageCheck(secret),
      errorHandler(error, request, reply) {
        const invalid = error instanceof GatewayError && error.code === 'InvalidRequest'
        handleVkubeError(invalid ? wrongImage() : error, request, reply)
      },
    },
    async request => {
      const { image = '', tag = '' } = request.query
      // A tag or digest within the image would be another reference than the two together.
      if (image === '' || tag === '' || !isImageName(`${image}:${tag}`)) throw wrongImage()
      const { username = '', password = '' } = request.headers
      const exists = await engine.images.exists(`${image}:${tag}`, credentialsOf(username, password))
      if (!exists) throw new GatewayError('NotFound', wording.noImage)
      return { status: 'OK' }
    },
  )

  server.post('/checkports', { config: { ...config, audit: false }, schema: portsCheck(secret) }, async request => {
    const { region, ports } = request.body
    if (ports.length === 0)
      throw new GatewayError('InvalidRequest', wording.emptyField, {
        faults: [{ where: '/body/ports', what: 'is required' }],
      })
    const { occupied, status } = await engine.orders.regions.occupied(region, ports)
    return { occupied, status }
  })
}

/** Each is base64, as clients in the field send it. */
function credentialsOf(username: string, password: string) {
  if (username === '' && password === '') return undefined
  const decode = (text: string) => Buffer.from(text, 'base64').toString('utf8')
  return { username: decode(username), password: decode(password) }
}

const noQuery = closed({})

const regionList = (secret: boolean) =>
  describe(
    { querystring: noQuery },
    {
      operationId: 'vkubeRegionList',
      summary: 'Query valid regions',
      description: 'The regions with a node that can take a pod now; `[]` when there is none.',
      secret,
      answer: json(Type.Array(Type.String()), 'Names of regions', ['region1', 'region2', 'region3']),
    },
  )

const encoded = (what: string) =>
  Type.Optional(
    Type.String({ maxLength: 4096, pattern: '^[A-Za-z0-9+/]*=*$', description: `${what}, in base64; empty: none` }),
  )

const imageCheck = (secret: boolean) =>
  describe(
    {
      querystring: closed({
        image: Type.Optional(Type.String({ description: 'Image name to be verified.', examples: ['nginx'] })),
        tag: Type.Optional(Type.String({ description: 'Image tag', examples: ['stable'] })),
      }),
      headers: Type.Object({
        username: encoded('User of the registry'),
        password: encoded('Password or token of the user'),
      }),
    },
    {
      operationId: 'vkubeImageCheck',
      summary: 'Check if image exist',
      description:
        "Asks the image's registry: Docker Hub, or the one that the image names, such as `ghcr.io/owner/name`. `image` and `tag` are both required. The answer is kept for a minute.",
      secret,
      answer: json(ref(doneSchema), 'It exists', { status: 'OK' }),
      errors: {
        NotFound: wording.noImage,
        InvalidRequest: wording.imageFormat,
        BadGateway: 'the registry docker.io does not answer',
      },
    },
  )

const portsCheck = (secret: boolean) =>
  describe(
    { querystring: noQuery, body: ref(checkPortsSchema) },
    {
      operationId: 'vkubePortsCheck',
      summary: 'Check if port number has been occupied in specific region',
      description:
        'A port is occupied when a pod, a service or a listening socket has it on any node of the region. `NoResource`: no node of the region can take a pod.',
      secret,
      answer: json(ref(portCheckSchema), 'What is occupied', portCheckExample),
      errors: { InvalidRequest: wording.emptyField },
    },
  )
