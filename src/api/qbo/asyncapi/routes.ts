import type { HttpServer } from '../../http/server.ts'

export function asyncapiRoutes(_server: HttpServer): void {}
