import { type Application, startApplication } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import type { Observation } from '../../src/core/observation.ts'
import { embeddedDataDirectory } from './database.ts'

/** The whole product, started as `npm start` would, on a free port with a data directory of its own, where a database is. */
export interface RunningApp extends Application {
  /** Key for `/v1`. */
  readonly key: string
  readonly observations: readonly Observation[]
  /** Calls the admin API; throws when it answers with an error, unless `status` says that one is expected. */
  admin(method: string, path: string, body?: unknown, status?: number): Promise<Record<string, unknown>>
  /** Calls `/v1`; nothing is thrown. */
  post(path: string, body: unknown, headers?: Readonly<Record<string, string>>): Promise<Response>
  /** The exchange as recorded; waits until it is in the database. */
  exchange(requestId: string): Promise<Record<string, unknown>>
  /** Stops it and removes what it left. */
  dispose(): Promise<void>
}

/** `environment`: as of a real start; `PORT` and the data directory are set. */
export async function startRunningApp(environment: Readonly<Record<string, string>> = {}): Promise<RunningApp> {
  const directory = await embeddedDataDirectory()
  const dataDir = directory.path
  const config = readConfig(
    { PORT: '0', PROMPTBOX_DATA_DIR: dataDir, PROMPTBOX_DEMO: 'on', ...environment },
    { cwd: dataDir },
  )
  const observations: Observation[] = []
  const application = await startApplication(config, (observation) => void observations.push(observation))
  const key = application.demoKey ?? ''
  const admin: RunningApp['admin'] = async (method, path, body, status) => {
    const response = await fetch(`${application.url}/admin/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${application.adminKey}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    if (status === undefined ? !response.ok : response.status !== status) {
      throw new Error(`${method} ${path}: ${response.status} ${text}`)
    }
    return (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>
  }
  return {
    ...application,
    key,
    observations,
    admin,
    post: (path, body, headers = {}) =>
      fetch(`${application.url}/v1${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
    exchange: async (requestId) => {
      for (let tries = 0; tries < 400; tries++) {
        const response = await fetch(`${application.url}/admin/v1/exchanges/${requestId}`, {
          headers: { authorization: `Bearer ${application.adminKey}` },
        })
        if (response.ok) return (await response.json()) as Record<string, unknown>
        await response.arrayBuffer()
        await new Promise((resolve) => setTimeout(resolve, 25))
      }
      throw new Error(`The exchange ${requestId} is not in the database.`)
    },
    dispose: async () => {
      await application.stop()
      directory.remove()
    },
  }
}
